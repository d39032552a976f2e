"""Each digit as strokes of a pen, in the ways people write it.

A style is a text: strokes are separated by `|`, points by spaces; a point is `x,y` with y from 0 (top) to 100 (foot),
and `!` after it makes a corner there, where the curve through the points has none otherwise.
"""

import numpy
from numpy import ndarray
from numpy.random import Generator

from .fields import between, chance, one_of

STYLES = {
    "0": [
        "32,0 10,14 0,50 12,88 32,100 54,86 64,50 54,14 31,1",
        "24,2 8,20 4,55 10,88 22,99 38,84 44,50 38,16 23,3",
        "40,2 14,10 2,45 10,85 32,98 54,80 60,42 54,14 44,5",
        "30,3 8,22 2,55 14,92 34,98 54,78 60,45 50,14 30,2 16,9",
        "40,0 12,8 0,45 10,85 40,98 70,84 80,45 66,8 38,2",
        "20,8 40,0 60,30 58,70 38,98 14,92 2,60 8,22 26,5 42,8",
        "46,8 26,0 8,20 2,60 14,96 38,98 56,70 56,30 42,6 30,12",
    ],
    "1": [
        "10,0 8,50 10,100",
        "26,0 14,50 0,100",
        "0,26 14,14 26,0! 26,50 25,100",
        "0,36 16,20 28,0! 27,50 27,100",
        "4,22 24,0! 24,50 24,100 | 2,100 24,99 46,100",
        "2,16 12,12 20,0! 21,50 20,100",
        "6,18 22,0! 22,50 22,98! 2,99! 24,99 44,97",
        "0,20 20,2 22,30 16,66 12,100",
    ],
    "2": [
        "4,22 14,4 36,0 54,12 56,32 40,58 18,82 2,99! 20,98 62,98",
        "6,24 20,4 42,2 56,20 50,48 28,78 8,94 2,84 14,76 32,88 48,98 64,90",
        "4,14 24,2 46,6 54,24 44,50 20,80 2,97! 18,92 36,99 60,92",
        "2,30 8,8 30,0 52,10 54,34 34,66 4,100! 30,97 60,99",
        "14,28 4,20 14,4 40,0 56,16 52,40 30,70 2,98! 30,98 60,97",
        "2,24 18,2 44,0 60,18 54,44 26,72 6,96 0,84 16,78 36,94 58,98 68,88",
        "6,12 30,0 50,14 46,40 26,70 6,98! 30,99 54,96",
    ],
    "3": [
        "4,14 20,1 44,4 54,22 42,42 22,47! 46,50 60,70 48,94 22,100 0,86",
        "4,2 28,3 54,2! 26,40! 50,46 60,68 48,93 22,100 0,88",
        "6,12 26,0 50,8 50,32 30,46 20,48 34,49 58,62 54,88 28,100 2,90",
        "6,10 30,0 52,14 46,38 26,50 20,46 30,44 56,58 58,82 32,100 4,92",
        "2,6 28,3 52,4! 38,22 24,38! 48,42 60,64 52,90 26,100 2,92",
        "8,18 26,2 50,10 52,32 34,46! 58,58 60,84 34,100 4,90",
        "0,8 20,0 42,6 46,26 30,42 14,46! 40,50 50,72 38,96 14,100 0,94",
    ],
    "4": [
        "14,0 10,30 4,58! 30,58 64,54 | 48,20 46,60 44,100",
        "6,4 4,50! 30,54 56,52 | 54,0 54,50 52,100",
        "46,0 20,36 0,66! 30,66 66,64 | 46,0 46,50 46,100",
        "44,2 24,34 4,64! 34,65 66,64 | 46,2 45,50 45,100",
        "12,0 6,30 4,52! 34,54 58,48 | 52,2 48,50 46,100",
        "8,4 4,34 14,54 36,54 54,44 | 56,2 53,50 50,100",
        "28,0 14,30 2,60! 32,61 64,60 | 40,34 39,66 38,100",
        "50,100 50,50 50,0! 24,34 0,68! 34,68 68,66",
    ],
    "5": [
        "12,4 10,22 8,42! 30,36 54,48 58,72 42,96 18,100 0,90 | 12,4 34,3 58,2",
        "14,12 12,28 10,44! 32,38 56,52 56,78 38,98 14,98 0,88 | 16,2 40,0 60,1",
        "54,2 30,3 14,4! 12,24 10,40! 30,36 54,46 58,70 44,94 20,100 0,88",
        "54,2 36,3 18,4! 14,22 16,38 44,48 56,70 42,95 16,100 0,90",
        "56,0 34,1 12,0! 10,22 8,44! 40,42 58,60 54,88 30,100 2,94",
        "16,8 14,24 12,42! 34,40 50,56 48,82 30,98 4,94 | 16,6 36,6 54,0",
        "10,6 8,24 6,46! 26,38 50,44 60,66 50,92 24,100 2,92 | 24,5 44,3 62,4",
    ],
    "6": [
        "48,2 24,20 6,52 4,80 22,99 46,92 54,72 40,56 20,60 6,76",
        "34,0 14,40 4,72 14,96 36,100 52,84 48,64 28,56 8,70",
        "44,4 18,24 4,60 12,94 36,100 52,84 46,64 26,60 10,74",
        "56,8 36,0 14,18 2,55 10,90 34,100 58,84 56,58 34,46 12,58 4,70",
        "8,74 24,54 48,58 54,80 36,100 12,94 4,66 14,30 40,0",
        "28,0 10,38 2,75 12,97 30,100 42,86 38,70 22,66 5,80",
        "40,0 20,14 6,44 4,78 20,98 42,94 50,76 38,60 18,64 8,80",
    ],
    "7": [
        "2,4 30,3 58,2! 40,44 24,100",
        "2,4 30,3 58,2! 40,46 26,100 | 16,52 36,50 56,48",
        "2,18 3,10 4,2! 30,3 58,2! 38,50 26,100",
        "2,16 4,2! 30,3 60,2! 40,50 28,100 | 18,54 36,52 54,50",
        "2,6 30,4 58,4! 38,30 28,62 26,100",
        "0,10 12,3 34,8 58,0! 36,50 22,100",
        "4,2 28,2 50,2! 46,50 42,100",
    ],
    "8": [
        "50,14 30,0 10,12 14,32 38,48 54,68 48,92 26,100 6,88 6,66 26,48 48,30 51,15",
        "28,0 10,8 8,30 26,46 46,32 46,10 27,1 | 28,46 6,58 2,84 26,100 54,86 52,60 27,47",
        "30,0 12,6 8,26 28,46 50,64 52,88 28,100 4,88 6,64 28,46 48,26 46,8 29,1",
        "48,10 28,0 8,16 24,42 50,66 46,94 22,100 4,84 14,60 36,42 52,22 47,8",
        "24,2 8,10 8,30 22,46 38,64 40,88 22,99 6,86 6,64 22,46 36,28 36,10 23,3",
        "34,0 14,8 12,28 34,42 60,62 58,90 30,100 2,88 4,62 30,42 50,26 50,8 32,1",
        "22,44 8,26 14,4 36,0 50,16 42,36 20,52 2,76 14,98 40,98 54,78 42,56 20,43",
    ],
    "9": [
        "50,14 30,0 8,12 4,34 20,50 42,42 51,16! 50,60 48,100",
        "50,16 30,0 8,12 4,36 22,52 44,42 51,14! 54,50 44,86 22,100 4,92",
        "52,20 34,0 10,8 2,32 16,52 40,46 52,22 54,54 42,100",
        "26,0 6,10 2,34 20,50 44,40 48,14 25,1 | 49,4 48,50 42,100",
        "48,12 26,0 6,16 6,40 26,48 46,30 50,10! 40,56 24,100",
        "44,10 26,0 8,8 4,26 18,38 38,32 45,10! 44,55 40,100",
        "54,22 36,0 12,6 2,30 14,50 38,48 53,24 54,60 40,94 14,98",
    ],
}


def parse_style(style: str) -> list[list[ndarray]]:
    """The strokes of a style; each is pieces between corners, each piece its points (n, 2) with the height as 1."""
    strokes = []
    for text in style.split("|"):
        pieces, points = [], []
        for word in text.split():
            x, y = word.rstrip("!").split(",")
            points.append((float(x) / 100, float(y) / 100))
            if word.endswith("!"):
                pieces.append(numpy.array(points, numpy.float32))
                points = [points[-1]]
        pieces.append(numpy.array(points, numpy.float32))
        strokes.append([piece for piece in pieces if len(piece) > 1])
    return strokes


def curve(points: ndarray, steps: int = 12) -> ndarray:
    """A centripetal Catmull-Rom spline through the points."""
    if len(points) == 2:
        share = numpy.linspace(0, 1, steps + 1, dtype=numpy.float32)[:, None]
        return points[0] * (1 - share) + points[1] * share
    padded = numpy.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    parts = []
    for first, second, third, fourth in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        knots = [0.0]
        for start, end in ((first, second), (second, third), (third, fourth)):
            knots.append(knots[-1] + max(1e-4, float(numpy.hypot(*(end - start)))) ** 0.5)
        at = numpy.linspace(knots[1], knots[2], steps, endpoint=False, dtype=numpy.float32)[:, None]

        def mix(a, b, low, high, at=at):
            return (high - at) / (high - low) * a + (at - low) / (high - low) * b

        one = mix(first, second, knots[0], knots[1])
        two = mix(second, third, knots[1], knots[2])
        three = mix(third, fourth, knots[2], knots[3])
        four = mix(one, two, knots[0], knots[2])
        five = mix(two, three, knots[1], knots[3])
        parts.append(mix(four, five, knots[1], knots[2]))
    return numpy.vstack([*parts, points[-1:]])


def tremble(rng: Generator, line: ndarray, amount: float) -> ndarray:
    """The line as an unsteady hand or a mouse draws it."""
    if amount <= 0 or len(line) < 4:
        return line
    knots = max(3, len(line) // 4)
    wobble = rng.standard_normal((knots, 2)) * amount
    at = numpy.linspace(0, knots - 1, len(line))
    return line + numpy.stack([numpy.interp(at, numpy.arange(knots), wobble[:, axis]) for axis in (0, 1)], 1)


class StrokeHand:
    """Somebody's way of writing: the style of each digit, the slant, the proportions, how steady the hand is."""

    def __init__(self, rng: Generator, styles: dict[str, list[str]] = STYLES):
        self.rng = rng
        self.styles = {label: one_of(rng, choices) for label, choices in styles.items()}
        self.slant = between(rng, -0.12, 0.32)
        self.stretch = between(rng, 0.8, 1.25)
        self.looseness = between(rng, 0.008, 0.024)
        self.tremor = between(rng, 0.001, 0.009) if chance(rng, 0.5) else 0.0
        self.roundness = one_of(rng, [0, 1, 2, 4])
        self.skips = one_of(rng, [1, 1, 1, 1, 5, 8])  # a slow mouse tells only some of the points it passes

    def lines(self, label: str) -> list[ndarray]:
        """The digit's lines, each (n, 2); x and y with its height as 1."""
        rng = self.rng
        lines = []
        seen: dict[tuple, ndarray] = {}
        for stroke in parse_style(self.styles[label]):
            parts = []
            for piece in stroke:
                # A point that two pieces share is moved once, so that what is joined stays joined.
                moves = [
                    seen.setdefault(tuple(point), rng.normal(0, self.looseness, 2))
                    for point in map(tuple, piece.tolist())
                ]
                parts.append(curve(piece + numpy.array(moves, numpy.float32)))
            line = self._rounded(numpy.vstack(parts))
            line = tremble(rng, line, self.tremor)
            lines.append(numpy.vstack([line[: -1 : self.skips], line[-1:]]))
        return self._leaning(lines)

    def _rounded(self, line: ndarray) -> ndarray:
        """Corners as a quick hand makes them."""
        for _ in range(self.roundness):
            line = numpy.vstack([line[:1], (line[:-2] + 2 * line[1:-1] + line[2:]) / 4, line[-1:]])
        return line

    def _leaning(self, lines: list[ndarray]) -> list[ndarray]:
        slant = self.slant + self.rng.normal(0, 0.04)
        angle = self.rng.normal(0, 0.03)
        matrix = numpy.array([[self.stretch, -slant], [0, 1]])
        turn = numpy.array([[numpy.cos(angle), -numpy.sin(angle)], [numpy.sin(angle), numpy.cos(angle)]])
        return upright([line @ (turn @ matrix).T for line in lines])


def upright(lines: list[ndarray]) -> list[ndarray]:
    """Moved to the origin and scaled to a height of 1."""
    points = numpy.vstack(lines)
    low, high = points.min(0), points.max(0)
    return [(line - low) / max(float(high[1] - low[1]), 1e-3) for line in lines]
