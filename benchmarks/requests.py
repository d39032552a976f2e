"""Whole requests: vidi beside services of FastAPI and LitServe with the same model, in the same run.

All answer POST /predict with a 28x28 PNG of MNIST's test images, a different one each time. vidi and FastAPI record every
answer before it leaves: in SQLite with synchronous=FULL and group commit, or in a Cassandra of one node on the same machine
with commitlog_sync group. vidi also keeps every picture. LitServe records nothing. wrk runs on the same machine. They take
turns in every round; the table shows medians, the range, and how many times a service's rate vidi's is.

usage: requests.py [--vidi build/release/apps/vidi/vidi] [--other-vidi PATH] [--peer FOLDER --peer-python PYTHON] [--rounds 3] [--seconds 6]
                   [--litserve FOLDER --litserve-python PYTHON --litserve-batch 1] [--store sqlite|cassandra]
                   [--model digits-softmax|digits-cnn] [--precision f32|bf16] [--connections 1,8,64]

--other-vidi is a program of another version, to see whether this one keeps its rate. The peer's folder holds run.py, a program that serves POST /predict and GET /healthz on 127.0.0.1:$PORT with the model
$MODELS/$MODEL.onnx, and records into $SQLITE or, with DB=cassandra, into the keyspace `peers` at 127.0.0.1:9042, which
must be free then. LitServe's folder holds serve.py, which takes $PORT, $MODELS and $MODEL likewise and at most $BATCH
pictures together, and answers GET /health. Without peers only vidi is measured.
"""

import argparse
import contextlib
import gzip
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

import cluster
from service import VIDI_HEALTH, Service, free_port, milliseconds, rows_of_sqlite

ROOT = cluster.ROOT
CASSANDRA_PORT = 9042  # the peer knows no other
KEYS = {"vidi.demandtable": "time", "peers.predictions": "id"}


def write_pictures(folder):
    """MNIST's test images as PNG files."""
    with gzip.open(ROOT / "tests" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
    for index, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{index:05}.png")
    return len(pixels)


def rows_of_cassandra(python, table):
    """Counted by `python`, which has cassandra-driver: a page at a time, as one question would take too long."""
    program = (f"from cassandra.cluster import Cluster; session = Cluster(['127.0.0.1'], port={CASSANDRA_PORT}).connect(); "
               f"print(sum(1 for _ in session.execute('SELECT token({KEYS[table]}) FROM {table}', timeout=120)))")
    return int(subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout)


def load(service, connections, seconds, pictures, node):
    """`node`: the Cassandra, if there is one. What vidi has put into its spool counts when it is out again."""
    before = service.processor_seconds()
    node_before = node.processor_seconds() if node else 0
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s",
         str(ROOT / "benchmarks" / "post_pictures.lua"), f"http://127.0.0.1:{service.port}/predict"],
        env={**os.environ, "DIR": str(pictures)}, capture_output=True, text=True, check=True).stdout
    taken = service.drain()
    processor = service.processor_seconds() - before
    node_processor = node.processor_seconds() - node_before if node else 0
    answered = int(re.search(r"(\d+) requests in", result)[1])
    if re.search(r"Non-2xx|Socket errors", result):
        sys.exit(f"{service.name}: requests failed\n{result}")
    service.answered += answered
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", result)[1])
    return {
        "rate": answered / (answered / rate + (taken if service.spooled else 0)),
        "p50": milliseconds(re.search(r"\n\s+50%\s+(\S+)", result)[1]),
        "p99": milliseconds(re.search(r"\n\s+99%\s+(\S+)", result)[1]),
        "processor": processor / answered * 1e6,
        "node": node_processor / answered * 1e6,
    }


def measure(services, arguments, pictures, node):
    results = {}
    for connections in arguments.connections:
        # A Cassandra that has just been started compiles itself while it works: its first round does not count.
        for number in range(0 if node else 1, arguments.rounds + 1):
            for service in services:
                service.start(free_port())
                load(service, connections, arguments.warm_up, pictures, node)
                result = load(service, connections, arguments.seconds, pictures, node)
                if number > 0:
                    results.setdefault((service.name, connections), []).append(result)
                service.megabytes = max(service.megabytes, service.resident_megabytes())
                service.stop()
    return results


def report(services, results, connections):
    median = lambda name, count, key: statistics.median(run[key] for run in results[name, count])
    print("| connections | service | requests/s (range) | p50 ms | p99 ms | processor µs/request | Cassandra's | vidi's ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for count in connections:
        for service in services:
            rates = [run["rate"] for run in results[service.name, count]]
            ratio = median(services[0].name, count, "rate") / statistics.median(rates)
            print(f"| {count} | {service.name} | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
                  f"| {median(service.name, count, 'p50'):.2f} | {median(service.name, count, 'p99'):.2f} "
                  f"| {median(service.name, count, 'processor'):.0f} | {median(service.name, count, 'node'):.0f} "
                  f"| {ratio:.2f} |")
    for service in services:
        recorded = service.rows()
        if recorded is None:
            print(f"{service.name}: {service.answered:,} answers, none recorded; at most {service.megabytes:.0f} MB resident")
            continue
        print(f"{service.name}: {service.answered:,} answers, {recorded:,} records, at most {service.spooled:,} of them "
              f"in the spool when a load ended; at most {service.megabytes:.0f} MB resident")
        # wrk cuts its last requests off: those may be recorded without being counted.
        if recorded < service.answered:
            sys.exit(f"{service.name}: fewer records than answers")


def models_of(arguments, folder):
    """The folder of models, or a copy in which the model is computed as --precision says."""
    if arguments.precision == "f32":
        return ROOT / "models"
    models = folder / f"models-{arguments.precision}"
    if not models.exists():
        shutil.copytree(ROOT / "models" / arguments.model, models / arguments.model)
        with open(models / arguments.model / "model.toml", "a") as card:
            card.write(f'\n[inference]\nprecision = "{arguments.precision}"\n')
    return models


def services_of(arguments, folder, node):
    """vidi, and the peers that there are."""
    model = ROOT / "models" / arguments.model / "1"
    models = models_of(arguments, folder)

    def command(program, name):
        return [str(program), "serve", "--listen", "127.0.0.1:{port}", "--grpc-listen", "off", "--data", str(folder / name),
                "--models", str(models), "--model", arguments.model, "--log-level", "warn"]

    vidi = command(arguments.vidi, "vidi")
    peer = {"MODELS": str(model), "MODEL": "model", "PYTHONDONTWRITEBYTECODE": "1"}
    if node:
        vidi += ["--records", f"cassandra://{node.address}/vidi"]
        peer |= {"DB": "cassandra"}
        rows = {"vidi": lambda: rows_of_cassandra(arguments.peer_python, "vidi.demandtable"),
                "peer": lambda: rows_of_cassandra(arguments.peer_python, "peers.predictions")}
    else:
        peer |= {"DB": "sqlite", "SYNC": "FULL", "GROUP": "1", "SQLITE": str(folder / "peer" / "records.db")}
        rows = {name: lambda name=name: rows_of_sqlite(folder / name / "records.db") for name in ("vidi", "peer")}
    services = [Service("vidi", folder / "vidi", vidi, {}, VIDI_HEALTH, rows["vidi"])]
    if arguments.other_vidi:
        other = command(arguments.other_vidi, "other")
        services.append(Service("other vidi", folder / "other", other, {}, VIDI_HEALTH,
                                lambda: rows_of_sqlite(folder / "other" / "records.db")))
    if arguments.peer:
        program = [arguments.peer_python, str(arguments.peer / "run.py")]
        services.append(Service("FastAPI", folder / "peer", program, peer, "/healthz", rows["peer"]))
    if arguments.litserve:
        program = [arguments.litserve_python, str(arguments.litserve / "serve.py")]
        environment = {**peer, "BATCH": str(arguments.litserve_batch)}
        services.append(Service("LitServe", folder / "litserve", program, environment, "/health", lambda: None))
    return services


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=ROOT / "build" / "release" / "apps" / "vidi" / "vidi")
    parser.add_argument("--other-vidi", type=pathlib.Path, help="with --store sqlite")
    parser.add_argument("--peer", type=pathlib.Path)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--litserve", type=pathlib.Path)
    parser.add_argument("--litserve-python", default=sys.executable)
    parser.add_argument("--litserve-batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--warm-up", type=int, default=2, help="seconds of load before it is measured")
    parser.add_argument("--store", choices=["sqlite", "cassandra"], default="sqlite")
    parser.add_argument("--model", choices=["digits-softmax", "digits-cnn"], default="digits-softmax")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help="of vidi's model; the peer's is f32")
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
        with contextlib.ExitStack() as stack:
            node = None
            if arguments.store == "cassandra":
                node = stack.enter_context(cluster.cassandra(folder / "cassandra", CASSANDRA_PORT))
            services = services_of(arguments, folder, node)
            report(services, measure(services, arguments, pictures, node), arguments.connections)


if __name__ == "__main__":
    main()
