"""Pictures to send: MNIST's test digits, and the same in every format."""

import gzip
import io
from functools import cache

import numpy
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .server import ROOT

MNIST = ROOT / "tests/data/mnist"
# The position of a clearly written digit among MNIST's test images, for each digit.
CLEAR_DIGITS = {"0": 3, "1": 2, "2": 1, "4": 4, "7": 0}


@cache
def mnist():
    """MNIST's 10,000 test pictures, (10000, 28, 28), and their labels."""
    with gzip.open(MNIST / "t10k-images-idx3-ubyte.gz") as file:
        images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(MNIST / "t10k-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return images, labels


def encode(picture, kind="PNG", **options):
    """The file of a Pillow image or an array, as bytes."""
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, kind, **options)
    return file.getvalue()


@cache
def mnist_png(index):
    """One of MNIST's test pictures as a PNG file."""
    return encode(mnist()[0][index])


@cache
def heavy_png(index, size=30_000):
    """The same picture in a file that is `size` bytes longer."""
    note = PngInfo()
    note.add_text("Comment", "x" * size)
    return encode(mnist()[0][index], pnginfo=note)


def digit_png(label):
    return mnist_png(CLEAR_DIGITS[label])


def digit_file(kind, label="4", size=280):
    """A clear digit, enlarged, in one of Pillow's formats."""
    picture = Image.fromarray(mnist()[0][CLEAR_DIGITS[label]]).resize((size, size), Image.Resampling.BICUBIC)
    return encode(picture, kind)
