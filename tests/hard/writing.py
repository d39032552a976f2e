"""Digits as ink: one of them, a row, several lines."""

from dataclasses import dataclass, field, replace

import numpy
from numpy import ndarray
from numpy.random import Generator

from . import mnist
from .fields import between, blur, chance, crop_to_ink, euler_number, resize
from .pens import Pen, draw_lines, with_surface
from .strokes import StrokeHand

# Strokes of MNIST's digits are about this share of their height.
MNIST_WIDTH = 0.1
# The Euler numbers (parts less holes) at which a digit is itself to everybody: an 8 whose holes are filled is not.
EULER_NUMBERS = {
    "0": {0},
    "1": {1},
    "2": {0, 1},
    "3": {1},
    "4": {0, 1},
    "5": {1},
    "6": {0},
    "7": {1},
    "8": {-1},
    "9": {0},
}
CHECK_HEIGHT = 90
THIN = 0.06  # a pen's width that fills no hole
TRIES = 30


@dataclass
class Order:
    """What a picture is asked to show: where its luck comes from, its digit, and which of MNIST's digits it may use."""

    rng: Generator
    digit: str
    among: range = field(default_factory=lambda: range(10000))
    largest: int = 1200  # the longest side of a picture, where its kind does not settle it

    def hand(self, real: float | None = None) -> "Hand":
        """Somebody's hand; `real` is the probability that it is MNIST's."""
        return Hand(self.rng, self.among, 0.5 if real is None else real)


def keeps_form(ink: ndarray, allowed: set[int]) -> bool:
    """Whether holes and parts are as they should be, and no hole is so small that a little blur would fill it."""
    softened = blur(ink, 0.02 * ink.shape[0])
    return euler_number(ink) in allowed and euler_number(softened, 0.3) in allowed


class Hand:
    """Writes digits with any pen, in strokes of our own or in MNIST's real ones."""

    def __init__(self, rng: Generator, among: range, real: float):
        self.rng = rng
        self.among = among
        self.real = chance(rng, real)
        self.strokes = StrokeHand(rng)

    def write(self, label: str, height: int, pen: Pen) -> ndarray:
        """The coverage of a digit about `height` pixels high, cropped to the ink."""
        ink = self._real(label, height, pen) if self.real else None
        return self._drawn(label, height, pen) if ink is None else ink

    def _drawn(self, label: str, height: int, pen: Pen) -> ndarray:
        rng = self.rng
        lines = self.strokes.lines(label)
        thin = euler_number(draw_lines(rng, lines, CHECK_HEIGHT, Pen(0.03)))
        while pen.width > THIN:
            if keeps_form(draw_lines(rng, lines, CHECK_HEIGHT, Pen(pen.width)), EULER_NUMBERS[label] | {thin}):
                break
            pen = replace(pen, width=pen.width * 0.85)
        return draw_lines(rng, lines, height / (1 + pen.width), pen)

    def _real(self, label: str, height: int, pen: Pen) -> ndarray | None:
        """None when none of those tried keeps its form with this pen."""
        rng = self.rng
        keeps_ink = pen.nib != "hard" and 0.7 * MNIST_WIDTH < pen.width < 1.6 * MNIST_WIDTH
        for _ in range(TRIES):
            index = mnist.pick(rng, label, self.among)
            if keeps_ink:
                ink = mnist.solid(rng, index, max(height, CHECK_HEIGHT))
                if keeps_form(ink, EULER_NUMBERS[label]):
                    return with_surface(rng, fitted(ink, height, 10 * height), pen)
            elif mnist.is_steady(index):
                lines = mnist.pen_lines(index)
                plain = draw_lines(rng, lines, CHECK_HEIGHT, Pen(max(THIN, pen.width)))
                if keeps_form(plain, EULER_NUMBERS[label]):
                    return draw_lines(rng, lines, height / (1 + pen.width), pen)
        return None


def free_columns(left: ndarray, right: ndarray) -> int:
    """How far `right` may move left, from standing just after `left`, until the two touch. Same height; >= 0."""
    ink_left, ink_right = left > 0.3, right > 0.3
    rows = ink_left.any(1) & ink_right.any(1)
    if not rows.any():
        return 0
    after = numpy.argmax(ink_left[rows][:, ::-1], 1)
    before = numpy.argmax(ink_right[rows], 1)
    return int((after + before).min())


@dataclass(frozen=True)
class Spacing:
    gap: float = 0.25  # between digits, as a share of their height; negative: they overlap by that much
    unevenness: float = 0.06  # of size and height above the line


def write_row(hand: Hand, text: str, height: int, pen: Pen, spacing: Spacing) -> ndarray:
    """Digits one after the other; a space in the text is a wider gap. Cropped to the ink."""
    rng = hand.rng
    tall = round(height * 1.5)
    row = numpy.zeros((tall, 0), numpy.float32)
    wide = 0.0
    for label in text:
        if label == " ":
            wide = between(rng, 0.4, 0.7)
            continue
        size = max(8, round(height * (1 + rng.normal(0, spacing.unevenness))))
        ink = hand.write(label, size, pen)[:tall]
        top = (tall - ink.shape[0]) // 2 + round(rng.normal(0, spacing.unevenness) * height / 2)
        top = min(max(0, top), tall - ink.shape[0])
        placed = numpy.zeros((tall, ink.shape[1]), numpy.float32)
        placed[top : top + ink.shape[0]] = ink
        row = placed if row.shape[1] == 0 else _joined(row, placed, round(height * (_gap(rng, spacing) + wide)))
        wide = 0.0
    return crop_to_ink(row)


def _gap(rng: Generator, spacing: Spacing) -> float:
    return spacing.gap * between(rng, 0.7, 1.3)


def _joined(row: ndarray, ink: ndarray, gap: int) -> ndarray:
    """`ink` after `row`, `gap` columns away from it where they come nearest."""
    step = min(free_columns(row, ink), round(0.35 * row.shape[0]), ink.shape[1] - 1)
    start = max(0, row.shape[1] - step + gap)
    joined = numpy.zeros((row.shape[0], max(row.shape[1], start + ink.shape[1])), numpy.float32)
    joined[:, : row.shape[1]] = row
    part = joined[:, start : start + ink.shape[1]]
    numpy.maximum(part, ink, out=part)
    return joined


def write_lines(hand: Hand, lines: list[str], height: int, pen: Pen, spacing: Spacing) -> ndarray:
    """Rows below each other, beginning at about the same place."""
    rng = hand.rng
    rows = [write_row(hand, line, height, pen, spacing) for line in lines]
    pitch = between(rng, 1.5, 2.0)
    indents = [round(height * between(rng, 0, 0.4)) for _ in rows]
    width = max(row.shape[1] + indent for row, indent in zip(rows, indents, strict=True))
    page = numpy.zeros((round(height * (pitch * len(rows) + 1)), width), numpy.float32)
    for number, (row, indent) in enumerate(zip(rows, indents, strict=True)):
        top = round(height * pitch * number)
        part = page[top : top + row.shape[0], indent : indent + row.shape[1]]
        numpy.maximum(part, row, out=part)
    return crop_to_ink(page)


def fitted(ink: ndarray, height: int, width: int) -> ndarray:
    """The same ink, made smaller if needed so that it fits."""
    scale = min(1.0, height / ink.shape[0], width / ink.shape[1])
    if scale == 1.0:
        return ink
    return numpy.clip(resize(ink, (max(1, int(ink.shape[0] * scale)), max(1, int(ink.shape[1] * scale)))), 0, 1)


def place(page: ndarray, ink: ndarray, top: int, left: int) -> None:
    """Lays ink onto a page's coverage; what is outside is cut off."""
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(page.shape[0], top + ink.shape[0]), min(page.shape[1], left + ink.shape[1])
    if y0 < y1 and x0 < x1:
        part = page[y0:y1, x0:x1]
        numpy.maximum(part, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=part)
