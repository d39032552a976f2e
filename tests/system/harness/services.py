"""Real Cassandra nodes and a real S3 server on loopback, each a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .server import ROOT

# What a service, or a group of tests, needs beside Debian's Python: a program, a file that its script has fetched, and what to do without.
NEEDS = {
    "cassandra": (
        ("java", None, "Debian: openjdk-17-jre-headless"),
        (None, "build/services/cassandra-5.0.6/.complete", "scripts/cassandra.sh fetch"),
    ),
    "kubernetes": (
        (None, "build/services/kustomize-v5.8.1/kustomize", "scripts/kubernetes.sh fetch"),
        (None, "build/services/prometheus-operator-v0.85.0/podmonitors.yaml", "scripts/kubernetes.sh fetch"),
        (None, "build/services/spark-operator-v2.3.0/sparkapplications.yaml", "scripts/kubernetes.sh fetch"),
    ),
    "spark": (
        ("java", None, "Debian: openjdk-17-jre-headless"),
        (None, ".venv/bin/spark-submit", "scripts/setup.sh test"),
    ),
    "s3": ((None, "build/services/versitygw-v1.8.0/versitygw", "scripts/s3.sh fetch"),),
}
# Several nodes at once, on machines with two cores: a compiler that is done early, and a heap for tests.
SMALL = {"HEAP": "320M", "JAVA_FLAGS": "-XX:TieredStopAtLevel=1"}


def why_not(name):
    """Why a service cannot be started here; None when it can."""
    for program, path, remedy in NEEDS[name]:
        if program and not shutil.which(program):
            return f"{program} is not installed ({remedy})"
        if path and not (ROOT / path).exists():
            return f"{path} is missing ({remedy})"
    return None


def listens(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except ConnectionError:
        return False
    except TimeoutError:
        pass
    return True


class Service:
    """What `scripts/NAME.sh` starts and stops; its data stays in `folder`."""

    def __init__(self, script, folder, *arguments, **environment):
        self.script = ROOT / "scripts" / script
        self.folder = Path(folder)
        self.arguments = arguments
        self.environment = environment
        self.driver = {}  # what the Python driver needs to be let in, for tests that read past vidi

    def start(self):
        self._run("start", self.folder, *self.arguments)
        return self

    def stop(self):
        self._run("stop", self.folder)

    def reserve(self, port):
        """It will answer on this port of 127.0.0.1. Before its first start."""
        self.folder.mkdir(parents=True)
        (self.folder / "address").write_text(f"127.0.0.1:{port}\n")

    def _run(self, *arguments):
        done = subprocess.run(
            [self.script, *map(str, arguments)],
            env=os.environ | {name: str(value) for name, value in self.environment.items()},
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    @property
    def pid(self):
        return int((self.folder / "pid").read_text())

    @property
    def address(self):
        return (self.folder / "address").read_text().strip()

    @property
    def runs(self):
        return (self.folder / "pid").exists()

    def kill9(self):
        os.kill(self.pid, signal.SIGKILL)
        # The last of its threads holds the port for a moment, and a start would take that for an answer.
        while listens(self.address):
            time.sleep(0.01)
        (self.folder / "pid").unlink()

    def freeze(self):
        """It accepts connections and never answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    def ensure(self):
        """It runs, whatever a test has done to it."""
        if not self.runs:
            return self.start()
        self.thaw()
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        # Nobody needs its data any more, and an orderly end takes seconds.
        if self.runs:
            self.kill9()


class Silent:
    """A store that accepts connections and never answers."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def _accept(self):
        while True:
            try:
                self.connections.append(self.listener.accept()[0])
            except OSError:
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        # Closing alone does not wake the thread that accepts.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for connection in self.connections:
            connection.close()


def cassandra(folder, node=1, seed=None):
    """A node on 127.0.0.NODE, in the cluster of `seed` if that is given."""
    joins = {} if seed is None else {"SEED": seed.folder}
    return Service("cassandra.sh", folder, node, **SMALL, **joins)


def start_together(services):
    with ThreadPoolExecutor() as threads:
        list(threads.map(Service.start, services))


# Whose holder may do everything in what s3() starts.
S3_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "testtest"}


def s3(folder):
    return Service("s3.sh", folder)


def s3_files(server):
    """The buckets of an S3 server, for what a test itself does there."""
    import pyarrow.fs  # here, since few tests need it

    return pyarrow.fs.S3FileSystem(
        access_key=S3_KEYS["AWS_ACCESS_KEY_ID"],
        secret_key=S3_KEYS["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=server.address,
        scheme="http",
        region="us-east-1",
    )
