"""What people write on, as seen in even white light: (height, width, 3), 0 to 1."""

import numpy
from numpy import ndarray
from numpy.random import Generator

from .fields import Shape, between, blur, chance, coordinates, fine_noise, one_of, smooth_noise

Color = tuple[float, float, float]


def sheet(rng: Generator, shape: Shape, color: Color, roughness: float = 0.008) -> ndarray:
    """Bare paper: fibers and a little unevenness."""
    fibers = roughness * fine_noise(rng, shape) + roughness * smooth_noise(rng, shape, 5)
    waves = 0.01 * smooth_noise(rng, shape, max(shape) / 3)
    return numpy.asarray(color, numpy.float32) * (1 + fibers + waves)[..., None]


def paper_white(rng: Generator) -> Color:
    level = between(rng, 0.88, 0.97)
    return (level, level - between(rng, 0, 0.015), level - between(rng, 0, 0.04))


def print_over(page: ndarray, coverage: ndarray, color: Color) -> None:
    """Ink of a color, where it covers the page; paper shines through as with real ink."""
    page *= 1 - coverage[..., None] * (1 - numpy.asarray(color, numpy.float32))


def _rules(at: ndarray, pitch: float, start: float, width: float) -> ndarray:
    """How much of each position is covered by lines `pitch` apart."""
    distance = numpy.abs((at - start + pitch / 2) % pitch - pitch / 2)
    return numpy.clip(width / 2 - distance + 0.5, 0, 1) * min(1.0, width)


def plain(rng: Generator, shape: Shape, scale: float) -> ndarray:
    return sheet(rng, shape, paper_white(rng))


def lined(rng: Generator, shape: Shape, scale: float) -> ndarray:
    """Writing paper; `scale` is pixels a millimeter, here and below."""
    page = sheet(rng, shape, paper_white(rng))
    y, x = coordinates(shape)
    pitch = between(rng, 7, 10) * scale
    width = between(rng, 0.2, 0.4) * scale
    color = one_of(rng, [(0.6, 0.7, 0.86), (0.68, 0.68, 0.72), (0.58, 0.78, 0.85), (0.75, 0.7, 0.8)])
    rules = _rules(y, pitch, between(rng, 0, pitch), width)
    print_over(page, numpy.broadcast_to(rules, shape), color)
    if chance(rng, 0.3):
        at = shape[1] * between(rng, 0.03, 0.15)
        margin = numpy.clip(width / 2 - numpy.abs(x - at) + 0.5, 0, 1)
        print_over(page, numpy.broadcast_to(margin, shape), (0.9, 0.6, 0.62))
    return page


def squared(rng: Generator, shape: Shape, scale: float) -> ndarray:
    page = sheet(rng, shape, paper_white(rng))
    y, x = coordinates(shape)
    pitch = one_of(rng, [4.0, 5.0, 5.0, 5.0]) * scale
    width = between(rng, 0.15, 0.3) * scale
    color = one_of(rng, [(0.62, 0.75, 0.88), (0.7, 0.7, 0.74), (0.72, 0.66, 0.85), (0.62, 0.82, 0.74)])
    start = between(rng, 0, pitch), between(rng, 0, pitch)
    rules = numpy.maximum(_rules(y, pitch, start[0], width), _rules(x, pitch, start[1], width))
    print_over(page, rules, color)
    return page


def dotted(rng: Generator, shape: Shape, scale: float) -> ndarray:
    page = sheet(rng, shape, paper_white(rng))
    y, x = coordinates(shape)
    pitch, width = 5 * scale, between(rng, 0.4, 0.6) * scale
    dots = _rules(y, pitch, 0.3 * pitch, width) * _rules(x, pitch, 0.4 * pitch, width)
    print_over(page, dots, (0.6, 0.6, 0.62))
    return page


def recycled(rng: Generator, shape: Shape, scale: float) -> ndarray:
    level = between(rng, 0.68, 0.84)
    page = sheet(rng, shape, (level, level * 0.98, level * 0.93), 0.02)
    print_over(page, (smooth_noise(rng, shape, max(1.0, 0.4 * scale)) > 2.0).astype(numpy.float32), (0.75, 0.72, 0.68))
    return page


def kraft(rng: Generator, shape: Shape, scale: float) -> ndarray:
    page = sheet(rng, shape, (between(rng, 0.68, 0.78), between(rng, 0.55, 0.62), between(rng, 0.38, 0.46)), 0.02)
    page *= (1 + 0.03 * smooth_noise(rng, shape, (3, 40)))[..., None]
    return page


def sticky(rng: Generator, shape: Shape, scale: float) -> ndarray:
    colors = [(0.98, 0.92, 0.5), (0.98, 0.66, 0.74), (0.66, 0.88, 0.62), (0.6, 0.82, 0.95), (0.99, 0.75, 0.42)]
    page = sheet(rng, shape, one_of(rng, colors), 0.006)
    y, _ = coordinates(shape)
    page *= (1 - between(rng, 0, 0.12) * (y / shape[0]) ** 2)[..., None]  # its foot curls up from the wall
    return page


def whiteboard(rng: Generator, shape: Shape, scale: float) -> ndarray:
    level = between(rng, 0.84, 0.93)
    page = sheet(rng, shape, (level - 0.01, level, level), 0.002)
    wiped = numpy.clip(smooth_noise(rng, shape, (shape[0] / 8, shape[1] / 3)), 0, 1.5)
    page *= (1 - between(rng, 0.0, 0.05) * wiped)[..., None]
    return page


def blackboard(rng: Generator, shape: Shape, scale: float) -> ndarray:
    color = one_of(
        rng, [(0.1, 0.22, 0.17), (0.13, 0.14, 0.15), (0.2, 0.22, 0.23), (0.12, 0.2, 0.24), (0.16, 0.27, 0.2)]
    )
    page = sheet(rng, shape, color, 0.03)
    streaks = numpy.clip(smooth_noise(rng, shape, (shape[0] / 5, shape[1] / 18)), 0, 2)
    clouds = numpy.clip(smooth_noise(rng, shape, max(shape) / 4) + 0.3, 0, 2)
    return page + (between(rng, 0.01, 0.05) * streaks + between(rng, 0.01, 0.07) * clouds)[..., None]


def table(rng: Generator, shape: Shape) -> ndarray:
    """A table's top: wood, or something dark and even."""
    if chance(rng, 0.35):
        level = between(rng, 0.05, 0.35)
        return sheet(rng, shape, (level, level, level * between(rng, 0.9, 1.1)), 0.02)
    color = one_of(rng, [(0.45, 0.3, 0.18), (0.3, 0.19, 0.11), (0.6, 0.44, 0.28), (0.38, 0.3, 0.24)])
    grain = smooth_noise(rng, shape, (max(3, shape[0] / 60), shape[1])) + 0.5 * smooth_noise(rng, shape, (4, 60))
    return sheet(rng, shape, color, 0.01) * (1 + 0.12 * grain)[..., None]


def skin(rng: Generator, shape: Shape) -> ndarray:
    color = one_of(rng, [(0.82, 0.6, 0.5), (0.68, 0.47, 0.36), (0.45, 0.3, 0.22), (0.88, 0.68, 0.58)])
    return sheet(rng, shape, color, 0.01) * (1 + 0.06 * smooth_noise(rng, shape, max(shape) / 8))[..., None]


def scanned_white(rng: Generator, shape: Shape) -> ndarray:
    """Paper as a scanner sees it: flat, a little gray, grained."""
    level = between(rng, 0.82, 0.99)
    return numpy.clip(level + between(rng, 0.004, 0.02) * fine_noise(rng, shape), 0, 1)


def show_through(rng: Generator, page: ndarray, scale: float) -> None:
    """What is printed on the back of the sheet shines through, hardly to be seen."""
    shape = page.shape[:2]
    y, _ = coordinates(shape)
    words = numpy.clip(smooth_noise(rng, shape, (1.2 * scale, 2.5 * scale)) * 2, 0, 1)
    rows = (((y / (4.5 * scale)) % 1) < 0.5).astype(numpy.float32)
    print_over(page, blur(words * rows, 0.4 * scale) * between(rng, 0.03, 0.08), (0.2, 0.2, 0.2))
