"""The Open Inference Protocol: vidi beside Triton with the same network, in the same run, and beside the bare network.

Each request is one row of digits-cnn, in binary tensors or in JSON. vidi records each answer in SQLite with
synchronous=FULL before it leaves; Triton records nothing. wrk runs on the same machine. The two take turns in every
round; the tables show medians and the ratio of the medians. The last column sets vidi's rate against what OpenVINO
reaches in this process, with nothing else to do, at the batch sizes that vidi had.

usage: infer.py [--vidi build/release/apps/vidi/vidi] [--triton SCRIPT --triton-environment FOLDER] [--rounds 3]
                [--seconds 5] [--connections 1,8,64] [--forms binary,json]

SCRIPT starts Triton on 127.0.0.1:8000 with the model `cnn` (input `x` of 784 floats, output `y`), which runs
$MODELS/cnn.onnx; $VENV is its environment.
"""

import argparse
import json
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
import urllib.request

import numpy
import openvino

import cluster
from service import VIDI_HEALTH, Service, free_port, milliseconds, rows_of_sqlite

ROOT = cluster.ROOT
MODEL = "digits-cnn"
TRITON_PORT = 8000  # its script knows no other


def targets_of(arguments, folder):
    """The services, and how each is asked."""
    vidi = [str(arguments.vidi), "serve", "--listen", "127.0.0.1:{port}", "--data", str(folder / "vidi"), "--models",
            str(arguments.models), "--model", MODEL, "--log-level", "warn"] + arguments.vidi_options
    records = lambda: rows_of_sqlite(folder / "vidi" / "records.db")
    targets = [(Service("vidi", folder / "vidi", vidi, {}, VIDI_HEALTH, records),
                {"path": f"/v2/models/{MODEL}/infer", "INPUT": "image", "OUTPUT": "probabilities", "SHAPE": "1,28,28,1"})]
    if arguments.triton:
        models = folder / "models"
        models.mkdir()
        shutil.copy(ROOT / "models" / MODEL / "1" / "model.onnx", models / "cnn.onnx")
        environment = {"MODELS": str(models), "VENV": str(arguments.triton_environment), "REPO": str(folder / "repository"),
                       "INSTANCES": "2", "THREADS": "1", "DELAY": "0"}
        triton = Service("Triton", folder / "triton", [str(arguments.triton)], environment, "/v2/models/cnn/ready",
                         lambda: 0)
        targets.append((triton, {"path": "/v2/models/cnn/infer", "INPUT": "x", "OUTPUT": "y", "SHAPE": "1,784"}))
    return targets


def load(service, question, form, connections, seconds):
    before = service.processor_seconds()
    environment = {**os.environ, **{key: value for key, value in question.items() if key != "path"}, "COUNT": "784",
                   "FORM": form}
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", "-s",
         str(ROOT / "benchmarks" / "post_tensor.lua"), f"http://127.0.0.1:{service.port}{question['path']}"],
        env=environment, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", text):
        sys.exit(f"{service.name}: requests failed\n{text}")
    answered = int(re.search(r"(\d+) requests in", text)[1])
    service.answered += answered
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            "p50": milliseconds(re.search(r"\n\s+50%\s+(\S+)", text)[1]),
            "p99": milliseconds(re.search(r"\n\s+99%\s+(\S+)", text)[1]),
            "processor": (service.processor_seconds() - before) / answered * 1e6}


def batches_of(service):
    """How many batches of each size vidi has inferred."""
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/v2/models/{MODEL}/stats", timeout=10) as answer:
        [model] = json.load(answer)["model_stats"]
    return {each["batch_size"]: each["compute_infer"]["count"] for each in model["batch_stats"]}


def measure(targets, arguments):
    results, batches = {}, {}
    for form in arguments.forms:
        for connections in arguments.connections:
            for _ in range(arguments.rounds):
                for service, question in targets:
                    service.start(TRITON_PORT if service.name == "Triton" else free_port())
                    load(service, question, form, connections, arguments.warm_up)
                    before = batches_of(service) if service.name == "vidi" else {}
                    result = load(service, question, form, connections, arguments.seconds)
                    results.setdefault((form, connections, service.name), []).append(result)
                    if service.name == "vidi":
                        sums = batches.setdefault((form, connections), {})
                        for size, count in batches_of(service).items():
                            sums[size] = sums.get(size, 0) + count - before.get(size, 0)
                    service.megabytes = max(service.megabytes, service.resident_megabytes())
                    service.stop()
    return results, batches


def bare_seconds(size, streams, cache={}):
    """What a batch of that size takes OpenVINO when `streams` of them run at the same time."""
    key = (size, streams)
    if key not in cache:
        core = openvino.Core()
        compiled = core.compile_model(ROOT / "models" / MODEL / "1" / "model.onnx", "CPU",
                                      {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams,
                                       "INFERENCE_PRECISION_HINT": "f32"})
        end = time.monotonic() + 1
        counts = [0] * streams

        def work(number):
            request = compiled.create_infer_request()
            request.set_input_tensor(openvino.Tensor(numpy.full((size, 28, 28, 1), 0.5, numpy.float32)))
            while time.monotonic() < end:
                request.infer()
                counts[number] += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(streams)]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cache[key] = (time.monotonic() - begin) / sum(counts)
    return cache[key]


def bare_rate(batches, connections):
    """Rows a second of the bare network in batches of these sizes, one a processor as far as the connections fill them."""
    streams = min(os.cpu_count(), connections)
    rows = sum(size * count for size, count in batches.items())
    return rows / sum(bare_seconds(size, streams) * count for size, count in batches.items())


def report(targets, results, batches):
    print("| form | connections | service | requests/s (range) | p50 ms | p99 ms | processor µs/request | ratio "
          "| rows a batch | of the bare network |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (form, connections, name), runs in results.items():
        median = lambda key, runs=runs: statistics.median(run[key] for run in runs)
        rates = [run["rate"] for run in runs]
        last = statistics.median(run["rate"] for run in results[form, connections, targets[-1][0].name])
        own = "| |"
        if name == "vidi":
            sizes = batches[form, connections]
            mean = sum(size * count for size, count in sizes.items()) / sum(sizes.values())
            own = f"| {mean:.1f} | {median('rate') / bare_rate(sizes, connections):.2f} |"
        print(f"| {form} | {connections} | {name} | {median('rate'):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
              f"| {median('p50'):.2f} | {median('p99'):.2f} | {median('processor'):.0f} | {median('rate') / last:.2f} {own}")
    for service, _ in targets:
        print(f"{service.name}: {service.answered:,} answers, {service.rows():,} records, "
              f"at most {service.megabytes:.0f} MB resident")
    vidi = targets[0][0]
    if vidi.rows() < vidi.answered:
        sys.exit("vidi: fewer records than answers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vidi", default=ROOT / "build" / "release" / "apps" / "vidi" / "vidi")
    parser.add_argument("--models", default=ROOT / "models", help="vidi's; Triton's is the one of the repository")
    parser.add_argument("--vidi-options", type=str.split, default=[], help="more options of vidi serve")
    parser.add_argument("--triton", type=pathlib.Path)
    parser.add_argument("--triton-environment", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2, help="seconds of load before it is measured")
    parser.add_argument("--connections", type=lambda text: [int(part) for part in text.split(",")], default=[1, 8, 64])
    parser.add_argument("--forms", type=lambda text: text.split(","), default=["binary", "json"])
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: run scripts/setup.sh bench")
    # Not in /tmp, which may be memory: the records are to reach a disk.
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        targets = targets_of(arguments, pathlib.Path(folder))
        results, batches = measure(targets, arguments)
        report(targets, results, batches)


if __name__ == "__main__":
    main()
