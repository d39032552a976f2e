"""`scripts/fruits.sh`: a whole data set to a classifier, with as many classes as Fruits-360 has."""

import os
import re
import subprocess

import numpy
import pyarrow.parquet
from harness.features import SMALL
from harness.pictures import encode
from harness.server import ROOT, binary, environment

CLASSES = 131


def put_classes(folder, pictures, seed):
    """Made-up fruits: each class has a color for each quarter of its pictures, which differ by light and noise."""
    colors = numpy.random.default_rng(1).integers(0, 256, (CLASSES, 2, 2, 3))
    random = numpy.random.default_rng(seed)
    for number, quarters in enumerate(colors):
        label = folder / f"Fruit {number:03}"
        label.mkdir(parents=True)
        for i in range(pictures):
            picture = quarters.repeat(20, axis=0).repeat(20, axis=1) * random.uniform(0.9, 1)
            picture = picture + random.integers(-12, 13, picture.shape)
            (label / f"{i}_100.jpg").write_bytes(encode(numpy.clip(picture, 0, 255).astype(numpy.uint8), "JPEG"))


def fruits(*arguments):
    command = [ROOT / "scripts/fruits.sh", *map(str, arguments), "--backbone", str(SMALL)]
    variables = environment() | {"VIDI_BINARY": os.fspath(binary())}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300, check=False)


def test_131_classes(tmp_path):
    put_classes(tmp_path / "data/Training", 6, 2)
    put_classes(tmp_path / "data/Test", 2, 3)
    done = fruits(tmp_path / "data", tmp_path / "out", "--pca", 40, "--precision", "bf16")
    assert done.returncode == 0, done.stderr
    assert len(set(pyarrow.parquet.read_table(tmp_path / "out/training/features_pca")["label"].to_pylist())) == CLASSES
    accuracies = [float(number) for number in re.findall(r"accuracy: ([\d.]+) % of 262", done.stdout)]
    assert len(accuracies) == 2, done.stdout  # of the features, and of the served network on the pictures themselves
    assert min(accuracies) > 95
    again = fruits(tmp_path / "data", tmp_path / "out", "--pca", 40, "--precision", "bf16")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("nothing to do") == 2


def test_says_what_it_takes(tmp_path):
    done = fruits(tmp_path, tmp_path / "out")
    assert done.returncode == 2
    assert "Training/LABEL" in done.stderr
