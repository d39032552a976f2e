"""How much disk a prediction takes: its record in SQLite and in Cassandra, its picture in the folder of pictures.

Sends different pictures to a real server, stops it, and divides what the files have grown by. The node of Cassandra is
stopped too, so that all it holds is in its tables' files, compressed as it is by default, in one copy.

usage: VIDI_BINARY=build/release/apps/vidi/vidi disk.py [--small 20000] [--large 1000]
"""

import argparse
import io
import pathlib
import sys
import tempfile
import threading

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "system"))
from harness.client import Client  # noqa: E402
from harness.pictures import mnist_png  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.services import Service  # noqa: E402

CLIENTS = 16
KEYSPACE = "disk"


def photographs(count=20):
    """JPEGs of about 100 KB: a large digit on paper, with the grain of a camera."""
    made = []
    for seed in range(count):
        noise = numpy.random.default_rng(seed).normal(0, 9, (768, 1024, 3))
        digit = Image.open(io.BytesIO(mnist_png(seed))).resize((700, 700), Image.Resampling.BICUBIC)
        paper = numpy.full((768, 1024, 3), 225.0)
        paper[34:734, 162:862] -= 0.7 * numpy.asarray(digit, float)[..., None]
        file = io.BytesIO()
        Image.fromarray((paper + noise).clip(0, 255).astype(numpy.uint8)).save(file, "JPEG", quality=72)
        made.append(file.getvalue())
    return made


# What stands behind the end of a picture makes it another file.
def small_picture(number):
    return mnist_png(number % 10_000) + b"\0" * (number // 10_000)


def large_pictures():
    bases = photographs()
    return lambda number: bases[number % len(bases)] + number.to_bytes(4, "little")


def send(server, picture, count, name):
    """Posts them from several clients; the bytes that were sent."""
    sizes = [0] * CLIENTS
    failures = []

    def post(client_number):
        with Client(server.url) as client:
            for number in range(client_number, count, CLIENTS):
                body = picture(number)
                answer = client.predict(body, filename=name)
                if answer.status != 200:
                    failures.append(answer.text)
                    return
                sizes[client_number] += len(body)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(f"a picture was refused: {failures[0]}")
    return sum(sizes)


def disk_of(path):
    """What a file or a folder takes, in whole blocks, with everything that stands beside it under its name."""
    paths = [path, *path.parent.glob(path.name + "-*")]
    files = [file for each in paths for file in ([each] if each.is_file() else each.rglob("*"))]
    return sum(file.stat().st_blocks * 512 for file in files)


def wait_until_handed_over(server):
    with Client(server.url) as client:
        while client.get("/health/ready").json["spool"]["records"]["entries"] > 0:
            threading.Event().wait(0.1)


def on_one_machine(folder, picture, count, name):
    """Bytes sent, of SQLite, of the pictures' folder, and the most memory the server had."""
    with Server(folder) as server:
        server.restart()  # with what an empty store takes
        server.stop()
        data = folder / "data"
        before = disk_of(data / "records.db"), disk_of(data / "objects")
        server.start()
        sent = send(server, picture, count, name)
        memory = server.peak_memory()
        server.stop()
        return sent, disk_of(data / "records.db") - before[0], disk_of(data / "objects") - before[1], memory


def in_cassandra(folder, node, picture, count, name):
    """Bytes of the node's tables."""
    node.start()
    with Server(folder, "--records", f"cassandra://{node.address}/{KEYSPACE}") as server:
        send(server, picture, count, name)
        wait_until_handed_over(server)
    node.stop()
    return disk_of(node.folder / "data" / "data" / KEYSPACE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=20_000, help="how many of 28x28 pixels")
    parser.add_argument("--large", type=int, default=1000, help="how many of about 100 KB")
    arguments = parser.parse_args()
    kinds = [
        ("PNG, 28x28", small_picture, arguments.small, "digit.png"),
        ("JPEG, 1024x768", large_pictures(), arguments.large, "photograph.jpg"),
    ]
    print("| picture | bytes of it | in the folder of pictures | record in SQLite | record in Cassandra | server's memory, at most |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for number, (kind, picture, count, name) in enumerate(kinds):
            folder = pathlib.Path(scratch) / str(number)
            (folder / "one").mkdir(parents=True)
            (folder / "many").mkdir()
            sent, records, objects, memory = on_one_machine(folder / "one", picture, count, name)
            node = Service("cassandra.sh", folder / "node")
            rows = in_cassandra(folder / "many", node, picture, count, name)
            each = [f"{total / count:,.0f}" for total in (sent, objects, records, rows)]
            print(f"| {kind} ({count:,}) | {' | '.join(each)} | {memory / 2**20:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
