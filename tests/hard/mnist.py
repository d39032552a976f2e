"""Real handwriting: MNIST's test digits, as smooth ink of any size and as the line that the pen went."""

import gzip
from functools import cache
from pathlib import Path

import numpy
from numpy import ndarray
from numpy.random import Generator

from .fields import between, blur, crop_to_ink, euler_number, resize
from .strokes import upright

FOLDER = Path(__file__).resolve().parents[1] / "data/mnist"
NEIGHBORS = 8
LINE_SIDE = 96
# Of thicker strokes the middle line is not the one that the pen went.
THICKEST_LINE = 0.095 * LINE_SIDE


@cache
def test_set() -> tuple[ndarray, ndarray]:
    """The pictures (10000, 28, 28) and their labels."""
    with gzip.open(FOLDER / "t10k-images-idx3-ubyte.gz") as file:
        images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(FOLDER / "t10k-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    return images, labels


@cache
def _halved() -> ndarray:
    """All pictures at 14x14, for comparing."""
    images = test_set()[0].astype(numpy.int32)
    return images.reshape(-1, 14, 2, 14, 2).sum((2, 4)).reshape(-1, 196)


@cache
def is_clear(index: int) -> bool:
    """Whether the digits most like it all have its label: anybody reads it so."""
    halved = _halved()
    distances = ((halved - halved[index]) ** 2).sum(1, dtype=numpy.int64)
    distances[index] = numpy.iinfo(numpy.int64).max
    nearest = numpy.argsort(distances, kind="stable")[:NEIGHBORS]
    labels = test_set()[1]
    return bool((labels[nearest] == labels[index]).all())


def pick(rng: Generator, label: str, among: range) -> int:
    """The index of a clear digit with this label."""
    labels = test_set()[1]
    indices = numpy.array(among)[labels[among.start : among.stop] == int(label)]
    while True:
        index = int(rng.choice(indices))
        if is_clear(index):
            return index


def solid(rng: Generator, index: int, height: int) -> ndarray:
    """Its ink at `height` pixels: enlarged, smoothed, and cut at a level that makes strokes thin or thick."""
    picture = crop_to_ink(test_set()[0][index] / numpy.float32(255))
    padded = numpy.pad(picture, 2)
    scale = height * 2 / picture.shape[0]
    shape = (round(padded.shape[0] * scale), round(padded.shape[1] * scale))
    smooth = blur(numpy.clip(resize(padded, shape), 0, 1), scale * between(rng, 0.38, 0.58))
    level = between(rng, 0.28, 0.46)
    edge = 1.2 / scale
    cut = numpy.clip((smooth - level) / (2 * edge) + 0.5, 0, 1)
    ink = crop_to_ink(cut)
    return numpy.clip(resize(ink, (height, max(2, round(ink.shape[1] * height / ink.shape[0])))), 0, 1)


def thinned(ink: ndarray) -> ndarray:
    """A boolean picture's lines, one pixel wide (Zhang and Suen, "A fast parallel algorithm for thinning", 1984)."""
    image = numpy.pad(ink, 1).astype(numpy.uint8)
    while True:
        before = image.sum()
        for step in (0, 1):
            ring = [
                numpy.roll(image, (-down, -across), (0, 1))
                for down, across in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
            ]
            count = sum(each.astype(int) for each in ring)
            turns = sum((a == 0) & (b == 1) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))
            north, east, south, west = ring[0], ring[2], ring[4], ring[6]
            if step == 0:
                free = (north * east * south == 0) & (east * south * west == 0)
            else:
                free = (north * east * west == 0) & (north * south * west == 0)
            image = image & ~((count >= 2) & (count <= 6) & (turns == 1) & free & (image == 1))
        if image.sum() == before:
            return image[1:-1, 1:-1] > 0


def _enlarged(index: int) -> ndarray:
    """Its picture, cropped to the ink and smooth, LINE_SIDE pixels high."""
    padded = numpy.pad(crop_to_ink(test_set()[0][index] / numpy.float32(255)), 2)
    scale = LINE_SIDE / padded.shape[0]
    shape = (LINE_SIDE, round(padded.shape[1] * scale))
    return blur(numpy.clip(resize(padded, shape), 0, 1), scale * 0.3)


@cache
def is_steady(index: int) -> bool:
    """Whether its strokes are thin, and its holes and parts the same wherever its gray is cut: its line is that of its
    ink."""
    smooth = _enlarged(index)
    thick = (smooth > 0.5).sum() > THICKEST_LINE * thinned(smooth > 0.5).sum()
    return not thick and len({euler_number(smooth, level) for level in (0.25, 0.4, 0.5, 0.6)}) == 1


def pen_lines(index: int) -> list[ndarray]:
    """The line that the pen went, as many short straight pieces (2, 2), with the digit's height as 1."""
    smooth = _enlarged(index)
    rows, columns = numpy.nonzero(thinned(smooth > 0.5))
    points = numpy.stack([columns, rows], 1).astype(numpy.float32)
    distances = numpy.abs(points[:, None] - points[None]).max(2)
    near = (distances <= 4).astype(numpy.float32)
    ends = (distances <= 1).sum(1) <= 2  # itself and one neighbor: where the pen was set down or lifted
    smoothed = numpy.where(ends[:, None], points, near @ points / near.sum(1, keepdims=True))
    first, second = numpy.nonzero(numpy.triu(distances <= 1, 1))
    return upright([numpy.stack([smoothed[a], smoothed[b]]) for a, b in zip(first, second, strict=True)])
