"""A server under load: what the benchmarks start, ask and stop."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

import cluster

VIDI_HEALTH = "/health/ready"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(url, process):
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                sys.exit(f"{process.args[0]} ended with status {process.returncode}")
            time.sleep(0.05)
    sys.exit(f"{url} does not answer")


class Service:
    """A server under load, with the files it writes in a folder of its own. `rows` counts what it has recorded."""

    answered = 0
    spooled = 0
    megabytes = 0

    def __init__(self, name, folder, command, environment, health, rows):
        self.name, self.folder, self.health = name, folder, health
        self.command, self.environment, self.rows = command, environment, rows
        folder.mkdir()

    def start(self, port):
        self.port = port
        command = [part.replace("{port}", str(port)) for part in self.command]
        environment = {**os.environ, **self.environment, "PORT": str(port)}
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        wait_until_up(f"http://127.0.0.1:{port}{self.health}", self.process)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(timeout=60)

    def members(self):
        """The processes of the service."""
        listing = subprocess.run(["ps", "-o", "pid=", "-s", str(self.process.pid)], capture_output=True, text=True)
        return listing.stdout.split()

    def processor_seconds(self):
        return sum(cluster.processor_seconds(pid) for pid in self.members())

    def resident_megabytes(self):
        total = 0
        for pid in self.members():
            peak = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
            total += int(peak[1]) if peak else 0
        return total / 1024

    def waiting(self):
        """Records that the store has not yet: in vidi's spool."""
        if self.health != VIDI_HEALTH:
            return 0
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.health}", timeout=10) as answer:
            return json.load(answer).get("spool", {}).get("records", {}).get("entries", 0)

    def drain(self):
        """Waits until the store has every record, and returns the seconds that took."""
        begin = time.monotonic()
        left = self.waiting()
        self.spooled = max(self.spooled, left)
        while left > 0:
            if time.monotonic() - begin > 300:
                sys.exit(f"{self.name}: {left} records are still in the spool")
            time.sleep(0.01)
            left = self.waiting()
        return time.monotonic() - begin


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def rows_of_sqlite(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM predictions").fetchone()[0]
