"""The real `vidi` program, as a process."""

import atexit
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / "models"
START_SECONDS = 60
STOP_SECONDS = 60


@functools.cache
def digit_models():
    """A folder with the models of digits alone: a server starts with them three times faster than with all of MODELS."""
    folder = tempfile.mkdtemp(prefix="vidi-models-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for model in ("digits", "digits-cnn", "digits-softmax"):
        shutil.copytree(MODELS / model, Path(folder) / model)
    return Path(folder)


def binary():
    """The program under test: VIDI_BINARY, or what the preset `test` has built."""
    path = Path(os.environ.get("VIDI_BINARY", ROOT / "build/test/apps/vidi/vidi"))
    assert path.exists(), f"{path} is missing: build it (make build-test) or set VIDI_BINARY"
    return path


def environment():
    """This environment without VIDI_ variables, which the program would take for its settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VIDI_")}


def run_vidi(*arguments, folder, stdin=b"", timeout=300):
    """Runs `vidi ARGUMENTS` in `folder` to its end."""
    command = [str(binary()), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment(), input=stdin, capture_output=True, timeout=timeout)


class Server:
    """`vidi serve` on a free port. Its data stays in `folder` when it is stopped, killed and started again.

    gRPC is off unless a flag says where to listen for it. A flag `--listen` takes the place of the free port. Without
    `models` it serves digit_models().
    """

    def __init__(self, folder, *flags, models=None):
        self.folder = Path(folder)
        self.flags = flags
        self.models = models or digit_models()
        self.url = None
        self.process = None
        self.starts = 0

    @property
    def log_path(self):
        return self.folder / f"log-{self.starts}.txt"

    @property
    def log(self):
        """What this start of the server has written so far."""
        return self.log_path.read_text(errors="replace")

    def start(self):
        assert self.process is None, "it is running"
        self.starts += 1
        command = [str(binary()), "serve", "--data", str(self.folder / "data")]
        command += ["--models", str(self.models), *map(str, self.flags)]
        if "--listen" not in self.flags:
            command += ["--listen", "127.0.0.1:0"]
        if "--grpc-listen" not in self.flags:
            command += ["--grpc-listen", "off"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.url = self._wait_for_url()
        return self

    def _wait_for_url(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            found = re.search(r"listening on (https?://127\.0\.0\.1:\d+)", self.log)
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        status = self.process.poll()
        self.kill9()
        raise AssertionError(f"the server did not start (status {status}). It wrote:\n{self.log}")

    @property
    def grpc_address(self):
        return re.search(r"listening for gRPC on ([0-9a-f.:\[\]]+)", self.log).group(1)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Waits for the end, and returns the exit status."""
        status = self.process.wait(timeout=STOP_SECONDS)
        self.process = None
        return status

    def stop(self):
        """Stops it as a service manager does; it must end by itself and well."""
        self.signal(signal.SIGTERM)
        status = self.wait()
        assert status == 0, f"the server ended with status {status}. It wrote:\n{self.log[-4000:]}"

    def kill9(self):
        """The process is gone at once, as when the machine's memory runs out."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def peak_memory(self):
        """The most memory the process has ever held, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024

    def __enter__(self):
        return self.start()

    def __exit__(self, failure, *_):
        if failure is None and self.process is not None:
            self.stop()
        self.kill9()
