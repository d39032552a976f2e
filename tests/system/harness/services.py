"""Real Cassandra nodes and a real S3 server on loopback, each a process of its own."""

import os
import signal
import subprocess
from pathlib import Path

from .server import ROOT


class Service:
    """What `scripts/NAME.sh` starts and stops; its data stays in `folder`."""

    def __init__(self, script, folder, *arguments, **environment):
        self.script = ROOT / "scripts" / script
        self.folder = Path(folder)
        self.arguments = arguments
        self.environment = environment

    def start(self):
        self._run("start", self.folder, *self.arguments)
        return self

    def stop(self):
        self._run("stop", self.folder)

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

    def kill9(self):
        os.kill(self.pid, signal.SIGKILL)
        (self.folder / "pid").unlink()

    def freeze(self):
        """It accepts connections and never answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if (self.folder / "pid").exists():
            self.thaw()
            self.stop()


def cassandra(folder, node=1, seed=None):
    return Service("cassandra.sh", folder, node, **({} if seed is None else {"SEED": seed.folder}))


def s3(folder):
    return Service("s3.sh", folder)
