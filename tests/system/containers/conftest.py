"""Fixtures of the tests that run vidi as containers. They need a Docker engine; where none runs they are skipped."""

import time

import pytest
from harness import compose, docker
from harness.compose import Project
from harness.docker import Container
from harness.services import why_not


def pytest_collection_modifyitems(items):
    reason = docker.why_not() or why_not("cassandra") or why_not("s3")
    if not reason and not compose.command():
        reason = "neither docker compose nor docker-compose is installed"
    if not reason:
        return
    for item in items:
        if "containers" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=f"containers: {reason}"))


@pytest.fixture(scope="session")
def image():
    """vidi's image, made from what was built for the other tests."""
    name = docker.make_image()
    yield name
    docker.remove_all()


@pytest.fixture(scope="session")
def services(image):
    """The images of Cassandra, S3, Prometheus and the proxy: the name of each."""
    return docker.make_services()


@pytest.fixture(scope="session")
def spark_image():
    """The image of the Spark cluster. That of the S3 server is made besides."""
    if reason := docker.why_no_spark_image():
        pytest.skip(f"the Spark image: {reason}")
    name = docker.make_spark_image()
    yield name
    docker.remove_all()


@pytest.fixture
def run(image):
    """Runs vidi in a container with the strictest options that docs/how-to/run.md names; gone after the test."""
    containers = []

    def start(*command, options=(), publish=True):
        ports = ("--publish", "127.0.0.1::80", "--publish", "127.0.0.1::8001") if publish else ()
        strict = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
        containers.append(Container(image, *command, options=(*ports, *strict, *options)))
        return containers[-1]

    yield start
    for container in containers:
        container.remove()


LATE_SECONDS = 120


class Late:
    """vidi, started a while before the Cassandra that it is to record in."""

    def __init__(self, project):
        self.began = time.monotonic()
        self.project = project

    def wait(self):
        """Until Cassandra is as late as it is to be."""
        time.sleep(max(0.0, self.began + LATE_SECONDS - time.monotonic()))


@pytest.fixture(scope="session", autouse=True)
def late(request):
    """Started before all other tests of containers, so that nobody waits two minutes for its turn."""
    if not any("late" in item.fixturenames and "two_minutes" in item.name and not list(item.iter_markers("skip"))
               for item in request.session.items):
        yield None
        return
    request.getfixturevalue("services")
    with Project("late", "cassandra") as project:
        project.up("vidi-with-cassandra").wait("vidi-with-cassandra")
        yield Late(project)
