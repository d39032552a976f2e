"""How quickly vidi answers while Cassandra is away, beside how quickly it answers while it is there.

Posts pictures with wrk against a real Cassandra: first with Cassandra there, then through the moment in which it is
killed and while it stays away. The two take turns in every round. Prints both, and the ratio of the 99th percentiles,
which is to be at most 2.

usage: outage.py [--vidi build/release/apps/vidi/vidi] [--connections 8] [--rounds 3] [--seconds 6]
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

from harness.pictures import mnist_png  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.services import cassandra, why_not  # noqa: E402
from harness.stored import wait_until_handed_over  # noqa: E402

PICTURES = 2000


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def post(server, arguments, pictures):
    """Requests a second, and the 50th and 99th percentile of their times in milliseconds."""
    command = ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--timeout", "20s", "--latency",
               "-s", str(ROOT / "benchmarks" / "post_pictures.lua"), f"{server.url}/predict"]
    result = subprocess.run(command, env=os.environ | {"DIR": str(pictures)}, capture_output=True, text=True, check=True)
    if re.search(r"Non-2xx|Socket errors", result.stdout):
        sys.exit(f"requests failed\n{result.stdout}")
    found = [re.search(pattern, result.stdout)[1] for pattern in
             (r"Requests/sec:\s+([\d.]+)", r"\n\s+50%\s+(\S+)", r"\n\s+99%\s+(\S+)")]
    return float(found[0]), milliseconds(found[1]), milliseconds(found[2])


def measure(server, node, arguments, pictures):
    """(with Cassandra, without it), each a list of what post() returns, one a round."""
    there, away = [], []
    post(server, arguments, pictures)
    for _ in range(arguments.rounds):
        wait_until_handed_over(server, seconds=300)
        there.append(post(server, arguments, pictures))
        # A moment after the first requests, so that some of them are on their way.
        killer = threading.Timer(0.3, node.kill9)
        killer.start()
        away.append(post(server, arguments, pictures))
        killer.join()
        node.start()
    wait_until_handed_over(server, seconds=300)
    return there, away


def report(there, away):
    print("| Cassandra | requests/s | p50 ms | p99 ms (range) |")
    print("|---|---|---|---|")
    for name, runs in (("there", there), ("killed 0.3 s after the start, then away", away)):
        rate, middle, late = (statistics.median(values) for values in zip(*runs, strict=True))
        lates = [run[2] for run in runs]
        print(f"| {name} | {rate:,.0f} | {middle:.2f} | {late:.2f} ({min(lates):.2f} to {max(lates):.2f}) |")
    ratio = statistics.median(run[2] for run in away) / statistics.median(run[2] for run in there)
    print(f"p99 without Cassandra is {ratio:.2f} times that with it (at most 2 is wanted)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=ROOT / "build" / "release" / "apps" / "vidi" / "vidi")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: run scripts/setup.sh bench")
    if reason := why_not("cassandra"):
        sys.exit(reason)
    os.environ["VIDI_BINARY"] = str(pathlib.Path(arguments.vidi).resolve())
    # Not in /tmp, which may be memory: the records are to reach a disk.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        folder = pathlib.Path(folder)
        (folder / "pictures").mkdir()
        (folder / "server").mkdir()
        for index in range(PICTURES):
            (folder / "pictures" / f"{index:05}.png").write_bytes(mnist_png(index))
        with cassandra(folder / "cassandra") as node:
            time.sleep(2)
            at = f"cassandra://{node.address}/demandkeyspace"
            with Server(folder / "server", "--records", at) as server:
                report(*measure(server, node, arguments, folder / "pictures"))


if __name__ == "__main__":
    main()
