"""The table of `vidi features` in Apache Spark, and MLlib's scaler and components beside ours."""

import os
import shutil

import numpy
import pyarrow.parquet
import pytest
from harness.features import features, make_pictures


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java (Debian: openjdk-17-jre-headless)")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = pyspark.SparkSession.builder.master("local[1]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "512m",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # a compiler that is done early
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def test_spark_reads_the_table_and_mllib_agrees(spark, tmp_path):
    out = tmp_path / "out"
    features(make_pictures(tmp_path / "pictures", 120), out, "--pca", 10, "--part-pictures", 64)
    from pyspark.ml.feature import PCA, StandardScaler
    from pyspark.ml.functions import array_to_vector, vector_to_array

    table = spark.read.parquet(str(out / "features"))
    assert table.count() == 120
    assert {row.label: row["count"] for row in table.groupBy("label").count().collect()} == {
        "Apple": 40,
        "Banana": 40,
        "Kiwi": 40,
    }
    rows = table.select("image", array_to_vector("features").alias("features"))
    scaler = StandardScaler(withMean=True, withStd=True, inputCol="features", outputCol="scaled").fit(rows)
    ours = pyarrow.parquet.read_table(out / "scaler.parquet").to_pandas()
    assert numpy.allclose(ours["mean"], scaler.mean.toArray(), rtol=1e-9)
    assert numpy.allclose(ours["deviation"], scaler.std.toArray(), rtol=1e-6)

    scaled = scaler.transform(rows)
    pca = PCA(k=10, inputCol="scaled", outputCol="reduced").fit(scaled)
    loadings = numpy.stack(pyarrow.parquet.read_table(out / "pca.parquet")["loadings"].to_numpy())
    theirs = pca.pc.toArray().T
    signs = numpy.sign((loadings * theirs).sum(axis=1))
    assert numpy.abs(loadings - theirs * signs[:, None]).max() < 1e-6
    ratios = pyarrow.parquet.read_table(out / "pca.parquet")["explained_variance_ratio"].to_numpy()
    assert numpy.allclose(ratios, pca.explainedVariance.toArray(), rtol=1e-6)

    reduced = pca.transform(scaled).select("image", vector_to_array("reduced").alias("reduced")).toPandas()
    mine = spark.read.parquet(str(out / "features_pca")).toPandas().merge(reduced, on="image")
    difference = numpy.stack(mine["features_pca"]) - numpy.stack(mine["reduced"]) * signs
    assert len(mine) == 120
    assert numpy.abs(difference).max() < 1e-4  # ours are kept in float32
