"""vidi_features.py on real clusters of Spark: the same table as `vidi features`, whatever fails meanwhile."""

import json
import shutil
import subprocess
import sys
import time

import duckdb
import numpy
import pyarrow.fs
import pytest
from harness.features import SMALL, features, make_pictures, manifest
from harness.server import ROOT
from harness.services import S3_KEYS, s3, s3_files
from harness.spark import Spark, submit

pyspark = pytest.importorskip("pyspark")
job = pytest.importorskip("vidi.spark.job", reason="the Python package is not installed (scripts/python.sh)")
pytestmark = pytest.mark.services("spark")

SCRIPT = ROOT / "spark/vidi_features.py"
PICTURES = 240


def table(out, column, connection=duckdb):
    """Images, labels and numbers of a table, by image."""
    names = ", ".join(["image", "label", column])
    rows = connection.sql(f"SELECT {names} FROM read_parquet('{out}/{column}/*.parquet') ORDER BY image").fetchall()
    images, labels, numbers = zip(*rows)
    return images, labels, numpy.array(numbers, numpy.float64)


def rows(file, names="*", connection=duckdb):
    return connection.sql(f"SELECT {names} FROM read_parquet('{file}') ORDER BY ALL").fetchall()


def assert_same(out, other, connection=duckdb, exact=True):
    """The same pictures, rejects and numbers; `exact`: to the last bit."""
    images, labels, numbers = table(out, "features", connection)
    assert (images, labels) == table(other, "features")[:2]
    wanted = table(other, "features")[2]
    assert numpy.abs(numbers - wanted).max() <= (0 if exact else 1e-5)
    reduced, wanted = table(out, "features_pca", connection)[2], table(other, "features_pca")[2]
    assert reduced.shape == wanted.shape
    assert numpy.abs(numpy.abs(reduced) - numpy.abs(wanted)).max() <= 1e-6 * numpy.abs(wanted).max()
    assert rows(f"{out}/rejects.parquet", connection=connection) == rows(f"{other}/rejects.parquet")
    return len(images)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Real pictures, three that are none, and names that are unusual."""
    folder = make_pictures(tmp_path_factory.mktemp("source"), PICTURES)
    (folder / "Apple/broken.jpg").write_bytes((folder / "Apple/00000.jpg").read_bytes()[:200])
    (folder / "Kiwi/a text.jpg").write_text("no picture")
    (folder / "Banana/empty.png").write_bytes(b"")
    (folder / ".hidden").mkdir()
    shutil.copy(folder / "Apple/00000.jpg", folder / ".hidden/x.jpg")
    shutil.copy(folder / "Apple/00003.jpg", folder / "Kiwi/ünï 'quoted' %41.jpg")
    return folder


@pytest.fixture(scope="module")
def one_machine(source, tmp_path_factory):
    """What `vidi features` makes of them."""
    out = tmp_path_factory.mktemp("one") / "out"
    features(source, out, "--pca", 10)
    return out


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """Spark in this process, for what needs no cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("SPARK_LOCAL_DIRS", str(tmp_path_factory.mktemp("scratch")))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        settings = pyspark.SparkConf().setMaster("local[2,4]").set("spark.ui.enabled", "false")
        running = pyspark.SparkContext(conf=settings)
        running.setLogLevel("WARN")
        yield running
        running.stop()


@pytest.fixture
def local(context, capfd):
    """Runs the job in it; what it printed."""

    def run(*arguments, status=0, backbone=SMALL):
        words = [*arguments, "--backbone", backbone] if backbone else arguments
        capfd.readouterr()
        ended = job.main([str(word) for word in words], context)
        printed = capfd.readouterr()
        assert ended == status, printed.out + printed.err
        return printed.out + printed.err

    return run


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Spark(tmp_path_factory.mktemp("cluster") / "spark", memory="512m") as running:
        yield running


CLUSTER = {"spark.executor.memory": "512m", "spark.eventLog.compress": "false"}


def parts(out):
    return sorted(path.name for path in (out / "pictures").glob("part-*.parquet")) if (out / "pictures").exists() else []


def test_the_same_table_as_on_one_machine(source, one_machine, tmp_path, report):
    out = tmp_path / "out"
    words = (source, "--out", out, "--pca", 10, "--backbone", SMALL)
    with submit(SCRIPT, *words, folder=tmp_path / "jobs", master="local[2]", conf={"spark.ui.enabled": "false"}) as begun:
        printed = begun.wait()
    assert f"{PICTURES + 4} pictures of {source}: {PICTURES + 1} done, 3 rejected" in printed
    assert "pictures a second" in printed
    count = assert_same(out, one_machine)
    assert rows(f"{out}/pictures/*.parquet", "sequence, image, label, size, version, reason") == rows(
        f"{one_machine}/pictures/*.parquet", "sequence, image, label, size, version, reason"
    )
    assert manifest(out)["counts"] | {"parts": 0} == manifest(one_machine)["counts"] | {"parts": 0}
    assert not [path for path in out.rglob(".*")]
    report(f"{count} rows, the same as on one machine to the last bit")
    # Either program goes on with the other's.
    part_pictures = manifest(out)["settings"]["part_pictures"]
    done = features(source, out, "--pca", 10, "--part-pictures", part_pictures)
    assert "nothing to do" in done.stdout


def test_a_cluster_that_shares_nothing_but_s3(cluster, source, one_machine, tmp_path, report):
    with s3(tmp_path / "s3") as server:
        objects = s3_files(server)
        for path in source.glob("[!.]*/*"):
            with objects.open_output_stream(f"pictures/Training/{path.relative_to(source)}") as stream:
                stream.write(path.read_bytes())
        variables = S3_KEYS | {"AWS_ENDPOINT_URL": f"http://{server.address}"}
        conf = CLUSTER | {f"spark.executorEnv.{name}": value for name, value in variables.items()}
        words = ["s3a://pictures/Training", "--out", "s3a://pictures/table", "--pca", 10, "--backbone", SMALL]
        printed = cluster.run(SCRIPT, *words, conf=conf, environment=variables)
        assert f"{PICTURES + 1} done, 3 rejected" in printed
        pyarrow.fs.copy_files("pictures/table", str(tmp_path / "table"), source_filesystem=objects)
        again = cluster.run(SCRIPT, *words, conf=conf, environment=variables)
        assert "nothing to do" in again
    count = assert_same(tmp_path / "table", one_machine)
    used = manifest(tmp_path / "table")["bill"]["s3"]
    assert used["get_requests"] > PICTURES and used["put_requests"] > 10 and used["bytes_in"] > 0
    report(f"{count} rows by way of S3; {used}")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Pictures for a job that takes a while, and its table by one machine. The network is a real one."""
    source = make_pictures(tmp_path_factory.mktemp("many"), 640, size=120)
    out = tmp_path_factory.mktemp("many_out") / "out"
    features(source, out, "--pca", 10, backbone="efficientnet-lite0")
    return source, out


def begin(cluster, source, out, **conf):
    return cluster.submit(
        SCRIPT, source, "--out", out, "--pca", 10, "--backbone", "efficientnet-lite0", "--part-pictures", 16,
        conf=CLUSTER | conf,
    )  # fmt: skip


def in_the_middle(begun, out, least=6):
    return begun.wait_until(lambda: len(parts(out)) >= least and parts(out), f"{least} parts are made")


def tasks_by_worker(cluster):
    """How many tasks of the last job each executor has ended well, by its number; from the event log."""
    logs = [path for path in (cluster.folder / "events").iterdir() if not path.name.startswith(".")]
    newest = max(logs, key=lambda path: path.stat().st_mtime)
    files = sorted(newest.glob("events_*")) if newest.is_dir() else [newest]
    done = {}
    for line in "".join(file.read_text() for file in files).splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and event["Task End Reason"]["Reason"] == "Success":
            name = event["Task Info"]["Executor ID"]
            done[name] = done.get(name, 0) + 1
    return done


def test_a_worker_that_is_killed_and_one_that_joins(cluster, many, tmp_path, report):
    source, wanted = many
    out = tmp_path / "out"
    with begin(cluster, source, out) as begun:
        there = in_the_middle(begun, out)
        killed = cluster.workers[0]
        cluster.kill_worker(killed)
        joined = cluster.add_worker()
        printed = begun.wait()
    assert "640 done, 0 rejected" in printed
    count = assert_same(out, wanted)
    assert manifest(out)["counts"]["parts"] == 40
    done = tasks_by_worker(cluster)
    # The one that was killed may not have ended any; the one that stayed has, and the one that joined, the third.
    assert len(done) >= 2 and max(int(number) for number in done) >= 2, done
    report(f"{killed} killed after {len(there)} of 40 parts, {joined} added; tasks by executor {done}; {count} rows, none twice")


def test_a_driver_that_is_killed(cluster, many, tmp_path, report):
    source, wanted = many
    out = tmp_path / "out"
    with begin(cluster, source, out) as begun:
        in_the_middle(begun, out)
        begun.kill9()
    time.sleep(1)  # what executors had in hand
    times = {name: (out / "pictures" / name).stat().st_mtime_ns for name in parts(out)}
    assert 6 <= len(times) < 40
    assert manifest(out)["state"] == "running"
    with begin(cluster, source, out) as begun:
        printed = begun.wait()
    assert "640 done" in printed
    assert all((out / "pictures" / name).stat().st_mtime_ns == written for name, written in times.items())
    count = assert_same(out, wanted)
    assert manifest(out)["runs"] == 2
    report(f"killed with {len(times)} of 40 parts made: they stayed, the others were made; {count} rows")


# In place of libjpeg's: brings the process down at a picture that says so, as a fault of the decoder would.
POISON = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

int jpeg_read_header(j_decompress_ptr info, boolean require_image) {
  const char mark[] = "poisoned picture";
  const struct jpeg_source_mgr* source = info->src;
  if (source && memmem(source->next_input_byte, source->bytes_in_buffer, mark, sizeof(mark) - 1)) abort();
  void* library = dlopen("libjpeg.so.62", RTLD_NOW | RTLD_NOLOAD);
  int (*real)(j_decompress_ptr, boolean) = dlsym(library, "jpeg_read_header");
  return real(info, require_image);
}
"""


def test_a_picture_that_crashes_its_decoder(cluster, source, one_machine, tmp_path, report):
    (tmp_path / "poison.c").write_text(POISON)
    shim = tmp_path / "poison.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, tmp_path / "poison.c", "-ldl"], check=True)
    pictures = tmp_path / "pictures"
    shutil.copytree(source, pictures)
    poisoned = pictures / "Banana/00001.jpg"
    data = poisoned.read_bytes()
    comment = b"poisoned picture"
    poisoned.write_bytes(data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:])
    out = tmp_path / "out"
    printed = cluster.run(
        SCRIPT, pictures, "--out", out, "--pca", 10, "--backbone", SMALL, "--part-pictures", 20,
        conf=CLUSTER | {"spark.executorEnv.LD_PRELOAD": shim},
    )  # fmt: skip
    assert f"{PICTURES} done, 4 rejected" in printed
    rejected = {image: reason for image, reason, _ in rows(f"{out}/rejects.parquet")}
    assert rejected.pop("Banana/00001.jpg") == "crashed"
    assert rejected == {image: reason for image, reason, _ in rows(f"{one_machine}/rejects.parquet")}
    images, _, numbers = table(out, "features")
    all_images, _, wanted = table(one_machine, "features")
    kept = [i for i, image in enumerate(all_images) if image != "Banana/00001.jpg"]
    assert list(images) == [all_images[i] for i in kept]
    assert numpy.array_equal(numbers, wanted[kept])
    # Without the fault it is a picture like others.
    assert features(pictures, tmp_path / "plain", "--pca", 0).stdout.count("3 rejected") == 1
    report(f"{len(images)} rows, one picture rejected as crashed")


def test_options_and_errors(local, source, one_machine, tmp_path, report):
    out = tmp_path / "out"
    flags = ("--out", out, "--pca", 5, "--limit", 40, "--augment", 2, "--keep-scaled", "--part-pictures", 16)
    local(source, *flags)
    other = tmp_path / "other"
    features(source, other, "--pca", 5, "--limit", 40, "--augment", 2, "--keep-scaled", "--part-pictures", 16)
    for column in ("features", "features_scaled", "features_pca"):
        names = f"image, label, variant, {column}"
        assert rows(f"{out}/{column}/*.parquet", "image, label, variant") == rows(
            f"{other}/{column}/*.parquet", "image, label, variant"
        )
        mine, its = (numpy.array([row[3] for row in rows(f"{where}/{column}/*.parquet", names)]) for where in (out, other))
        assert numpy.allclose(mine, its, rtol=1e-6, atol=1e-6)
    assert "settings: pca is 6, and was 5" in local(source, *flags, "--pca", 6, status=2)
    # Applied to others.
    applied = tmp_path / "applied"
    local(source, "--out", applied, "--apply", one_machine, "--pca", 10, backbone=None)
    assert numpy.array_equal(table(applied, "features_pca")[2], table(one_machine, "features_pca")[2])
    # New and changed pictures.
    grown = tmp_path / "grown"
    shutil.copytree(source, grown)
    words = (grown, "--out", tmp_path / "appended", "--pca", 10)
    local(*words)
    shutil.copy(grown / "Apple/00003.jpg", grown / "Apple/new.jpg")
    shutil.copy(grown / "Apple/00006.jpg", grown / "Apple/00009.jpg")
    assert "1 pictures are new and 1 have changed: --append adds them" in local(*words, status=2)
    local(*words, "--append")
    features(grown, tmp_path / "grown_one", "--pca", 10)
    assert_same(tmp_path / "appended", tmp_path / "grown_one")
    report("variants, scaled rows, other settings, --apply and --append are those of vidi features")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("/nowhere", "--out", "OUT"), "/nowhere cannot be read"),
        (("SOURCE", "--out", "SOURCE/out"), "lies in the source"),
        (("SOURCE", "--out", "OUT", "--append"), "holds no job that pictures could be added to"),
        (("SOURCE", "--out", "OUT", "--max-rejects", "2"), "3 pictures are rejected, and at most 2 may be"),
        (("SOURCE", "--out", "OUT", "--size", "7"), "--size 7 is not of the form WIDTHxHEIGHT"),
        (("SOURCE", "--out", "gs://bucket/x"), "expected a folder, s3://BUCKET/PREFIX or s3a://BUCKET/PREFIX"),
    ],
)
def test_what_is_wrong(local, source, tmp_path, words, says):
    words = [word.replace("SOURCE", str(source)).replace("OUT", str(tmp_path / "out")) for word in words]
    printed = local(*words, status=2)
    assert says in printed
    assert "Traceback" not in printed


def test_lower_precision(local, source, tmp_path, report):
    out = tmp_path / "out"
    local(source, "--out", out, "--pca", 10, "--precision", "int8", "--limit", 120, backbone="efficientnet-lite0")
    check = manifest(out)["precision"]
    assert check["pictures"] == 32 and check["mean_cosine"] > 0.95
    assert (out / "backbone/calibration.bin").stat().st_size >= 60 * 224 * 224 * 3
    report(f"int8: {check}")
    local(source, "--out", tmp_path / "applied", "--apply", out, "--limit", 20, backbone=None)
    assert manifest(tmp_path / "applied")["settings"]["precision"] == "int8"
