"""`vidi features`: from a folder of pictures to a table, whatever happens meanwhile."""

import os
import random
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import numpy
import pyarrow.parquet
import pytest
from harness.features import SMALL, command, features, kill_after, make_pictures, manifest, rejects, rows, same_table
from harness.pictures import encode
from harness.server import ROOT, environment
from PIL import Image


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """300 pictures of three labels."""
    return make_pictures(tmp_path_factory.mktemp("pictures"), 300)


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    """Their table, made without interruption."""
    out = tmp_path_factory.mktemp("finished") / "out"
    features(pictures, out, "--pca", 10, "--part-pictures", 64)
    return out


def expected(path):
    """What the network of the tests makes of a picture."""
    picture = Image.open(path).convert("RGB").resize((32, 32), Image.Resampling.BICUBIC)
    fields = numpy.asarray(picture, numpy.float64).reshape(4, 8, 4, 8, 3).mean(axis=(1, 3)) / 255
    return fields.transpose(2, 0, 1).ravel()


def test_makes_a_row_of_every_picture(pictures, finished):
    images, labels, numbers = rows(finished)
    assert images == sorted(str(path.relative_to(pictures)) for path in pictures.rglob("*.jpg"))
    assert labels == [image.split("/")[0] for image in images]
    assert numbers.shape == (300, 48)
    for i in (0, 150, 299):
        assert numpy.abs(numbers[i] - expected(pictures / images[i])).max() < 1e-6
    counts = manifest(finished)["counts"]
    assert counts == {"listed": 300, "features": 300, "rejected": 0, "rows": 300, "parts": 5}


def test_scales_and_reduces_as_scikit_learn_would(finished):
    numbers = rows(finished)[2].astype(numpy.float64)
    scaler = pyarrow.parquet.read_table(finished / "scaler.parquet").to_pandas()
    assert numpy.allclose(scaler["mean"], numbers.mean(axis=0), rtol=1e-6)
    assert numpy.allclose(scaler["deviation"], numbers.std(axis=0, ddof=1), rtol=1e-6)
    scaled = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0, ddof=1)
    variances, directions = numpy.linalg.eigh(numpy.cov(scaled.T))
    pca = pyarrow.parquet.read_table(finished / "pca.parquet").to_pandas()
    assert numpy.allclose(pca["explained_variance"], variances[::-1][:10], rtol=1e-6)
    loadings = numpy.stack(pca["loadings"])
    assert numpy.allclose(numpy.abs(loadings @ directions[:, ::-1][:, :10]), numpy.eye(10), atol=1e-4)
    images, labels, reduced = rows(finished, "features_pca")
    assert (images, labels) == rows(finished)[:2]
    assert numpy.allclose(reduced, scaled @ loadings.T, atol=1e-4)


def test_is_read_by_pandas_duckdb_and_arrow(finished):
    duckdb = pytest.importorskip("duckdb")
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(finished / "features_pca")
    assert list(frame.columns) == ["image", "label", "features_pca"]
    assert len(frame) == 300 and len(frame["features_pca"][0]) == 10
    query = f"select label, count(*), max(len(features)) from '{finished}/features/*.parquet' group by label order by label"
    assert duckdb.sql(query).fetchall() == [("Apple", 100, 48), ("Banana", 100, 48), ("Kiwi", 100, 48)]
    schema = pyarrow.parquet.read_schema(finished / "features" / "part-00000.parquet")
    assert str(schema.field("features").type).startswith("fixed_size_list<element: float")


def test_says_that_nothing_is_left_to_do(pictures, finished):
    done = features(pictures, finished, "--pca", 10, "--part-pictures", 64)
    assert done.stdout == f"nothing to do: the features of all 300 pictures are in {finished}\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--pca", 11, "--part-pictures", 64), "pca is 11, and was 10"),
        (("--pca", 10, "--part-pictures", 64, "--precision", "bf16"), 'precision is "bf16", and was "f32"'),
        (("--pca", 10, "--part-pictures", 64, "--limit", 5), "limit is 5, and was 0"),
    ],
)
def test_refuses_other_settings_and_says_which(pictures, finished, flags, message):
    done = features(pictures, finished, *flags, check=False)
    assert done.returncode == 2
    assert message in done.stderr


def test_refuses_another_backbone(pictures, finished, tmp_path):
    other = shutil.copytree(SMALL, tmp_path / "other")
    network = other / "1" / "model.onnx"
    network.write_bytes(network.read_bytes() + bytes([0x12, 1, ord("x")]))  # the name of its producer
    done = features(pictures, finished, "--pca", 10, "--part-pictures", 64, backbone=other, check=False)
    assert done.returncode == 2
    assert "backbone_sha256 is" in done.stderr


def test_goes_on_after_sigkill_at_any_moment(pictures, finished, tmp_path):
    """Twenty jobs, each killed at moments of its own until one run gets through."""
    moments = random.Random(7)
    kills = 0

    def job(number):
        out = tmp_path / f"out-{number}"
        flags = ("--pca", 10, "--part-pictures", 64)
        killed = 0
        while killed < 4 and kill_after(moments.uniform(0.02, 0.6), pictures, out, *flags):
            killed += 1
        features(pictures, out, *flags)
        assert same_table(out, finished)
        counts = manifest(out)["counts"]
        assert counts == manifest(finished)["counts"]
        for name in ("scaler.parquet", "pca.parquet", "moments.bin"):
            assert (out / name).read_bytes() == (finished / name).read_bytes(), name
        return killed

    with ThreadPoolExecutor(2) as jobs:
        kills = sum(jobs.map(job, range(20)))
    assert kills >= 20


def test_stops_when_it_is_told_to_and_goes_on(pictures, tmp_path):
    out = tmp_path / "out"
    with subprocess.Popen(
        command(pictures, out, "--threads", 1), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as job:
        catalogue = out / ".vidi" / "catalogue.db"
        while not catalogue.exists() and job.poll() is None:
            time.sleep(0.001)
        job.send_signal(signal.SIGINT)
        output, _ = job.communicate(timeout=30)
    if job.returncode == 130:
        assert b"the same command goes on from here" in output
    features(pictures, out, "--threads", 1)
    assert len(rows(out)[0]) == 300


def test_only_one_process_works_on_an_output(pictures, tmp_path):
    out = tmp_path / "out"
    big = make_pictures(tmp_path / "big", 1000, size=100)
    with subprocess.Popen(command(big, out), env=environment(), stdout=subprocess.DEVNULL) as first:
        while not (out / ".vidi" / "catalogue.db").exists():
            time.sleep(0.001)
        second = features(big, out, check=False)
        first.kill()
    if second.returncode == 0:
        pytest.fail("two processes made one table")
    assert "another process works on" in second.stderr


def test_rejects_what_it_cannot_use_with_a_reason(pictures, tmp_path):
    source = shutil.copytree(pictures, tmp_path / "source")
    good = (source / "Apple" / "00000.jpg").read_bytes()
    (source / "Apple" / "00000.jpg").write_bytes(good[:300])
    (source / "Apple" / "notes.txt").write_text("not a picture\n")
    (source / "Banana" / "empty.png").write_bytes(b"")
    (source / "Banana" / "huge.bmp").write_bytes(b"BM" + bytes(2_000_000))
    (source / "Banana" / ".hidden.jpg").write_bytes(good)
    if os.geteuid() != 0:
        (source / "Kiwi" / "00002.jpg").chmod(0)
    out = tmp_path / "out"
    done = features(source, out, "--max-bytes", 1_000_000)
    assert "(rejects.parquet says why)" in done.stdout
    expected_rejects = {
        "Apple/00000.jpg": "undecodable",
        "Apple/notes.txt": "unsupported",
        "Banana/empty.png": "unsupported",
        "Banana/huge.bmp": "too_large",
    }
    found = rejects(out)
    found.pop("Kiwi/00002.jpg", None)
    assert found == expected_rejects
    counts = manifest(out)["counts"]
    assert counts["listed"] == counts["features"] + counts["rejected"] == 303

    few = features(source, tmp_path / "few", "--max-bytes", 1_000_000, "--max-rejects", 2, check=False)
    assert few.returncode == 2
    assert "at most 2 may be (--max-rejects)" in few.stderr


def test_adds_new_and_changed_pictures(pictures, tmp_path):
    source = shutil.copytree(pictures, tmp_path / "source")
    out = tmp_path / "out"
    features(source, out, "--part-pictures", 64)
    make_pictures(source, 40, labels=("Lemon",))
    (source / "Kiwi" / "00005.jpg").write_bytes((source / "Apple" / "00000.jpg").read_bytes())
    refused = features(source, out, "--part-pictures", 64, check=False)
    assert refused.returncode == 2
    assert "40 pictures are new and 1 have changed: --append adds them" in refused.stderr

    features(source, out, "--part-pictures", 64, "--append")
    images, labels, numbers = rows(out)
    assert len(images) == 340 and labels.count("Lemon") == 40
    assert numpy.array_equal(numbers[images.index("Kiwi/00005.jpg")], numbers[images.index("Apple/00000.jpg")])
    # The statistics are those of all pictures, as if they had been there from the beginning.
    features(source, tmp_path / "anew", "--part-pictures", 64)
    for name, column in (("scaler.parquet", "deviation"), ("pca.parquet", "explained_variance")):
        one, other = (pyarrow.parquet.read_table(folder / name)[column].to_numpy() for folder in (out, tmp_path / "anew"))
        assert numpy.allclose(one, other, rtol=1e-9)
    assert len(rows(out, "features_pca")[0]) == 340


def test_applies_the_scaler_and_components_of_another_job(pictures, finished, tmp_path):
    test = make_pictures(tmp_path / "test", 20)
    out = tmp_path / "out"
    features(test, out, "--apply", finished, "--keep-scaled")
    scaler = pyarrow.parquet.read_table(finished / "scaler.parquet").to_pandas()
    loadings = numpy.stack(pyarrow.parquet.read_table(finished / "pca.parquet")["loadings"].to_numpy())
    scaled = (rows(out)[2] - scaler["mean"].to_numpy()) / scaler["deviation"].to_numpy()
    assert numpy.allclose(rows(out, "features_scaled")[2], scaled, atol=1e-5)
    assert numpy.allclose(rows(out, "features_pca")[2], scaled @ loadings.T, atol=1e-4)
    assert (out / "pca.parquet").read_bytes() == (finished / "pca.parquet").read_bytes()
    assert not (out / "moments.bin").exists()


def test_applies_in_the_precision_of_the_other_job(pictures, tmp_path):
    test = make_pictures(tmp_path / "test", 20)
    features(pictures, tmp_path / "training", "--pca", 10, "--precision", "bf16")
    features(test, tmp_path / "out", "--apply", tmp_path / "training")
    assert manifest(tmp_path / "out")["settings"]["precision"] == "bf16"
    refused = features(test, tmp_path / "other", "--apply", tmp_path / "training", "--precision", "f32", check=False)
    assert refused.returncode == 2 and "were made in bf16; give --precision bf16" in refused.stderr


def test_takes_labels_from_a_table(pictures, tmp_path):
    table = tmp_path / "labels.csv"
    images = sorted(str(path.relative_to(pictures)) for path in pictures.rglob("*.jpg"))
    table.write_text("label,image,other\n" + "".join(f'"fruit {i % 2}",{image},1\n' for i, image in enumerate(images[:-1])))
    out = tmp_path / "out"
    features(pictures, out, "--labels", table)
    assert rows(out)[1] == [f"fruit {i % 2}" for i in range(299)]
    assert rejects(out) == {images[-1]: "unlabelled"}


def test_reads_a_list_of_pictures(pictures, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"# some\n{pictures}/Kiwi/00002.jpg\tgreen\n\n{pictures}/Apple/00000.jpg\nmissing.jpg\n")
    out = tmp_path / "out"
    features(listed, out)
    assert rows(out)[:2] == ([f"{pictures}/Kiwi/00002.jpg", f"{pictures}/Apple/00000.jpg"], ["green", "Apple"])
    assert rejects(out) == {"missing.jpg": "gone"}


def test_makes_variants(pictures, tmp_path):
    out = tmp_path / "out"
    features(pictures, out, "--augment", 2, "--limit", 10)
    table = pyarrow.parquet.read_table(out / "features")
    assert table["variant"].to_pylist() == [0, 1, 2] * 10
    numbers = rows(out)[2]
    assert numpy.abs(numbers[0] - numbers[1]).max() > 0.05, "a variant is another picture"
    features(pictures, tmp_path / "again", "--augment", 2, "--limit", 10)
    assert same_table(out, tmp_path / "again")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("/no/such/folder", "out"), "there is no /no/such/folder"),
        (("SOURCE", "SOURCE/out"), "lies in the source"),
        (("EMPTY", "out"), "holds no pictures"),
        (("SOURCE", "out", "--backbone", "resnet51"), "resnet51"),
        (("SOURCE", "out", "--precision", "f8"), "--precision f8 is not known: f32, bf16 and int8 are"),
        (("SOURCE", "out", "--size", "224"), "--size 224 is not of the form WIDTHxHEIGHT"),
        (("SOURCE", "out", "--append"), "holds no job that pictures could be added to"),
        (("SOURCE", "out", "--apply", "EMPTY"), "holds no finished job"),
        (("SOURCE", "out", "--labels", "no.csv"), "no.csv"),
        (("ONE", "out"), "at least 2 pictures"),
    ],
)
def test_says_what_is_wrong(pictures, tmp_path, arguments, message):
    (tmp_path / "EMPTY").mkdir()
    make_pictures(tmp_path / "ONE", 1)
    names = {"EMPTY": tmp_path / "EMPTY", "ONE": tmp_path / "ONE", "out": tmp_path / "out"}
    source, out, *flags = (str(names.get(word, word)).replace("SOURCE", str(pictures)) for word in arguments)
    backbone = flags[1] if "--backbone" in flags else SMALL
    done = features(source, out, *(flags[2:] if "--backbone" in flags else flags), backbone=backbone, check=False)
    assert done.returncode == 2, done.stdout
    assert message in done.stderr


def test_refuses_a_folder_with_files_of_somebody_else(pictures, finished, tmp_path):
    out = shutil.copytree(finished, tmp_path / "out")
    (out / "manifest.json").unlink()
    done = features(pictures, out, "--pca", 10, "--part-pictures", 64, check=False)
    assert done.returncode == 2
    assert "without a manifest.json" in done.stderr


def test_ends_with_a_reason_when_the_disk_is_full_and_goes_on(pictures, finished, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=240k", "tmpfs", disk], check=False, capture_output=True)
    if mount.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        flags = ("--pca", 10, "--part-pictures", 64)
        full = features(pictures, disk / "out", *flags, check=False)
        assert full.returncode == 1
        assert "full" in full.stderr
        subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
        features(pictures, disk / "out", *flags)
        assert same_table(disk / "out", finished)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_says_at_once_that_an_output_is_read_only(pictures, tmp_path):
    if os.geteuid() != 0:
        out = tmp_path / "out"
        out.mkdir(mode=0o500)
        done = features(pictures, out, check=False)
    else:
        done = features(pictures, "/proc/vidi", check=False)
    assert done.returncode == 1
    assert "cannot be" in done.stderr


def test_shipped_backbone_knows_fruits(tmp_path):
    """EfficientNet-Lite0 in half precision: real pictures of one fruit are alike."""
    source = tmp_path / "source"
    for path in (ROOT / "tests/data/networks/pictures").glob("*.jpg"):
        for turn in (0, 90):
            target = source / path.stem / f"{turn}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encode(Image.open(path).convert("RGB").rotate(turn), "PNG"))
    features(source, tmp_path / "out", backbone=ROOT / "backbones/efficientnet-lite0")
    _, labels, numbers = rows(tmp_path / "out")
    assert numbers.shape == (8, 1280)
    unit = numbers / numpy.linalg.norm(numbers, axis=1, keepdims=True)
    alike = unit @ unit.T - 2 * numpy.eye(len(unit))
    assert [labels[i] for i in alike.argmax(axis=1)] == labels
