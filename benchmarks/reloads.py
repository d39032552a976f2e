"""Whether memory returns to where it was after many reloads of a model, with requests in flight all the while.

Serves models, replaces the network of one again and again by a new copy, waits each time until the new one answers, and
prints the memory (RSS) after the first reloads and after all of them. The difference is to be at most 10 %. Every request
must have been answered.

usage: reloads.py [--vidi build/release/apps/vidi/vidi] [--model digits-cnn] [--reloads 1000] [--clients 2]
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))

from harness.load import Load  # noqa: E402
from harness.server import MODELS, Server  # noqa: E402

WARM_UP = 20  # reloads after which everything has been used once
MOST = 1.10


def resident(server):
    """MB that the process holds now."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024


def reloads_of(server):
    return server.log.count(": loaded and tried in")


def reload(server, file):
    before = reloads_of(server)
    fresh = file.with_name(".fresh")
    shutil.copy(file, fresh)
    fresh.rename(file)
    while reloads_of(server) == before:
        assert server.process.poll() is None, server.log[-2000:]
        time.sleep(0.002)


def settled(server):
    """The memory when the versions before have been freed."""
    time.sleep(1)
    return resident(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=str(ROOT / "build/release/apps/vidi/vidi"))
    parser.add_argument("--model", default="digits-cnn")
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["VIDI_BINARY"] = str(pathlib.Path(arguments.vidi).resolve())
    with tempfile.TemporaryDirectory() as folder:
        models = pathlib.Path(folder) / "models"
        shutil.copytree(MODELS / arguments.model, models / arguments.model)
        file = next((models / arguments.model).glob("*/model.onnx"))
        flags = ["--model", arguments.model, "--model-settle", "1ms"]
        with Server(folder, *flags, models=models) as server:
            print(f"{arguments.model}: {resident(server):.1f} MB before any request", flush=True)
            load = Load(server.url, threads=arguments.clients, pictures=range(50), pause=0.02).start()
            for _ in range(WARM_UP):
                reload(server, file)
            first = settled(server)
            print(f"{first:.1f} MB after {WARM_UP} reloads", flush=True)
            start = time.monotonic()
            for number in range(WARM_UP, arguments.reloads):
                reload(server, file)
                if (number + 1) % 100 == 0:
                    print(f"{resident(server):.1f} MB after {number + 1}", flush=True)
            seconds = time.monotonic() - start
            total = load.stop()
            last = settled(server)
    each = 1000 * seconds / max(1, arguments.reloads - WARM_UP)
    failed = len(total.refused) + len(total.broken) + total.closed
    print(
        f"{last:.1f} MB at the end: {100 * (last / first - 1):+.1f} %; {each:.0f} ms a reload; "
        f"{len(total.answers)} answers, {failed} failed"
    )
    return 0 if last <= MOST * first and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
