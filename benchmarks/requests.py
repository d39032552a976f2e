"""Whole requests: vidi beside a FastAPI service with the same model, in the same run.

Both answer POST /predict with a 28x28 PNG of MNIST's test images, a different one each time, and record every answer in
SQLite with synchronous=FULL and group commit before it leaves; vidi also keeps every picture. wrk runs on the same
machine. The two take turns in every round; the table shows medians, the range, and the ratio of the medians.

usage: requests.py [--vidi build/release/apps/vidi/vidi] [--peer FOLDER --peer-python PYTHON] [--rounds 3] [--seconds 6]

The peer's folder holds run.py, a program that serves POST /predict and GET /healthz on 127.0.0.1:$PORT with the model
$MODELS/$MODEL.onnx, and records into $SQLITE. Without a peer only vidi is measured.
"""

import argparse
import gzip
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "digits-softmax" / "1"
CLOCK = os.sysconf("SC_CLK_TCK")


def write_pictures(folder):
    """MNIST's test images as PNG files."""
    with gzip.open(ROOT / "tests" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
    for index, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{index:05}.png")
    return len(pixels)


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
    """A server under load, with the files it writes in a folder of its own."""

    def __init__(self, name, folder, command, environment, health, database, query):
        self.name, self.folder, self.health = name, folder, health
        self.command, self.environment = command, environment
        self.database, self.query = database, query
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
        total = 0
        for pid in self.members():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / CLOCK

    def resident_megabytes(self):
        total = 0
        for pid in self.members():
            peak = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
            total += int(peak[1]) if peak else 0
        return total / 1024

    def rows(self):
        with sqlite3.connect(self.folder / self.database) as connection:
            return connection.execute(self.query).fetchone()[0]


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(service, connections, seconds, pictures):
    before = service.processor_seconds()
    rows = service.rows()
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s",
         str(ROOT / "benchmarks" / "post_pictures.lua"), f"http://127.0.0.1:{service.port}/predict"],
        env={**os.environ, "DIR": str(pictures)}, capture_output=True, text=True, check=True).stdout
    answered = int(re.search(r"(\d+) requests in", result)[1])
    if re.search(r"Non-2xx|Socket errors", result):
        sys.exit(f"{service.name}: requests failed\n{result}")
    # wrk cuts its last requests off: those may be recorded without being counted.
    recorded = service.rows() - rows
    if recorded < answered:
        sys.exit(f"{service.name}: {answered} answers, but only {recorded} records")
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", result)[1]),
        "p50": milliseconds(re.search(r"\n\s+50%\s+(\S+)", result)[1]),
        "p99": milliseconds(re.search(r"\n\s+99%\s+(\S+)", result)[1]),
        "processor": (service.processor_seconds() - before) / answered * 1e6,
    }


def measure(services, arguments, pictures):
    results = {}
    for connections in arguments.connections:
        for _ in range(arguments.rounds):
            for service in services:
                service.start(free_port())
                load(service, connections, 1, pictures)
                results.setdefault((service.name, connections), []).append(
                    load(service, connections, arguments.seconds, pictures))
                service.megabytes = max(getattr(service, "megabytes", 0), service.resident_megabytes())
                service.stop()
    return results


def report(services, results, connections):
    median = lambda name, count, key: statistics.median(run[key] for run in results[name, count])
    print("| connections | service | requests/s (range) | p50 ms | p99 ms | processor us/request | ratio |")
    print("|---|---|---|---|---|---|---|")
    for count in connections:
        for service in services:
            rates = [run["rate"] for run in results[service.name, count]]
            ratio = statistics.median(rates) / median(services[-1].name, count, "rate")
            print(f"| {count} | {service.name} | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
                  f"| {median(service.name, count, 'p50'):.2f} | {median(service.name, count, 'p99'):.2f} "
                  f"| {median(service.name, count, 'processor'):.0f} | {ratio:.2f} |")
    for service in services:
        print(f"{service.name}: {service.rows():,} records, at most {service.megabytes:.0f} MB resident")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=ROOT / "build" / "release" / "apps" / "vidi" / "vidi")
    parser.add_argument("--peer", type=pathlib.Path)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[1, 8, 64])
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: run scripts/setup.sh bench")
    # Not in /tmp, which may be memory: the records are to reach a disk.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        folder = pathlib.Path(folder)
        pictures = folder / "pictures"
        pictures.mkdir()
        print(f"{write_pictures(pictures):,} different pictures", flush=True)
        services = [Service(
            "vidi", folder / "vidi",
            [str(arguments.vidi), "serve", "--listen", "127.0.0.1:{port}", "--data", str(folder / "vidi"), "--models",
             str(ROOT / "models"), "--model", "digits-softmax", "--log-level", "warn"],
            {}, "/health/ready", "records.db", "SELECT count(*) FROM predictions")]
        if arguments.peer:
            services.append(Service(
                "FastAPI", folder / "peer", [arguments.peer_python, str(arguments.peer / "run.py")],
                {"MODELS": str(MODEL), "MODEL": "model", "DB": "sqlite", "SYNC": "FULL", "GROUP": "1",
                 "SQLITE": str(folder / "peer" / "records.db"), "PYTHONDONTWRITEBYTECODE": "1"},
                "/healthz", "records.db", "SELECT count(*) FROM predictions"))
        report(services, measure(services, arguments, pictures), arguments.connections)


if __name__ == "__main__":
    main()
