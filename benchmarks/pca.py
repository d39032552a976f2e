"""Standard scaler and principal components: vidi beside scikit-learn and Spark MLlib, in the same run.

Each gets the same table of float32 in memory and fits a scaler (mean and deviation), scales, fits 100 components of the
scaled rows, and reduces the rows to them; reading, Python's and Spark's start are not timed, and each has done the same on
a small part before. All have two threads: scikit-learn through its OpenBLAS with PCA(svd_solver="covariance_eigh"), Spark
as local[2]. vidi computes in double precision, as MLlib does; scikit-learn in the precision of the table. They take turns
in every round; the table shows medians and the ratio of each to vidi's.

The table is like features of pictures: 256 factors of falling weight, mixed, with noise, and no number below zero.

usage: pca.py --python PYTHON [--program build/bench/benchmarks/pca_benchmark] [--rows 20000] [--columns 2048]
              [--rounds 3] [--spark-rounds 1]

PYTHON is one that has numpy, scikit-learn and pyspark (which needs Java 17).
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPONENTS = 100
THREADS = 2
STEPS = ("moments", "scale", "pca", "reduce")


def make_table(path, rows, columns):
    import numpy

    random = numpy.random.default_rng(8)
    weights = 2 / numpy.sqrt(1 + numpy.arange(256, dtype=numpy.float32))
    mixing = random.standard_normal((256, columns), dtype=numpy.float32) * weights[:, None]
    with open(path, "wb") as file:
        for first in range(0, rows, 1000):
            factors = random.standard_normal((min(1000, rows - first), 256), dtype=numpy.float32)
            noise = random.standard_normal((len(factors), columns), dtype=numpy.float32)
            file.write(numpy.maximum(factors @ mixing + noise, 0).tobytes())


class Watch:
    def __init__(self):
        self.last = time.perf_counter()

    def lap(self):
        before, self.last = self.last, time.perf_counter()
        return self.last - before


def with_scikit_learn(path, columns, ratios):
    import numpy
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    table = numpy.fromfile(path, numpy.float32).reshape(-1, columns)

    def run(rows):
        watch = Watch()
        scaler = StandardScaler().fit(rows)
        laps = [watch.lap()]
        scaled = scaler.transform(rows, copy=False)
        laps.append(watch.lap())
        pca = PCA(COMPONENTS, svd_solver="covariance_eigh").fit(scaled)
        laps.append(watch.lap())
        pca.transform(scaled)
        laps.append(watch.lap())
        return pca.explained_variance_ratio_, dict(zip(STEPS, laps))

    run(table[:200].copy())
    found, laps = run(table)
    found.astype(numpy.float64).tofile(ratios)
    print(json.dumps(laps))


def with_mllib(path, columns, ratios):
    import numpy
    from pyspark.ml import feature
    from pyspark.ml.linalg import Vectors
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (SparkSession.builder.master(f"local[{THREADS}]").config("spark.driver.memory", "6g")
             .config("spark.ui.enabled", "false").config("spark.driver.maxResultSize", "2g").getOrCreate())
    records = spark.sparkContext.binaryRecords(str(path), columns * 4)
    rows = records.map(lambda record: (Vectors.dense(numpy.frombuffer(record, numpy.float32).astype(numpy.float64)),))
    table = spark.createDataFrame(rows, ["x"]).repartition(2 * THREADS).cache()
    table.count()

    def run(frame):
        # Spark is lazy: what is fitted, and the last step, is computed when asked; scaling is a part of both.
        watch = Watch()
        scaler = feature.StandardScaler(inputCol="x", outputCol="scaled", withMean=True, withStd=True).fit(frame)
        laps = [watch.lap(), 0]
        scaled = scaler.transform(frame)
        pca = feature.PCA(k=COMPONENTS, inputCol="scaled", outputCol="reduced").fit(scaled)
        laps.append(watch.lap())
        pca.transform(scaled).select("reduced").write.format("noop").mode("overwrite").save()
        laps.append(watch.lap())
        return pca.explainedVariance.toArray(), dict(zip(STEPS, laps))

    narrow = feature.VectorSlicer(inputCol="x", outputCol="y", indices=list(range(128))).transform(table.limit(500))
    run(narrow.selectExpr("y as x"))
    found, laps = run(table)
    found.tofile(ratios)
    print(json.dumps(laps))


PEERS = {"scikit-learn": with_scikit_learn, "mllib": with_mllib}


def command_of(name, arguments, path, ratios):
    if name == "vidi":
        return [arguments.program, path, "--columns", arguments.columns, "--components", COMPONENTS, "--threads", THREADS,
                "--ratios", ratios]
    return [arguments.python, __file__, "--peer", name, "--table", path, "--columns", arguments.columns, "--ratios", ratios]


def run_one(name, arguments, folder, path):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}
    command = [str(part) for part in command_of(name, arguments, path, folder / f"{name}.ratios")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with status {done.returncode}\n{done.stderr[-2000:]}")
    laps = json.loads(done.stdout.splitlines()[-1])
    return {**laps, "all": sum(laps.values())}


def report(runs, folder):
    import numpy

    print("| | " + " | ".join(f"{step} s" for step in STEPS) + " | all s (range) | of vidi's | ratios differ by |")
    print("|---|" + "---|" * (len(STEPS) + 3))
    median = lambda name, step: statistics.median(run[step] for run in runs[name])
    wanted = numpy.fromfile(folder / "vidi.ratios")
    for name, results in runs.items():
        alls = [run["all"] for run in results]
        found = numpy.fromfile(folder / f"{name}.ratios")
        steps = " | ".join(f"{median(name, step):.2f}" for step in STEPS)
        print(f"| {name} | {steps} | {median(name, 'all'):.2f} ({min(alls):.2f} to {max(alls):.2f}) "
              f"| {median(name, 'all') / median('vidi', 'all'):.2f} | {abs(found / wanted - 1).max():.1e} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "bench" / "benchmarks" / "pca_benchmark")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spark-rounds", type=int, default=1)
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--table", help=argparse.SUPPRESS)
    parser.add_argument("--ratios", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        PEERS[arguments.peer](arguments.table, arguments.columns, arguments.ratios)
        return
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_table(folder / "table", arguments.rows, arguments.columns)
        runs = {}
        for number in range(arguments.rounds):
            for name in ("vidi", "scikit-learn", "mllib"):
                if name != "mllib" or number < arguments.spark_rounds:
                    runs.setdefault(name, []).append(run_one(name, arguments, folder, folder / "table"))
        report(runs, folder)


if __name__ == "__main__":
    main()
