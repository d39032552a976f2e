"""The Python package in Apache Spark's own jobs, beside MLlib and a real Cassandra."""

import json
import os
import re
import shutil
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from uuid import UUID

import numpy
import pytest
from harness.features import make_pictures
from harness.pictures import mnist_png
from harness.server import MODELS, ROOT, run_vidi
from harness.services import s3
from harness.stored import Reader

COLUMNS = 12
PASSWORD = "not-to-be-seen-anywhere"


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    pytest.importorskip("vidi.spark", reason="the package is not installed (scripts/python.sh makes its wheel)")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java (Debian: openjdk-17-jre-headless)")
    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    builder = pyspark.SparkSession.builder.master("local[2,2]")  # a task that fails is tried once more
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "512m",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # a compiler that is done early
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": tmp_path_factory.mktemp("events").as_uri(),
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def vectors(spark):
    """200 rows in 3 partitions, every third a sparse vector; a column that never changes; the same as arrays of float."""
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import ArrayType, DoubleType, FloatType, StructType

    random = numpy.random.default_rng(1)
    rows = random.normal(size=(200, COLUMNS)) @ random.normal(size=(COLUMNS, COLUMNS)) * 100 + 5000
    rows[::3, 4] = 0
    rows[:, 7] = 3
    rows = rows.astype(numpy.float32).astype(float)
    schema = StructType().add("label", DoubleType()).add("v", VectorUDT()).add("a", ArrayType(FloatType()))

    def vector(i, row):
        kept = numpy.flatnonzero(row)
        return Vectors.sparse(COLUMNS, kept, row[kept]) if i % 3 == 0 else Vectors.dense(row)

    made = [(float(row[0] > 5000), vector(i, row), row.tolist()) for i, row in enumerate(rows)]
    return spark.createDataFrame(made, schema).repartition(3).cache()


def frame(spark, rows, column="v"):
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import StructType

    return spark.createDataFrame([(row,) for row in rows], StructType().add(column, VectorUDT()))


def close(ours, theirs):
    return numpy.allclose(ours, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("with_mean", [True, False])
def test_it_fits_what_mllibs_scaler_and_components_fit(spark, vectors, with_mean):
    from pyspark.ml.feature import PCA, StandardScaler
    from vidi.spark import StandardScalerPCA

    scaler = StandardScaler(inputCol="v", outputCol="scaled", withMean=with_mean, withStd=True).fit(vectors)
    scaled = scaler.transform(vectors)
    pca = PCA(k=5, inputCol="scaled", outputCol="theirs").fit(scaled)
    model = StandardScalerPCA(inputCol="v", outputCol="ours", withMean=with_mean, k=5).fit(vectors)

    assert close(model.mean.toArray(), scaler.mean.toArray()) and close(model.std.toArray(), scaler.std.toArray())
    assert model.std[7] == 0
    signs = numpy.sign((model.pc.toArray() * pca.pc.toArray()).sum(axis=0))
    assert close(model.pc.toArray(), pca.pc.toArray() * signs)
    assert close(model.explainedVariance.toArray(), pca.explainedVariance.toArray())
    rows = model.transform(pca.transform(scaled)).select("ours", "theirs").collect()
    assert len(rows) == 200
    assert close([row.ours.toArray() for row in rows], [row.theirs.toArray() * signs for row in rows])

    if with_mean:  # what is no vector: arrays of the same numbers
        of_arrays = StandardScalerPCA(inputCol="a", outputCol="ours", k=5).fit(vectors)
        assert close(of_arrays.pc.toArray(), model.pc.toArray())
        reduced = of_arrays.transform(vectors).select("ours").collect()
        assert close([row.ours.toArray() for row in reduced], [row.ours.toArray() for row in rows])


def test_an_estimator_and_its_model_are_saved_in_a_pipeline_and_loaded(spark, vectors, tmp_path):
    from pyspark.ml import Pipeline, PipelineModel
    from pyspark.ml.feature import VectorSlicer
    from vidi.spark import StandardScalerPCA, StandardScalerPCAModel

    first = VectorSlicer(inputCol="v", outputCol="some", indices=list(range(8)))
    pipeline = Pipeline(stages=[first, StandardScalerPCA(inputCol="some", outputCol="o", k=3, withStd=False)])
    pipeline.save(str(tmp_path / "pipeline"))
    loaded = Pipeline.load(str(tmp_path / "pipeline")).getStages()[1]
    stage = pipeline.getStages()[1]
    assert type(loaded) is StandardScalerPCA and loaded.uid == stage.uid
    assert loaded.extractParamMap() == stage.extractParamMap()

    fitted = pipeline.fit(vectors)
    fitted.save(str(tmp_path / "fitted"))
    again = PipelineModel.load(str(tmp_path / "fitted"))
    assert type(again.stages[1]) is StandardScalerPCAModel and again.stages[1].uid == stage.uid
    assert again.stages[1].extractParamMap() == fitted.stages[1].extractParamMap()
    expected = [row.o for row in fitted.transform(vectors).select("o").collect()]
    assert [row.o for row in again.transform(vectors).select("o").collect()] == expected
    assert len(expected[0]) == 3

    copied = fitted.stages[1].copy({fitted.stages[1].outputCol: "copied"})
    assert copied.getOutputCol() == "copied" and copied.uid == stage.uid and copied.pc == fitted.stages[1].pc


def test_it_is_tuned_by_a_cross_validator(spark, vectors):
    from pyspark.ml import Pipeline
    from pyspark.ml.evaluation import Evaluator
    from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
    from vidi.spark import StandardScalerPCA

    class Components(Evaluator):
        def _evaluate(self, dataset):
            return float(len(dataset.first().o))

    pca = StandardScalerPCA(inputCol="v", outputCol="o", k=1)
    pipeline = Pipeline(stages=[pca])
    grid = ParamGridBuilder().addGrid(pca.k, [1, 11]).build()
    validator = CrossValidator(estimator=pipeline, estimatorParamMaps=grid, evaluator=Components(), numFolds=2, seed=1)
    tuned = validator.fit(vectors.coalesce(1))
    assert tuned.avgMetrics == [1, 11]
    assert tuned.bestModel.stages[0].getK() == 11 and pca.getK() == 1


def test_what_cannot_be_fitted_is_said(spark, vectors):
    import vidi
    from pyspark.ml.linalg import Vectors
    from vidi.spark import StandardScalerPCA

    two, three = Vectors.dense([1.0, 2.0]), Vectors.sparse(3, [0], [1.0])
    for rows, said in (
        ([two, three], "column 'v' has rows of 2 and of 3 numbers: all must have as many"),
        ([two, None, two], "1 rows of column 'v' are null: leave them out"),
        ([Vectors.dense([1.0, float("nan")])] * 2, "in a batch of column 'v' the value in row 0, column 1 is nan"),
        ([], "there are no rows in column 'v'"),
        ([two], "k is 1: 1 rows of 2 columns have 0 principal components"),
    ):
        with pytest.raises(vidi.InvalidArgument, match=re.escape(said)):
            StandardScalerPCA(inputCol="v", k=1).fit(frame(spark, rows))
    for options, said in (
        ({"inputCol": "w"}, "there is no column 'w': there are label, v, a"),
        ({"inputCol": "label"}, "column 'label' holds double: expected vectors"),
        ({"inputCol": "v", "outputCol": "a"}, "there is a column 'a' already"),
        ({"inputCol": "v", "k": 0}, "k is 0"),
        ({"inputCol": "v", "k": COLUMNS + 1}, f"k is 13: 200 rows of {COLUMNS} columns have {COLUMNS} principal"),
    ):
        with pytest.raises(vidi.InvalidArgument, match=re.escape(said)):
            StandardScalerPCA(**options).fit(vectors)
    model = StandardScalerPCA(inputCol="v", outputCol="o", k=2).fit(vectors)
    with pytest.raises(Exception, match="column 'v' has rows of 2 numbers: the model was fitted to 12"):
        model.transform(frame(spark, [two])).collect()


def test_an_older_spark_is_named(spark, monkeypatch):
    import pyspark
    import vidi
    from vidi.spark import StandardScalerPCA, check_version

    check_version(spark)
    monkeypatch.setattr(pyspark, "__version__", "3.4.4")
    with pytest.raises(vidi.InvalidArgument, match=re.escape("pyspark is 3.4.4: vidi.spark needs Spark 3.5 or later")):
        StandardScalerPCA()


def test_a_task_takes_no_more_processors_than_it_has(spark):
    def threads(batches):
        from pyarrow import RecordBatch
        from vidi.spark.moments import task_threads

        for _ in batches:
            yield RecordBatch.from_pydict({"ours": [task_threads()], "numpys": [os.environ["OMP_NUM_THREADS"]]})

    row = spark.range(1).coalesce(1).mapInArrow(threads, "ours long, numpys string").first()
    assert (row.ours, row.numpys) == (1, "1")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with 40 digits, one file that is no picture, and a name with a space."""
    folder = tmp_path_factory.mktemp("digits of mnist")
    for index in range(40):
        (folder / f"{index:02}.png").write_bytes(mnist_png(index))
    (folder / "none.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def files(spark, digits):
    return spark.read.format("binaryFile").load(str(digits)).select("path", "length", "content")


def test_a_frame_of_pictures_is_answered_as_one_picture_is(spark, digits, files):
    from vidi import Candidate
    from vidi.recognition import Recognizer
    from vidi.spark import predict

    answers = predict(files, model=MODELS / "digits", candidates=3)
    assert answers.columns[:3] == ["path", "length", "result"]
    rows = {os.path.basename(row.path): row for row in answers.collect()}
    assert len(rows) == 41
    one = Recognizer("digits", candidates=3)
    for name, row in rows.items():
        assert row.length == (digits / name).stat().st_size and (row.model, row.version) == ("digits", one.version)
        if name == "none.png":
            assert row.result is None and row.confidence is None and row.candidates is None
            assert row.error.startswith("undecodable: the 10 bytes are no picture")
            continue
        expected = one.predict(digits / name)
        assert (row.result, row.confidence, row.reason) == (expected.result, expected.confidence, expected.reason)
        assert tuple(Candidate(**each.asDict()) for each in row.candidates) == expected.candidates
        found = [(each.label, each.probability, tuple(each.box), each.page) for each in row.digits]
        boxes = [(digit.box.x, digit.box.y, digit.box.width, digit.box.height) for digit in expected.digits]
        assert found == [(d.label, d.probability, box, d.page) for d, box in zip(expected.digits, boxes, strict=True)]

    paths = files.drop("content").unionAll(spark.createDataFrame([("/no/such.png", 0), (None, 1)], "path string, length long"))
    by_path = predict(paths, model="models/digits", path="path", candidates=3).collect()
    errors = {row.path: row.error for row in by_path if row.error}
    assert errors.pop("/no/such.png").startswith("not_found: /no/such.png cannot be read")
    assert errors.pop(None) == "invalid_argument: column 'path' is null"
    assert len(errors) == 1
    assert {(row.path, row.result) for row in by_path if row.result} == {
        (row.path, row.result) for row in rows.values() if row.result
    }


@pytest.mark.services("s3")
def test_executors_read_pictures_from_a_bucket(spark, tmp_path):
    from vidi.spark import predict

    with s3(tmp_path / "s3") as server:
        names = ["a b.png", "50%20 #1?.png", "none.png"]
        for index, name in enumerate(names[:2]):
            (tmp_path / "s3/buckets/pictures" / name).write_bytes(mnist_png(index))
        for key, value in {
            "endpoint": f"http://{server.address}",
            "endpoint.region": "us-east-1",
            "access.key": "test",
            "secret.key": "testtest",
        }.items():
            spark.sparkContext._conf.set(f"spark.hadoop.fs.s3a.{key}", value)
        paths = spark.createDataFrame([(f"s3a://pictures/{name}",) for name in names], "path string")
        rows = {row.path.rpartition("/")[2]: row for row in predict(paths, "digits", path="path").collect()}
    assert [rows[name].result for name in names] == ["7", "2", None]
    assert rows["none.png"].error.startswith("not_found: s3a://pictures/none.png cannot be read")


def test_what_cannot_be_asked_is_said_before_anything_runs(spark, files):
    import vidi
    from vidi.spark import predict

    for options, said in (
        ({"model": "peaches"}, "there is no model 'peaches': give its folder, or one that comes with the package"),
        ({"model": MODELS / "digits", "version": 9}, "holds no model with the version 9"),
        ({"model": "digits", "path": "length"}, "column 'length' holds bigint: expected paths"),
        ({"model": "digits", "content": "path"}, "column 'path' holds string: expected pictures' bytes"),
        ({"model": "digits", "content": "bytes"}, "there is no column 'bytes': there are path, length, content"),
        ({"model": "digits", "records": "sqlite:records.db"}, "records 'sqlite:records.db': a cluster records in cassandra:"),
        ({"model": "digits", "time": datetime(2026, 11, 22)}, "has no zone"),
    ):
        with pytest.raises(vidi.Error, match=re.escape(said)):
            predict(files, **options)
    with pytest.raises(vidi.InvalidArgument, match="there is a column 'Result' already"):
        predict(files.withColumnRenamed("length", "Result"), model="digits")


def test_identifiers_are_made_again_and_unlike_others():
    pytest.importorskip("vidi.spark", reason="the package is not installed (scripts/python.sh makes its wheel)")
    from vidi.spark.identifiers import identifier

    now = datetime(2026, 11, 22, 12, 30, tzinfo=timezone.utc)
    time = int(now.timestamp()) * 1_000_000
    made = [identifier(b"job", time, f"{i}.png", b"picture") for i in range(2000)]
    assert made == [identifier(b"job", time, f"{i}.png", b"picture") for i in range(2000)]
    assert len(set(made)) == 2000
    assert len({identifier(*other) for other in ((b"j", time, "", b""), (b"j", time, None, b""), (b"", time, "", b""))}) == 3
    for each in map(UUID, made):
        milliseconds = each.int >> 80
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
        assert each.version == 7 and each.variant == "specified in RFC 4122"
        assert now - timedelta(seconds=1) <= moment < now
    assert len({each[:13] for each in made}) > 800, "they share few milliseconds"


@pytest.mark.services("cassandra")
def test_what_is_recorded_is_in_cassandra_once(spark, digits, files, node, keyspace, tmp_path):
    from pyspark.sql.functions import regexp_extract
    from vidi.spark import predict

    url = f"cassandra://{node.address}/{keyspace}"
    before = datetime.now(timezone.utc)
    named = files.withColumn("name", regexp_extract("path", "[^/]+$", 0))
    access = {"cassandra_user": "spark", "cassandra_password": PASSWORD}
    answers = predict(named, "digits", records=url, user="nightly", filename="name", **access)
    after = datetime.now(timezone.utc)
    first = {row.path: row for row in answers.collect()}

    def die_at_first(batches):
        """The Python of a first attempt is gone after everything before it has been done."""
        from pyspark import TaskContext

        kept = list(batches)
        if TaskContext.get().attemptNumber() == 0:
            os._exit(9)
        yield from kept

    second = {row.path: row for row in answers.mapInArrow(die_at_first, answers.schema).collect()}
    assert {path: row.id for path, row in first.items()} == {path: row.id for path, row in second.items()}

    done = run_vidi("records", "--records", url, "--all", "--format", "json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    recorded = {record["id"]: record for record in map(json.loads, done.stdout.decode().splitlines())}
    kept = [row for row in first.values() if row.id]
    assert len(first) == 41 and len(kept) == len(recorded) == 40  # not the one that is no picture
    for row in kept:
        record = recorded[row.id]
        assert (record["filename"], record["user"]) == (row.name, "nightly")
        assert (record["result"], record["model"], record["confidence"]) == (row.result, "digits", row.confidence)
        time = datetime.fromisoformat(record["time"])
        assert before - timedelta(seconds=1) <= time <= after and row.time.timestamp() == pytest.approx(time.timestamp())
    with Reader(node) as reader:
        assert len(reader.rows(f"SELECT time FROM {keyspace}.demandtable")) == 40

    # The same job once more adds nothing; a second one adds its own.
    same = {"job": "of november", "time": before, "records": url, **access}
    for count, options in ((80, same), (80, same), (120, {"records": url, **access})):
        assert predict(named, "digits", **options).where("id is not null").count() == 40
        with Reader(node) as reader:
            assert len(reader.rows(f"SELECT time FROM {keyspace}.demandtable")) == count

    plan = answers._jdf.queryExecution().toString()
    assert "MapInArrow" in plan and PASSWORD not in plan
    events = spark.conf.get("spark.eventLog.dir").removeprefix("file:")
    logs = [os.path.join(folder, name) for folder, _, names in os.walk(events) for name in names if not name.startswith(".")]
    assert logs
    for log in logs:
        with open(log, "rb") as file:
            assert PASSWORD.encode() not in file.read()


def test_features_of_a_frame_are_those_of_the_extractor(spark, tmp_path):
    import vidi
    from vidi.spark import features

    pictures = make_pictures(tmp_path / "pictures", 9)
    (pictures / "Kiwi/00099.jpg").write_text("no picture")
    network = ROOT / "tests/data/networks/fields"
    files = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(str(pictures))
    rows = {row.path: row for row in features(files, network).collect()}
    assert len(rows) == 10 and set(next(iter(rows.values())).asDict()) == {
        "path", "modificationTime", "length", "reason", "detail", "features"
    }  # fmt: skip
    bad = [row for row in rows.values() if row.features is None]
    assert [(row.path.rpartition("/")[2], row.reason) for row in bad] == [("00099.jpg", "unsupported")]
    good = [path for path, row in rows.items() if row.features is not None]
    wanted = vidi.FeatureExtractor(network, threads=1).features([path.removeprefix("file:") for path in good])
    assert numpy.array_equal(numpy.array([rows[path].features for path in good], numpy.float32), wanted)
    # Read by the executors, with variants; one is not there.
    paths = spark.createDataFrame([(path,) for path in [*good[:2], str(tmp_path / "gone.jpg")]], "path string")
    found = features(paths, network, path="path", variants=2, output="numbers").collect()
    assert [(row.path, row.variant) for row in found] == [(row.path, i) for row in paths.collect() for i in range(2)]
    assert numpy.array_equal(numpy.array(found[0].numbers, numpy.float32), wanted[0])
    assert found[1].numbers != found[0].numbers
    assert [row.reason for row in found] == [None] * 4 + ["gone"] * 2
    with pytest.raises(vidi.InvalidArgument, match="there is no column 'picture'"):
        features(files, network, content="picture")
    with pytest.raises(vidi.InvalidArgument, match="there is a column 'length' already"):
        features(files, network, output="length")
    with pytest.raises(vidi.NotFound):
        features(files, "nosuchbackbone")


@pytest.mark.services("cassandra")
def test_the_guides_examples_run(spark, vectors, node, keyspace, tmp_path, monkeypatch):
    section = (ROOT / "docs/how-to/spark.md").read_text()
    section = section.split("## In your own job")[1].split("\n## ")[0]
    code = textwrap.dedent("".join(re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, re.MULTILINE)))
    make_pictures(tmp_path / "pictures", 6)
    shutil.copytree(MODELS / "fruits", tmp_path / "models/fruits")
    vectors.select(vectors.a.alias("features")).write.parquet(str(tmp_path / "out/features"))
    monkeypatch.chdir(tmp_path)
    # Spark's own folder is where the session began.
    for folder in ("pictures", "out"):
        code = code.replace(f'"{folder}', f'"{tmp_path}/{folder}')
    names = {"spark": spark}
    exec(code.replace("cassandra://db1,db2/demandkeyspace", f"cassandra://{node.address}/{keyspace}"), names)
    assert len(names["model"].explainedVariance) == 10
    written = spark.read.parquet(str(tmp_path / "out/answers")).collect()
    assert len(written) == 6 and all(row.id and row.result for row in written)
