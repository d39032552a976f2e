"""The profile `spark` of deploy/compose.yaml: its cluster comes up, and one documented command runs the job on it."""

import json
import urllib.request

import pyarrow.parquet
import pytest
from harness import docker
from harness.compose import Project
from harness.features import make_pictures

PICTURES = 40


def ask(project, port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{project.ports[port]}{path}", timeout=10) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """As anybody may read them: those who read are another user."""
    folder = make_pictures(tmp_path_factory.mktemp("spark") / "pictures", PICTURES)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture(scope="module")
def cluster(spark_image, services, pictures):
    settings = {"SPARK_PICTURES": str(pictures), "VIDI_SPARK_IMAGE": spark_image, "SPARK_WORKER_CORES": "1"}
    with Project("spark", "spark", **settings) as project:
        project.up().wait("s3", "spark-master", "spark-history")
        docker.wait_until(lambda: ask(project, "SPARK", "/json/")["aliveworkers"] == 2, "both workers have joined", 120)
        yield project


def vidi_features(project, *arguments):
    return project.compose("exec", "-T", "spark-master", "vidi-features", *map(str, arguments))


def copied(project, service, path, folder):
    """A folder of a container, here."""
    docker.docker("cp", f"{project.container(service).id}:{path}", folder)
    return folder


def images(table):
    return sorted(zip(table["image"].to_pylist(), table["label"].to_pylist(), strict=True))


def test_the_job_runs_on_the_cluster_and_stays_in_the_history(cluster, pictures, tmp_path, report):
    vidi_features(cluster, "/pictures", "--out", "s3://pictures/features", "--pca", 5)
    table = pyarrow.parquet.read_table(copied(cluster, "s3", "/data/pictures/features", tmp_path / "out") / "features_pca")
    files = sorted(path.relative_to(pictures) for path in pictures.rglob("*.jpg"))
    assert images(table) == [(str(file), str(file.parent)) for file in files]
    assert {len(row) for row in table["features_pca"].to_pylist()} == {5}
    (application,) = ask(cluster, "SPARK", "/json/")["completedapps"]
    assert application["state"] == "FINISHED"
    assert application["cores"] == 2, "both workers have taken part"
    finished = docker.wait_until(
        lambda: [each for each in ask(cluster, "SPARK_HISTORY", "/api/v1/applications") if each["attempts"][0]["completed"]],
        "the history server shows the job",
    )
    assert [each["id"] for each in finished] == [application["id"]]
    executors = ask(cluster, "SPARK_HISTORY", f"/api/v1/applications/{application['id']}/allexecutors")
    tasks = {each["hostPort"].split(":")[0]: each["completedTasks"] for each in executors if each["id"] != "driver"}
    assert len(tasks) == 2 and all(tasks.values()), tasks
    report(f"{len(table)} pictures; tasks of each worker: {tasks}; {application['duration']} ms on the cluster")


def test_its_containers_may_do_little(cluster):
    for service in ("spark-master", "spark-worker", "spark-history"):
        container = cluster.container(service)
        inspected = json.loads(docker.docker("inspect", container.id).stdout)[0]
        assert inspected["HostConfig"]["ReadonlyRootfs"] and inspected["HostConfig"]["CapDrop"] == ["ALL"]
        assert docker.docker("exec", container.id, "id", "-u").stdout.strip() == "10001"
        assert docker.docker("exec", container.id, "touch", "/pictures/new", check=False).returncode != 0


def test_a_worker_that_is_added_joins(cluster):
    cluster.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "spark-worker=3", "spark-worker")
    docker.wait_until(lambda: ask(cluster, "SPARK", "/json/")["aliveworkers"] == 3, "a third worker has joined", 120)


def run_in(image, *command, **variables):
    """A container of the image from its start to its end, as Kubernetes starts them."""
    options = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    return docker.docker("run", "--rm", "--label", docker.LABEL, *options, image, *command, check=False, together=True)


def test_kubernetes_may_start_it_as_a_driver(spark_image):
    job = ("--class", "org.apache.spark.deploy.PythonRunner", "local:///opt/vidi/vidi_features.py", "--help")
    done = run_in(spark_image, "driver", "--conf", "spark.master=local[1]", *job, SPARK_DRIVER_BIND_ADDRESS="127.0.0.1")
    assert done.returncode == 0, done.stdout
    assert "--pca" in done.stdout


def test_kubernetes_may_start_it_as_an_executor(spark_image):
    """It asks the driver that it is told of, and ends since nobody is there."""
    variables = {
        "SPARK_DRIVER_URL": "spark://CoarseGrainedScheduler@127.0.0.1:9",
        "SPARK_EXECUTOR_ID": "1",
        "SPARK_EXECUTOR_CORES": "1",
        "SPARK_EXECUTOR_MEMORY": "256m",
        "SPARK_APPLICATION_ID": "spark-1",
        "SPARK_EXECUTOR_POD_IP": "127.0.0.1",
        "SPARK_EXECUTOR_POD_NAME": "vidi-features-exec-1",
        "SPARK_RESOURCE_PROFILE_ID": "0",
        "SPARK_JAVA_OPT_0": "-Dspark.rpc.lookupTimeout=2s",
        "SPARK_JAVA_OPT_1": "-Dspark.driver.port=9",
    }
    done = run_in(spark_image, "executor", **variables)
    assert done.returncode != 0
    assert "KubernetesExecutorBackend" in done.stdout and "127.0.0.1:9" in done.stdout, done.stdout[-3000:]
