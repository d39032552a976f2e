"""Latency against offered rate: requests that begin when they are due, whatever became of those before.

First wrk finds the highest rate of vidi in closed loop, where each connection asks again when it is answered. Then vegeta
offers percentages of it in open loop. vegeta keeps a rate by starting another worker (a goroutine with a connection of
its own) whenever a request is due and all workers are waiting, without limit here. Its own latency begins when a worker
takes the request up, which is late when the cores are busy; the table counts from the time at which the request was
due, its number divided by the rate, so that what waited in the generator counts too.

The requests are POST /predict with 28x28 PNG files of MNIST's test images in forms, and v2 infer with the same pixels in
binary tensors; the model is digits-cnn, and every answer is recorded in SQLite with synchronous=FULL before it leaves.
wrk and vegeta run on the machine of the server and take their part of its cores: the tables say how much. Fails when a
request gets anything but an answer or 503, or when fewer records than answers are in the database.

usage: open_loop.py [--vidi build/release/apps/vidi/vidi] [--vidi-options "--max-requests 256"] [--seconds 10]
                    [--percent 25,50,80,100,150,200] [--forms predict,infer] [--patience 60]
"""

import argparse
import base64
import collections
import csv
import gzip
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy

import cluster
from requests import write_pictures
from service import VIDI_HEALTH, Service, free_port, rows_of_sqlite

ROOT = cluster.ROOT
MODEL = "digits-cnn"
PATHS = {"predict": "/predict", "infer": f"/v2/models/{MODEL}/infer"}
BOUNDARY = "vidi-open-loop"
PICTURES = 2000  # different ones, taken in turn: vegeta holds every target in memory
DISTURBED = 0.10  # of all cores, by others


def busy_seconds():
    """What all cores together have worked since the machine started."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / cluster.CLOCK


def wait_for_idle_cores(deadline):
    while time.monotonic() < deadline:
        before = busy_seconds()
        time.sleep(0.5)
        if busy_seconds() - before < 0.5 * os.cpu_count() * DISTURBED:
            return


def form_of(picture):
    head = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{picture.name}"\r\n'
            "Content-Type: image/png\r\n\r\n")
    return head.encode() + picture.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()


def tensor_of(pixels):
    values = (pixels.astype(numpy.float32) / 255).tobytes()
    head = json.dumps({"inputs": [{"name": "image", "shape": [1, 28, 28, 1], "datatype": "FP32",
                                   "parameters": {"binary_data_size": len(values)}}],
                       "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}).encode()
    return head + values, len(head)


def write_targets(form, port, pictures, file):
    """One request a line, as vegeta's JSON format has it."""
    url = f"http://127.0.0.1:{port}{PATHS[form]}"
    if form == "predict":
        headers = {"Content-Type": [f"multipart/form-data; boundary={BOUNDARY}"]}
        requests = ((form_of(picture), headers) for picture in sorted(pictures.iterdir())[:PICTURES])
    else:
        with gzip.open(ROOT / "tests" / "data" / "mnist" / "t10k-images-idx3-ubyte.gz") as images:
            pixels = numpy.frombuffer(images.read(16 + 784 * PICTURES), numpy.uint8, offset=16).reshape(-1, 784)
        bodies = (tensor_of(each) for each in pixels)
        requests = ((body, {"Content-Type": ["application/octet-stream"], "Inference-Header-Content-Length": [str(length)]})
                    for body, length in bodies)
    with open(file, "w") as targets:
        for body, headers in requests:
            targets.write(json.dumps({"method": "POST", "url": url, "header": headers,
                                      "body": base64.b64encode(body).decode()}) + "\n")


def closed_loop(service, form, connections, seconds, pictures):
    """Requests a second, with wrk."""
    script = {"predict": "post_pictures.lua", "infer": "post_tensor.lua"}[form]
    environment = {**os.environ, "DIR": str(pictures), "INPUT": "image", "OUTPUT": "probabilities", "SHAPE": "1,28,28,1",
                   "COUNT": "784", "FORM": "binary"}
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s",
                           str(ROOT / "benchmarks" / script), f"http://127.0.0.1:{service.port}{PATHS[form]}"],
                          env=environment, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", text):
        sys.exit(f"requests failed\n{text}")
    service.answered += int(re.search(r"(\d+) requests in", text)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


class Row:
    """What became of the requests of one rate. Times in seconds; `due` is when each should have begun."""

    def __init__(self, rate, seconds, results):
        started, code, latency, sequence, self.reasons = results
        due = (started - sequence / rate).min() + sequence / rate  # one at least was on time
        answer = started + latency
        good = (code >= 200) & (code < 300)
        self.rate = rate
        self.sent = len(code) / seconds
        self.answered = int(good.sum())
        in_time = answer < due.min() + seconds  # what is answered after the last request was due is not of this rate
        self.answered_rate = (good & in_time).sum() / seconds
        self.refused_rate = ((code == 503) & in_time).sum() / seconds
        self.errors = int((~good & (code != 503)).sum())
        waited = (answer - due)[good] * 1000
        self.p50, self.p99 = numpy.percentile(waited, [50, 99]) if len(waited) else (0, 0)
        self.worst = waited.max(initial=0)
        self.late = numpy.percentile((started - due) * 1000, 99)  # of the p99, what the generator was late
        self.refused_p50 = numpy.median((answer - due)[code == 503] * 1000) if (code == 503).any() else 0
        ended = numpy.sort(answer)
        self.in_flight = int(max(numpy.searchsorted(numpy.sort(started), ended, "right") - numpy.arange(len(ended))))


def results_of(file, vegeta):
    """Start, status, latency and number of every request that vegeta sent."""
    text = subprocess.run([vegeta, "encode", "-to", "csv", str(file)], capture_output=True, text=True, check=True).stdout
    lines = list(csv.reader(text.splitlines()))
    whole = lambda column: numpy.array([int(line[column]) for line in lines], numpy.int64)
    started, latency = whole(0), whole(2)
    reasons = collections.Counter(re.sub(r"\d+\.\d+\.\d+\.\d+:\d+", "ADDRESS", line[5]) for line in lines if line[1] == "0")
    return (started - started.min()) / 1e9, whole(1), latency / 1e9, whole(8), reasons


def open_loop(service, rate, seconds, targets, vegeta, connections):
    file = targets.with_suffix(".results")
    before, server, busy = resource.getrusage(resource.RUSAGE_CHILDREN), service.processor_seconds(), busy_seconds()
    begin = time.monotonic()
    subprocess.run([vegeta, "attack", "-format", "json", "-targets", str(targets), "-rate", f"{rate}/1s", "-duration",
                    f"{seconds}s", "-max-body", "0", "-timeout", "20s", "-max-connections", str(connections), "-output",
                    str(file)], stderr=subprocess.DEVNULL, check=True)
    cores = (time.monotonic() - begin) * os.cpu_count()
    after, server, busy = (resource.getrusage(resource.RUSAGE_CHILDREN), service.processor_seconds() - server,
                           busy_seconds() - busy)
    generator = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    row = Row(rate, seconds, results_of(file, vegeta))
    row.server, row.generator = server / cores, generator / cores
    row.others = max(0, busy / cores - row.server - row.generator)
    service.answered += row.answered
    return row


def measure(service, form, arguments, pictures, folder, vegeta):
    service.start(free_port())
    targets = folder / f"{form}.targets"
    write_targets(form, service.port, pictures, targets)
    deadline = time.monotonic() + arguments.patience
    wait_for_idle_cores(deadline)
    closed_loop(service, form, 64, arguments.warm_up, pictures)
    rates = {count: closed_loop(service, form, count, arguments.closed_seconds, pictures)
             for count in arguments.connections}
    highest = max(rates.values())
    print(f"\n{PATHS[form]}, closed loop with wrk: "
          + ", ".join(f"{rate:,.0f}/s at {count} connections" for count, rate in rates.items()), flush=True)
    print("| offered, of the highest | sent/s | answered/s | 503/s | other errors | p50 ms | p99 ms | max ms "
          "| a 503, p50 ms | at once | generator late, p99 ms | cores: vidi, vegeta, others |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    errors = 0
    for percent in arguments.percent:
        deadline = time.monotonic() + arguments.patience
        while True:
            wait_for_idle_cores(deadline)
            row = open_loop(service, max(1, round(highest * percent / 100)), arguments.seconds, targets, vegeta,
                            arguments.max_connections)
            errors += row.errors
            if row.others < DISTURBED or time.monotonic() > deadline:
                break
        print(f"| {row.rate:,} ({percent} %) | {row.sent:,.0f} | {row.answered_rate:,.0f} | {row.refused_rate:,.0f} "
              f"| {row.errors} | {row.p50:.2f} | {row.p99:.2f} | {row.worst:.1f} | {row.refused_p50:.2f} | {row.in_flight:,} "
              f"| {row.late:.2f} | {row.server:.0%}, {row.generator:.0%}, {row.others:.0%} |", flush=True)
        for reason, count in row.reasons.most_common(3):
            print(f"{count} times: {reason}", file=sys.stderr)
    service.megabytes = max(service.megabytes, service.resident_megabytes())
    service.stop()
    return errors


def main():
    whole_numbers = lambda text: [int(part) for part in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=ROOT / "build" / "release" / "apps" / "vidi" / "vidi")
    parser.add_argument("--vidi-options", type=str.split, default=[], help="more options of vidi serve")
    parser.add_argument("--model", default=MODEL, help="that answers /predict")
    parser.add_argument("--models", default=ROOT / "models", help="a folder with another model.toml of digits-cnn")
    parser.add_argument("--seconds", type=int, default=10, help="of each offered rate")
    parser.add_argument("--closed-seconds", type=int, default=4, help="of each number of connections")
    parser.add_argument("--warm-up", type=int, default=2, help="seconds of load before anything is measured")
    parser.add_argument("--percent", type=whole_numbers, default=[25, 50, 80, 100, 150, 200])
    parser.add_argument("--connections", type=whole_numbers, default=[16, 64, 128], help="of the closed loop")
    parser.add_argument("--max-connections", type=int, default=3000,
                        help="of vegeta, where more wait for one; 0: no limit. vidi refuses connections past 4096")
    parser.add_argument("--forms", type=lambda text: text.split(","), default=["predict", "infer"])
    parser.add_argument("--patience", type=float, default=0,
                        help="seconds to wait, for each rate, for cores that nobody else uses; a rate that others have "
                             "disturbed is measured again while they last")
    arguments = parser.parse_args()
    unknown = [form for form in arguments.forms if form not in PATHS]
    if unknown:
        sys.exit(f"--forms: there is no {unknown[0]!r}; there are {', '.join(PATHS)}")
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: run scripts/setup.sh bench")
    subprocess.run([ROOT / "scripts" / "vegeta.sh", "fetch"], check=True)
    vegeta = subprocess.run([ROOT / "scripts" / "vegeta.sh", "path"], capture_output=True, text=True, check=True).stdout.strip()
    # Not in /tmp, which may be memory: the records are to reach a disk.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        folder = pathlib.Path(folder)
        pictures = folder / "pictures"
        pictures.mkdir()
        write_pictures(pictures)
        data = folder / "vidi"
        command = [str(arguments.vidi), "serve", "--listen", "127.0.0.1:{port}", "--grpc-listen", "off", "--data", str(data),
                   "--models", str(arguments.models), "--model", arguments.model, "--log-level", "warn", *arguments.vidi_options]
        service = Service("vidi", data, command, {}, VIDI_HEALTH, lambda: rows_of_sqlite(data / "records.db"))
        errors = sum(measure(service, form, arguments, pictures, folder, vegeta) for form in arguments.forms)
        recorded = service.rows()
        print(f"\n{service.answered:,} answers, {recorded:,} records, at most {service.megabytes:.0f} MB resident")
        if errors:
            sys.exit(f"{errors} requests got neither an answer nor 503")
        if recorded < service.answered:
            sys.exit("fewer records than answers")


if __name__ == "__main__":
    main()
