"""Numbers, noise and resizing: what every other module here draws with."""

import math
from collections.abc import Sequence

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image, ImageFilter

Shape = tuple[int, int]  # height, width


def between(rng: Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def chance(rng: Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def one_of(rng: Generator, options: Sequence):
    return options[int(rng.integers(len(options)))]


def resize(array: ndarray, shape: Shape, how: Image.Resampling = Image.Resampling.BICUBIC) -> ndarray:
    """A float array of one channel, at another size."""
    picture = Image.fromarray(numpy.ascontiguousarray(array, numpy.float32))
    return numpy.asarray(picture.resize((shape[1], shape[0]), how))


def smooth_noise(rng: Generator, shape: Shape, cell: float | tuple[float, float]) -> ndarray:
    """Noise of mean 0 and about 0.6 deviation that changes over `cell` pixels (down, across)."""
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    grid = (max(2, math.ceil(shape[0] / down) + 1), max(2, math.ceil(shape[1] / across) + 1))
    return resize(rng.standard_normal(grid, numpy.float32), shape)


def fine_noise(rng: Generator, shape: Shape) -> ndarray:
    return rng.standard_normal(shape, numpy.float32)


def to_picture(array: ndarray) -> Image.Image:
    """Values of 0 to 1, (height, width) or (height, width, 3), as an 8-bit picture."""
    return Image.fromarray((numpy.clip(array, 0, 1) * 255 + 0.5).astype(numpy.uint8))


def to_array(picture: Image.Image) -> ndarray:
    return numpy.asarray(picture, numpy.float32) / 255


def blur(array: ndarray, radius: float) -> ndarray:
    """A Gaussian blur of values from 0 to 1, in 8 bits."""
    if radius <= 0.05:
        return array
    return to_array(to_picture(array).filter(ImageFilter.GaussianBlur(radius)))


def coordinates(shape: Shape) -> tuple[ndarray, ndarray]:
    """y as a column and x as a row, in pixels."""
    return (
        numpy.arange(shape[0], dtype=numpy.float32)[:, None],
        numpy.arange(shape[1], dtype=numpy.float32)[None, :],
    )


def crop_to_ink(coverage: ndarray, least: float = 0.1) -> ndarray:
    """The smallest part of it that holds every value of at least `least`."""
    rows = numpy.flatnonzero((coverage >= least).any(1))
    columns = numpy.flatnonzero((coverage >= least).any(0))
    if rows.size == 0:
        raise ValueError("there is no ink to crop to")
    return coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def euler_number(coverage: ndarray, least: float = 0.4) -> int:
    """Separate parts less holes (Gray, "Local properties of binary images in two dimensions", 1971)."""
    ink = numpy.pad(coverage > least, 1).astype(int)
    quads = ink[:-1, :-1] + ink[:-1, 1:] + ink[1:, :-1] + ink[1:, 1:]
    diagonal = (quads == 2) & (ink[:-1, :-1] == ink[1:, 1:])
    return int((quads == 1).sum() - (quads == 3).sum() - 2 * diagonal.sum()) // 4
