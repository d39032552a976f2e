"""A real Spark standalone cluster on loopback, and jobs that are given to it, or run on local[N], by spark-submit."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from .server import ROOT
from .services import Service


def session_of(pid):
    """Every process that `pid`, the leader of a session, has started and that is still there, itself among them.

    Spark's workers in Python leave the group of the process that has started them, and stay in its session.
    """
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has ended meanwhile
            continue
        if int(session) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def kill_session(pid):
    """SIGKILL for all of them, its leader first; returns when they are gone."""
    remaining = [pid]
    while remaining:
        for each in remaining:
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        remaining = session_of(pid)


class Job:
    """A driver that runs. What it prints on both channels is in `log`; `wait` for its end, or `kill9` it."""

    def __init__(self, command, environment, log):
        self.log_file = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def log(self):
        return self.log_file.read_text(errors="replace")

    @property
    def runs(self):
        return self.process.poll() is None

    def wait(self, seconds=400, status=0):
        """Until it ends, with this status; None for any. What it printed."""
        try:
            ended = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise AssertionError(f"the job still ran after {seconds} s:\n{self.log[-4000:]}") from None
        assert status in (None, ended), f"the job ended with status {ended}:\n{self.log[-6000:]}"
        return self.log

    def wait_until(self, condition, what, seconds=300):
        """The first true answer of `condition`, which must come while the job runs."""
        end = time.monotonic() + seconds
        while True:
            running = self.runs
            if found := condition():
                return found
            assert running, f"the job ended with status {self.process.returncode} before: {what}\n{self.log[-6000:]}"
            assert time.monotonic() < end, f"not within {seconds} s: {what}\n{self.log[-4000:]}"
            time.sleep(0.05)

    def kill9(self):
        """The driver, its Java and its Python, at once."""
        kill_session(self.process.pid)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.runs:
            self.kill9()


def submit(script, *arguments, folder, master=None, conf=None, environment=None):
    """Starts `spark-submit SCRIPT ARGUMENTS` with its log and scratch files in `folder`.

    `master`: "local[2]", say; None: that of a cluster whose `environment` is given. `conf`: settings of Spark by name.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    python = ROOT / ".venv/bin/python3"
    variables = os.environ | {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder),
        "PYSPARK_PYTHON": str(python),
        **(environment or {}),
    }
    options = {"spark.ui.showConsoleProgress": "false", "spark.ui.port": "0"}
    if master:
        options["spark.driver.extraJavaOptions"] = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # a compiler that is done early
    options |= conf or {}
    command = [python.with_name("spark-submit")]
    command += ["--master", master] if master else []
    for name, value in options.items():
        command += ["--conf", f"{name}={value}"]
    log = folder / f"job-{len(list(folder.glob('job-*.log')))}.log"
    return Job([str(word) for word in [*command, script, *arguments]], variables, log)


class Spark(Service):
    """A cluster of `workers` workers with `cores` cores and `memory` each; with its `with` everything of it is gone."""

    def __init__(self, folder, workers=2, cores=1, memory="1g", history=False):
        options = ["--workers", workers, "--cores", cores, "--memory", memory, *(["--history"] if history else [])]
        super().__init__("spark.sh", Path(folder).resolve(), *options)
        self.jobs = []

    @property
    def environment_of_jobs(self):
        """What spark-submit needs to find the cluster."""
        text = (self.folder / "spark.env").read_text()
        found = dict(re.findall(r"\b(SPARK_\w+)='?([^'\s]+)'?", text))
        return {name: value for name, value in found.items() if name in ("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_HOSTNAME")}

    def variable(self, name):
        """One of spark.env: SPARK_MASTER, the address of the master; SPARK_PAGE and SPARK_HISTORY, addresses of pages."""
        return re.search(rf"\b{name}=(\S+)", (self.folder / "spark.env").read_text()).group(1)

    @property
    def master(self):
        return self.variable("SPARK_MASTER")

    @property
    def state(self):
        """What the master knows: `workers`, `aliveworkers`, `activeapps`, `completedapps`, ..."""
        with urllib.request.urlopen(f"{self.variable('SPARK_PAGE')}/json/", timeout=120) as answer:
            return json.load(answer)

    @property
    def history(self):
        """The applications that the history server shows."""
        with urllib.request.urlopen(f"{self.variable('SPARK_HISTORY')}/api/v1/applications", timeout=120) as answer:
            return json.load(answer)

    def pid_of(self, name):
        """Of master, history, worker-1, ..."""
        return int((self.folder / name / "pid").read_text())

    @property
    def workers(self):
        """The names of those that have a process, in the order of their start."""
        names = [path.parent.name for path in self.folder.glob("worker-*/pid")]
        return sorted(names, key=lambda name: int(name.removeprefix("worker-")))

    def processes_of(self, worker):
        """The worker, the executors on it, and their workers in Python."""
        return session_of(self.pid_of(worker))

    def add_worker(self):
        """One more, once the master knows it; its name."""
        self._run("add-worker", self.folder)
        return self.workers[-1]

    def kill_worker(self, worker):
        """SIGKILL for the worker and all that runs on it, as when its machine is lost."""
        kill_session(self.pid_of(worker))
        (self.folder / worker / "pid").unlink()

    def submit(self, script, *arguments, conf=None, environment=None):
        """Starts a job on the cluster; a Job. It is killed with the cluster."""
        variables = self.environment_of_jobs | (environment or {})
        folder = self.folder / "jobs"
        self.jobs.append(submit(script, *arguments, folder=folder, conf=conf, environment=variables))
        return self.jobs[-1]

    def run(self, script, *arguments, conf=None, environment=None, seconds=180, status=0):
        """A job from its start to its end, which must have this status; what it printed."""
        return self.submit(script, *arguments, conf=conf, environment=environment).wait(seconds, status)

    @property
    def runs(self):
        return (self.folder / "master/pid").exists()

    def kill9(self):
        """All of it at once: nobody needs its orderly end."""
        for job in self.jobs:
            if job.runs:
                job.kill9()
        for file in self.folder.glob("*/pid"):
            kill_session(int(file.read_text()))
            file.unlink()
