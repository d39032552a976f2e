#!/usr/bin/env python3
"""Pictures a second from files to a table with principal components, beside its limit and the usual pipeline, in one run.

    .venv/bin/python3 benchmarks/features.py IMAGES [--pictures 1000] [--rounds 3] [--student PYTHON PIPELINE]

IMAGES holds folders of JPEG files. Printed is the table of docs/how-to/features.md:
- the limit: OpenVINO's own asynchronous queue over random tensors, the same network, the best of batches of 1 and 4;
- `vidi features --backbone resnet50 --weights none --seed 7`, from its start to its end, decoding and Parquet included;
- both again with AVX2 only, as on older machines;
- with --student, a Python with TensorFlow and Spark, and a script that makes the same table as students do: it is called
  as PYTHON PIPELINE IMAGES PICTURES OUT.parquet.
Rounds alternate; the medians count, and the ratios are of the same round."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRECISIONS = ("f32", "bf16", "int8")

LIMIT = """
import sys, time
import numpy, openvino
path, precision, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
core = openvino.Core()
best = 0
for batch in (1, 4):
    model = core.read_model(path)
    shape = model.input(0).partial_shape
    shape[0] = batch
    model.reshape({model.input(0): shape})
    compiled = core.compile_model(model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": precision})
    queue = openvino.AsyncInferQueue(compiled)
    tensor = numpy.random.default_rng(7).uniform(-120, 130, list(compiled.input(0).shape)).astype(numpy.float32)
    for _ in range(2 * len(queue)):
        queue.start_async({0: tensor})
    queue.wait_all()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        queue.start_async({0: tensor})
        count += batch
    queue.wait_all()
    best = max(best, count / (time.perf_counter() - began))
print(best)
"""


def vidi():
    return os.environ.get("VIDI_BINARY", str(ROOT / "build/test/apps/vidi/vidi"))


def run(command, **variables):
    """What it printed, how long it took, and its peak of memory in MB."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(list(map(str, command)), env=os.environ | variables, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{text}")
    return text, time.perf_counter() - began, usage.ru_maxrss // 1024


def choose(images, count, folder):
    """A list of that many pictures, chosen at random as the student's pipeline chooses them."""
    files = sorted(map(str, Path(images).rglob("*.jpg")))
    random.Random(7).shuffle(files)
    listed = folder / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in sorted(files[:count])))
    return listed


class Round:
    """One way of computing, with its figures of every round."""

    def __init__(self, name, precision, **variables):
        self.name, self.precision, self.variables = name, precision, variables
        self.limits, self.rates, self.memory, self.check = [], [], 0, ""

    def measure(self, listed, count, folder, network):
        out = folder / f"{self.name}-{len(self.rates)}".replace(" ", "-")
        flags = ["--backbone", "resnet50", "--weights", "none", "--seed", "7", "--precision", self.precision]
        printed, seconds, self.memory = run([vidi(), "features", listed, "--out", out, *flags], **self.variables)
        self.rates.append(count / seconds)
        precision = json.loads((out / "manifest.json").read_text()).get("precision")
        if precision:
            self.check = f"{precision['mean_cosine']:.5f}, {precision['largest_angle_degrees']:.1f}°"
        if self.precision != "int8":  # OpenVINO has no int8 of a network in floats
            limit, _, _ = run([sys.executable, "-c", LIMIT, network, self.precision, "5"], **self.variables)
            self.limits.append(float(limit.split()[-1]))
        print(f"{printed}", file=sys.stderr)

    def row(self, student):
        rate = statistics.median(self.rates)
        limit = f"{statistics.median(self.limits):.1f}" if self.limits else "-"
        part = [a / b for a, b in zip(self.rates, self.limits, strict=False)]
        share = f"{statistics.median(part):.2f}" if part else "-"
        times = f"{rate / student:.1f}" if student else "-"
        return f"| {self.name} | {rate:.1f} | {limit} | {share} | {times} | {self.memory} | {self.check or '-'} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--student", nargs=2, metavar=("PYTHON", "PIPELINE"))
    arguments = parser.parse_args()
    rounds = [Round(precision, precision) for precision in PRECISIONS]
    rounds += [Round(f"{precision}, AVX2 only", precision, ONEDNN_MAX_CPU_ISA="AVX2") for precision in ("f32", "int8")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = choose(arguments.images, arguments.pictures, folder)
        few = folder / "few.txt"
        few.write_text("".join(listed.read_text().splitlines(keepends=True)[:4]))
        flags = ["--backbone", "resnet50", "--weights", "none", "--seed", "7"]
        run([vidi(), "features", few, "--out", folder / "network", *flags])
        network = folder / "network" / "backbone" / "1" / "model.onnx"
        student = 0
        if arguments.student:
            python, pipeline = arguments.student
            began = time.perf_counter()
            run([python, pipeline, arguments.images, str(arguments.pictures), folder / "student.parquet"])
            student = arguments.pictures / (time.perf_counter() - began)
            print(f"the usual pipeline: {student:.2f} pictures a second from start to end", file=sys.stderr)
        for _ in range(arguments.rounds):
            for way in rounds:
                way.measure(listed, arguments.pictures, folder, network)
    print("| | pictures a second | limit | of the limit | times the usual pipeline | peak MB | cosine with f32, angle |")
    print("|---|---|---|---|---|---|---|")
    for way in rounds:
        print(way.row(student))
    if student:
        print(f"| the usual pipeline | {student:.1f} | | | 1 | | |")


if __name__ == "__main__":
    main()
