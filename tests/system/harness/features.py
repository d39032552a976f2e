"""Jobs of `vidi features`, and their tables."""

import json

import signal
import subprocess
import time
from pathlib import Path

import numpy
import pyarrow.parquet
from PIL import Image

from .pictures import encode
from .server import ROOT, binary, environment

FRUITS = ROOT / "tests/data/networks/pictures"  # real ones, of Fruits-360
# A network that is quick to start: the mean of each of 16 fields of a picture, by color.
SMALL = ROOT / "tests/data/networks/fields"


def make_pictures(folder, count, labels=("Apple", "Banana", "Kiwi"), size=40):
    """`count` JPEG files of their own in FOLDER/LABEL/, each a real fruit in another light."""
    fruits = [Image.open(path).convert("RGB").resize((size, size)) for path in sorted(FRUITS.glob("*.jpg"))]
    for i in range(count):
        path = Path(folder) / labels[i % len(labels)] / f"{i:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = numpy.random.default_rng(i).integers(0, 60, (size, size, 3))
        picture = numpy.clip(numpy.asarray(fruits[i % len(fruits)], numpy.int64) + noise - 30, 0, 255)
        path.write_bytes(encode(picture.astype(numpy.uint8), "JPEG", quality=90))
    return folder


def command(source, out, *flags, backbone=SMALL):
    return [str(binary()), "features", str(source), "--backbone", str(backbone), "--out", str(out), *map(str, flags)]


def features(source, out, *flags, backbone=SMALL, check=True, **variables):
    """Runs the job; what it printed."""
    done = subprocess.run(
        command(source, out, *flags, backbone=backbone),
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if check:
        assert done.returncode == 0, done.stderr + done.stdout
    return done


def kill_after(seconds, source, out, *flags, backbone=SMALL, **variables):
    """Runs the job, and ends it with SIGKILL unless it has ended by then; whether it was killed."""
    with subprocess.Popen(
        command(source, out, *flags, backbone=backbone),
        env=environment() | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as job:
        end = time.monotonic() + seconds
        while time.monotonic() < end and job.poll() is None:
            time.sleep(0.002)
        if job.poll() is None:
            job.send_signal(signal.SIGKILL)
        return job.wait() == -signal.SIGKILL


def manifest(out):
    return json.loads((Path(out) / "manifest.json").read_text())


def rows(out, name="features"):
    """(image, label, numbers) of every row, in the table's order."""
    table = pyarrow.parquet.read_table(Path(out) / name)
    numbers = numpy.stack(table[name].to_numpy()) if len(table) else numpy.empty((0, 0))
    return table["image"].to_pylist(), table["label"].to_pylist(), numbers


def rejects(out):
    table = pyarrow.parquet.read_table(Path(out) / "rejects.parquet").to_pydict()
    return dict(zip(table["image"], table["reason"], strict=True))


def same_table(one, other):
    """Whether two outputs hold the same rows, to the last bit."""
    for name in ("features", "features_pca"):
        a, b = rows(one, name), rows(other, name)
        if a[:2] != b[:2] or not numpy.array_equal(a[2], b[2]):
            return False
    return True
