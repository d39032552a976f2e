"""Pens, brushes and chalk: lines become coverage, from 0 (bare) to 1 (covered)."""

from dataclasses import dataclass

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image, ImageDraw

from .fields import Shape, between, blur, chance, crop_to_ink, fine_noise, resize, smooth_noise


@dataclass(frozen=True)
class Pen:
    width: float  # as a share of the digit's height
    nib: str = "round"  # round, pressure, chisel, hard
    surface: str = "full"  # full, ballpoint, pencil, dry, chalk


def _pressure(rng: Generator, nib: str):
    """How much the pen is pressed at a place, around 1."""
    if nib != "pressure":
        return lambda x, y: 1.0
    strength = between(rng, 0.15, 0.4)
    (a, b), (c, d) = rng.uniform(-5, 5, (2, 2))
    start, other = rng.uniform(0, 6.28, 2)
    return lambda x, y: 1 + strength * (numpy.sin(a * x + b * y + start) + numpy.sin(c * x + d * y + other)) / 2


def _stamp(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, nib: str, angle: float) -> None:
    if nib == "chisel":
        turn = numpy.linspace(0, 2 * numpy.pi, 12, endpoint=False)
        along, across = radius * numpy.cos(turn), 0.4 * radius * numpy.sin(turn)
        cosine, sine = numpy.cos(angle), numpy.sin(angle)
        corners = zip(x + along * cosine - across * sine, y + along * sine + across * cosine, strict=True)
        draw.polygon([(float(a), float(b)) for a, b in corners], fill=255)
    elif radius <= 0.75:
        draw.point((x, y), fill=255)
    else:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def draw_lines(rng: Generator, lines: list[ndarray], height: float, pen: Pen) -> ndarray:
    """The coverage of lines whose height is 1, at `height` pixels, cropped to the ink. Width comes on top."""
    detail = 1 if pen.nib == "hard" else (4 if height < 150 else 2)
    scale = height * detail
    radius = max(0.5 * detail, pen.width * scale / 2)
    margin = radius * 1.5 + 2 * detail
    points = numpy.vstack(lines)
    size = (points.max(0) * scale + 2 * margin).astype(int) + 1
    picture = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(picture)
    pressure = _pressure(rng, pen.nib)
    angle = between(rng, -1.2, -0.4)
    spread = 0.12 if pen.nib == "chisel" else 0.4
    for line in lines:
        for start, end in zip(line, line[1:], strict=False):
            here = radius * pressure(*start)
            steps = max(1, int(numpy.hypot(*(end - start)) * scale / max(0.5, here * spread)))
            for share in numpy.arange(steps + 1) / steps:
                x, y = (start + (end - start) * share) * scale + margin
                _stamp(draw, float(x), float(y), here, pen.nib, angle)
    coverage = numpy.asarray(picture, numpy.float32) / 255
    if detail > 1:
        coverage = resize(coverage, (size[1] // detail, size[0] // detail), Image.Resampling.BOX)
    return with_surface(rng, crop_to_ink(coverage), pen)


def with_surface(rng: Generator, coverage: ndarray, pen: Pen) -> ndarray:
    """What the paper lets through of the ink."""
    shape: Shape = coverage.shape
    if pen.surface == "ballpoint":
        skips = numpy.clip(1.25 + 0.5 * smooth_noise(rng, shape, max(2, shape[0] / 25)), 0.45, 1)
        return coverage * skips * between(rng, 0.8, 1)
    if pen.surface == "pencil":
        grain = 0.5 * smooth_noise(rng, shape, max(1.2, shape[0] / 120)) + 0.6 * smooth_noise(rng, shape, shape[0] / 6)
        return coverage * numpy.clip(0.85 + 0.4 * grain, 0.35, 1) * between(rng, 0.5, 0.85)
    if pen.surface == "dry":
        streaks = smooth_noise(rng, shape, (shape[0] / 60 + 1, shape[0] / 12 + 2))
        return coverage * numpy.clip(1 + 0.22 * streaks + 0.06 * fine_noise(rng, shape), 0.45, 1)
    if pen.surface == "chalk":
        grain = 0.5 * smooth_noise(rng, shape, max(1.3, shape[0] / 110)) + 0.5 * smooth_noise(rng, shape, shape[0] / 25)
        rough = numpy.clip(0.85 + 0.6 * grain, 0.15, 1)
        return blur(coverage * rough, between(rng, 0.3, 0.8)) * between(rng, 0.75, 1)
    return coverage


def random_nib(rng: Generator) -> str:
    return "pressure" if chance(rng, 0.45) else "chisel" if chance(rng, 0.2) else "round"
