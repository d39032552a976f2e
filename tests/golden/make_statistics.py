#!/usr/bin/env python3
"""What scikit-learn and Spark MLlib make of two tables: means, deviations, principal components, transformed rows. Writes
tests/data/statistics/golden.json.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 pyspark==4.3.0
    VENV/bin/python3 tests/golden/make_statistics.py

Spark needs Java 17. None of these is among the test requirements, since only this script needs them. The tables are made
by the formula of table(), which src/batch/statistics/golden_test.cpp has too."""

import json
from pathlib import Path

import numpy
import pyspark
import sklearn.preprocessing
from pyspark.ml import feature
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession
from sklearn.decomposition import PCA

OUT = Path(__file__).resolve().parent.parent / "data" / "statistics" / "golden.json"
# Rows, columns, components. The second is for the solver of large matrices.
CASES = {"small": (200, 12, 5), "wide": (700, 640, 3)}


def noise(i, j):
    """-1000 to 1000, from 32-bit arithmetic."""
    x = (i.astype(numpy.uint32) * numpy.uint32(73856093)) ^ (j.astype(numpy.uint32) * numpy.uint32(19349663))
    x ^= x >> 13
    x *= numpy.uint32(0x5BD1E995)
    x ^= x >> 15
    return (x % 2001).astype(numpy.int64) - 1000


def table(rows, columns):
    """A few factors that all columns share, and noise; column 3 is constant, column 5 far from zero."""
    i, j = numpy.indices((rows, columns))
    values = noise(i, j)
    for factor in range(4):
        values += (4 - factor) * noise(i, numpy.full_like(j, 10_000 + factor)) * (j * (factor + 1) % 7 - 3)
    values[:, 3] = 7
    values[:, 5] += 1_000_000
    return values.astype(numpy.float32)


def pca_of(rows, count):
    fitted = PCA(count, svd_solver="covariance_eigh").fit(rows)
    return {"components": fitted.components_, "variance": fitted.explained_variance_,
            "ratio": fitted.explained_variance_ratio_, "transformed": fitted.transform(rows)[:3]}


def with_scikit_learn(values, count):
    """In double precision. Its StandardScaler divides by n; here the deviation is the sample's."""
    values = values.astype(numpy.float64)
    scaler = sklearn.preprocessing.StandardScaler().fit(values)
    deviations = numpy.sqrt(scaler.var_ * len(values) / (len(values) - 1))
    scaled = (values - scaler.mean_) / numpy.where(deviations == 0, 1, deviations)
    found = {"means": scaler.mean_, "deviations": deviations, "scaled": pca_of(scaled, count)}
    if values.shape[1] < 100:
        found["unscaled"] = pca_of(values, count)
    return found


def with_mllib(spark, values, count):
    frame = spark.createDataFrame([(Vectors.dense(row.tolist()),) for row in values], ["x"]).repartition(2)
    scaler = feature.StandardScaler(inputCol="x", outputCol="scaled", withMean=True, withStd=True).fit(frame)
    scaled = scaler.transform(frame)
    pca = feature.PCA(k=count, inputCol="scaled", outputCol="reduced").fit(scaled)
    first = spark.createDataFrame([(Vectors.dense(row.tolist()),) for row in values[:3]], ["x"])
    reduced = [row.reduced.toArray() for row in pca.transform(scaler.transform(first)).collect()]
    return {"means": scaler.mean.toArray(), "deviations": scaler.std.toArray(),
            "scaled": {"components": pca.pc.toArray().T, "ratio": pca.explainedVariance.toArray(), "transformed": reduced}}


def plain(value):
    """Numbers with the digits that a comparison within 1e-6 needs."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [float(f"{number:.9g}") for number in numpy.asarray(value, numpy.float64).reshape(-1)]


def main():
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    golden = {"versions": {"scikit-learn": sklearn.__version__, "pyspark": pyspark.__version__}}
    for name, (rows, columns, count) in CASES.items():
        values = table(rows, columns)
        # Sums that show whether another language makes the same table.
        golden[name] = {"rows": rows, "columns": columns, "count": count, "sum": int(values.astype(numpy.float64).sum()),
                        "scikit-learn": plain(with_scikit_learn(values, count)),
                        "mllib": plain(with_mllib(spark, values, count))}
    spark.stop()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
