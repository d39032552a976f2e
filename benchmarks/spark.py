#!/usr/bin/env python3
"""The job of features on Spark beside the usual Spark job and beside `vidi features`, whole processes, in one run.

    .venv/bin/python3 benchmarks/spark.py IMAGES [--pictures 1000] [--rounds 3] [--student PYTHON PIPELINE]

IMAGES holds folders of JPEG files. All of them make features with ResNet50 (random weights) on two cores, local[2]:
- the usual job: mapInPandas with ONNX Runtime, one thread a worker, Pillow, features written as Parquet and nothing more;
- vidi_features.py in f32, bf16 and int8, with scaler and 100 components;
- `vidi features` in the same precisions;
- with --student, Keras on the driver and MLlib's scaler and components: called as PYTHON PIPELINE IMAGES PICTURES OUT.parquet.
Rounds alternate; the medians count, and the ratios are of the same round. Whole jobs count, from spark-submit to its end."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRECISIONS = ("f32", "bf16", "int8")
BACKBONE = ("--backbone", "resnet50", "--weights", "none", "--seed", "7")

USUAL = """
import glob, sys
from pyspark.sql import SparkSession

source, out, network = sys.argv[1:4]
spark = SparkSession.builder.appName("usual").config("spark.sql.execution.arrow.maxRecordsPerBatch", "8").getOrCreate()
files = sorted(glob.glob(source + "/*/*.jpg"))
frame = spark.createDataFrame([(file,) for file in files], "image string").repartition(8)
session = None


def features(batches):
    global session
    import numpy, onnxruntime, pandas
    from PIL import Image

    mean = numpy.array([103.939, 116.779, 123.68], numpy.float32)
    if session is None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def load(file):
        picture = Image.open(file).convert("RGB").resize((224, 224), Image.BILINEAR)
        return (numpy.asarray(picture, numpy.float32)[..., ::-1] - mean).transpose(2, 0, 1)

    for batch in batches:
        rows = session.run(None, {name: numpy.stack([load(file) for file in batch.image])})[0]
        yield pandas.DataFrame({"image": batch.image, "features": list(rows)})


frame.mapInPandas(features, "image string, features array<float>").write.mode("overwrite").parquet(out)
assert spark.read.parquet(out).count() == len(files)
"""


def run(command):
    """Seconds, and what it printed."""
    began = time.perf_counter()
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": str(ROOT / ".venv/bin/python3")}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return time.perf_counter() - began, done.stdout + done.stderr


def submit(*words):
    return run([ROOT / ".venv/bin/spark-submit", "--master", "local[2]", "--conf", "spark.ui.enabled=false", *words])


def choose(images, count, folder):
    """A folder with that many pictures, chosen at random."""
    files = sorted(Path(images).rglob("*.jpg"))
    random.Random(7).shuffle(files)
    for path in files[:count]:
        place = folder / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return folder


def measure(source, options, work, results):
    vidi = os.environ.get("VIDI_BINARY", str(ROOT / "build/test/apps/vidi/vidi"))
    rates = {}
    for precision in PRECISIONS:
        one, cluster = work / f"one-{precision}", work / f"spark-{precision}"
        for folder in (one, cluster):
            shutil.rmtree(folder, ignore_errors=True)
        flags = (*BACKBONE, "--pca", "100", "--precision", precision)
        seconds, _ = run([vidi, "features", source, "--out", one, *flags])
        timings = json.loads((one / "manifest.json").read_text())["timings"]
        steady = timings["total_s"] - timings["starting_s"] - timings["reducing_s"]
        rates[f"vidi features, {precision}"] = options.pictures / seconds
        rates[f"vidi features, {precision}, after start-up"] = options.pictures / steady
        seconds, _ = submit(ROOT / "spark/vidi_features.py", source, "--out", cluster, *flags)
        timings = json.loads((cluster / "manifest.json").read_text())["timings"]
        rates[f"vidi on Spark, {precision}"] = options.pictures / seconds
        rates[f"vidi on Spark, {precision}, its stage of features"] = options.pictures / timings["features_s"]
    (work / "usual.py").write_text(USUAL)
    network = work / "spark-f32/backbone/1/model.onnx"
    seconds, _ = submit(work / "usual.py", source, work / "usual", network)
    rates["the usual Spark job"] = options.pictures / seconds
    if options.student:
        python, pipeline = options.student
        seconds, _ = run([python, pipeline, source, options.pictures, work / "student.parquet"])
        rates["the student's pipeline"] = options.pictures / seconds
    for name, rate in rates.items():
        results.setdefault(name, []).append(rate)
        print(f"  {name}: {rate:.1f}", flush=True)


def ratio(results, name, other):
    both = zip(results[name], results[other])
    return statistics.median(a / b for a, b in both)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--student", nargs=2, metavar=("PYTHON", "PIPELINE"))
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        source = choose(options.images, options.pictures, Path(folder) / "pictures")
        for number in range(options.rounds):
            print(f"round {number + 1}", flush=True)
            measure(source, options, Path(folder), results)
    print("\npictures a second, median (least to most)")
    for name, rates in results.items():
        print(f"  {name}: {statistics.median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f})")
    print("ratios, medians")
    for precision in PRECISIONS:
        name = f"vidi on Spark, {precision}"
        others = ["the usual Spark job", f"vidi features, {precision}"]
        others += ["the student's pipeline"] if options.student else []
        for other in others:
            print(f"  {name} to {other}: {ratio(results, name, other):.2f}")
        steady = ratio(results, f"{name}, its stage of features", f"vidi features, {precision}, after start-up")
        print(f"  {name}, its stage of features to vidi features after start-up: {steady:.2f}")


if __name__ == "__main__":
    main()
