"""scripts/spark.sh: the cluster that the tests of the Spark job run on comes up, loses and gains workers, and goes whole."""

import os
import time

import pytest
from harness.spark import Spark, session_of

pytestmark = pytest.mark.services("spark")

# Each task waits until a file is there, so that a worker can be lost in mid-job.
JOB = """
import os, sys, time
from pyspark.sql import SparkSession

def task(number, go=sys.argv[2]):
    while not os.path.exists(go):
        time.sleep(0.1)
    return number * number

spark = SparkSession.builder.appName("squares").getOrCreate()
print("sum", spark.sparkContext.parallelize(range(int(sys.argv[1])), int(sys.argv[1])).map(task).sum())
"""


def executors(cluster, worker):
    """Whether a worker in Python runs there: an executor has begun."""
    return [pid for pid in cluster.processes_of(worker) if b"pyspark.daemon" in command_of(pid)]


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_a_cluster_loses_a_worker_and_gains_one(tmp_path, report):
    script = tmp_path / "job.py"
    script.write_text(JOB)
    cluster = Spark(tmp_path / "spark", memory="512m", history=True)
    try:
        cluster.start()
        assert cluster.state["aliveworkers"] == 2
        conf = {"spark.executor.memory": "512m", "spark.speculation": "false"}
        go = tmp_path / "go"
        with cluster.submit(script, 16, go, conf=conf) as job:
            job.wait_until(lambda: executors(cluster, "worker-1") and executors(cluster, "worker-2"), "both have work")
            lost = cluster.processes_of("worker-1")
            cluster.kill_worker("worker-1")
            assert not any(os.path.exists(f"/proc/{pid}") and command_of(pid) for pid in lost)
            assert cluster.add_worker() == "worker-3"
            go.touch()
            assert f"sum {sum(n * n for n in range(16))}\n" in job.wait()
        assert [app["state"] for app in cluster.state["completedapps"]] == ["FINISHED"]
        end = time.monotonic() + 120
        while not any(app["attempts"][0]["completed"] for app in cluster.history):
            assert time.monotonic() < end
            time.sleep(0.2)
        report(f"{len(lost)} processes of a worker killed; {cluster.history[0]['name']} is in the history")
        sessions = [cluster.pid_of(name) for name in ("master", "history", *cluster.workers)]
        cluster.stop()
        assert not any(session_of(pid) for pid in sessions)
        assert not (tmp_path / "spark/scratch").exists()
    finally:
        cluster.kill9()
