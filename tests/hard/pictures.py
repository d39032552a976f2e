"""A picture with what it says, and the file that it becomes."""

import io
from dataclasses import dataclass, field

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image

from .fields import between, one_of, to_picture
from .papers import Color

WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
SUFFIXES = {"PNG": "png", "JPEG": "jpg", "BMP": "bmp", "GIF": "gif"}


@dataclass
class Picture:
    image: Image.Image
    label: str  # all its digits; lines are separated by a newline; empty: no digit
    kind: str = "PNG"
    options: dict = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.kind]

    def encoded(self) -> bytes:
        file = io.BytesIO()
        self.image.save(file, self.kind, **self.options)
        return file.getvalue()


def jpeg(rng: Generator, image: Image.Image, label: str, quality: tuple[float, float] = (55, 92)) -> Picture:
    return Picture(image, label, "JPEG", {"quality": round(between(rng, *quality))})


def drawing(rng: Generator, image: Image.Image, label: str, formats: str = "PNG PNG PNG BMP GIF JPEG") -> Picture:
    """Saved in one of the formats that drawings are saved in."""
    kind = one_of(rng, formats.split())
    if kind == "JPEG":
        return jpeg(rng, image, label, (60, 95))
    return Picture(image, label, kind, {"optimize": True} if kind == "PNG" else {})


def inked(coverage: ndarray, ink: Color = BLACK, paper: Color | ndarray = WHITE) -> Image.Image:
    """One color over another. `paper` may be a whole picture."""
    back = numpy.asarray(paper, numpy.float32)
    share = coverage[..., None]
    return to_picture(back * (1 - share) + numpy.asarray(ink, numpy.float32) * share)


def luminance(color: Color) -> float:
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def gray(level: float) -> Color:
    return (level, level, level)
