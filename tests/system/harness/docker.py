"""Containers of a real Docker engine: vidi's image, and the services that it works with."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .server import ROOT

FOLDER = ROOT / "tests/system/containers"
# What tests/system/containers/Dockerfile builds, under the names that deploy/compose.yaml has for it.
SERVICES = ("cassandra", "s3", "prometheus", "haproxy", "systemd")
# Every container and network of a run of the tests has it, so that none is left behind.
LABEL = f"vidi-test={os.getpid()}"


def docker(*arguments, check=True, timeout=600, stdin=None, environment=None, together=False):
    """Runs `docker ARGUMENTS`; its output and its errors, or `together` both as its output.

    Together they are in no order that can be relied on: the engine copies each by itself.
    """
    done = subprocess.run(
        ["docker", *map(str, arguments)],
        stdin=subprocess.DEVNULL if stdin is None else None,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        text=True,
        timeout=timeout,
        check=False,
        env=os.environ | (environment or {}),
    )
    if check:
        said = done.stdout[-4000:] + (done.stderr or "")[-4000:]
        assert done.returncode == 0, f"docker {' '.join(map(str, arguments))}\n{said}"
    return done


def why_not():
    """Why no containers can be run here; None when they can."""
    if not shutil.which("docker"):
        return "docker is not installed"
    try:
        done = docker("info", "--format", "{{.ServerVersion}}", check=False, timeout=20, together=True)
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    if done.returncode != 0:
        return f"no Docker engine runs: {done.stdout.strip().splitlines()[-1]}"
    if not any((ROOT / "build" / preset / "cmake_install.cmake").exists() for preset in ("test", "release")):
        return "vidi has not been built by CMake here"
    return None


def why_no_spark_image():
    """Why the Spark image cannot be made here; None when it can."""
    if not AS_THEY_ARE and not list((ROOT / "build/python").glob("vidi-*.whl")):
        return "build/python has no wheel (scripts/python.sh)"
    return None


def script(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


# While tests are being written: VIDI_TEST_IMAGES=as-they-are takes the images that are there.
AS_THEY_ARE = os.environ.get("VIDI_TEST_IMAGES") == "as-they-are"


def make_image():
    """vidi's image, of what the preset `test` has built."""
    if AS_THEY_ARE:
        return f"vidi:{version()}"
    script("scripts/base_image.sh")
    script("scripts/image.sh", "test", "--network", "host")
    return f"vidi:{version()}"


def make_spark_image():
    """The image of the Spark cluster, of the wheel that was built."""
    name = f"vidi-spark:{version()}"
    if not AS_THEY_ARE:
        script("scripts/base_image.sh")
        script("scripts/spark_image.sh", "--network", "host")
    return name


def version():
    return re.search(r"project\(vidi VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


def make_services():
    """The images of the services; the name of each."""
    names = {service: f"vidi-test/{service}" for service in SERVICES}
    if AS_THEY_ARE:
        return names
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        context = Path(folder)
        for file in ("Dockerfile", "cassandra.sh"):
            shutil.copy(FOLDER / file, context)
        for file in ("cassandra.java", "logback.xml"):
            shutil.copy(ROOT / "scripts/services" / file, context)
        built = ROOT / "build/services"
        shutil.copytree(built / "cassandra-5.0.6", context / "cassandra-5.0.6", copy_function=os.link)
        os.link(built / "versitygw-v1.8.0/versitygw", context / "versitygw")
        for service, name in names.items():
            docker("build", "--network", "host", "--target", service, "--tag", name, context, timeout=1200)
    return names


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what, seconds=60):
    """The first true answer of `condition`."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Container:
    """A container that runs; gone with its `with`."""

    def __init__(self, image, *command, options=()):
        self.id = docker("run", "--detach", "--label", LABEL, *options, image, *command).stdout.strip().splitlines()[-1]

    def inspect(self):
        return json.loads(docker("inspect", self.id).stdout)[0]

    @property
    def state(self):
        return self.inspect()["State"]

    @property
    def log(self):
        return docker("logs", self.id, together=True).stdout

    def address(self, port):
        """Where this machine reaches a port that is published: HOST:PORT."""
        published = self.inspect()["NetworkSettings"]["Ports"][f"{port}/tcp"]
        return f"127.0.0.1:{published[0]['HostPort']}"

    @property
    def url(self):
        return f"http://{self.address(80)}"

    def ready(self, seconds=60):
        """Waits until vidi answers its own health check."""

        def healthy():
            state = self.state
            assert state["Running"], f"it ended with status {state['ExitCode']}:\n{self.log}"
            return docker("exec", self.id, "/usr/bin/vidi", "health", check=False).returncode == 0

        wait_until(healthy, "vidi is ready", seconds)
        return self

    def stop(self):
        """Stops it as `docker stop` does; its exit status."""
        docker("stop", "--time", "60", self.id)
        return self.state["ExitCode"]

    def start(self):
        docker("start", self.id)
        return self

    def remove(self):
        docker("rm", "--force", "--volumes", self.id, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


@contextlib.contextmanager
def network():
    name = f"vidi-test-{os.getpid()}-{time.monotonic_ns()}"
    docker("network", "create", "--label", LABEL, name)
    try:
        yield name
    finally:
        docker("network", "rm", name, check=False)


@contextlib.contextmanager
def volume():
    name = docker("volume", "create", "--label", LABEL).stdout.strip()
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name, check=False)


def remove_all():
    """Whatever a run that was broken off has left."""
    for kind, remove in (("ps --all", "rm --force --volumes"), ("network ls", "network rm"), ("volume ls", "volume rm")):
        found = docker(*kind.split(), "--quiet", "--filter", f"label={LABEL}").stdout.split()
        if found:
            docker(*remove.split(), *found, check=False)
