"""Several digits: rows and lines of them, apart and touching."""

import numpy
from numpy import ndarray

from . import papers, scenes
from .drawings import anywhere, brush
from .fields import between, chance, one_of
from .photos import Shot, gel_pen, in_view, lay_ink, marker, pen_of
from .pictures import BLACK, WHITE, Picture, drawing, inked, jpeg
from .scans import number
from .writing import Order, Spacing, fitted, write_lines, write_row


def _on_screen(order: Order, ink: ndarray, label: str) -> Picture:
    rng = order.rng
    room = round(between(rng, 0.3, 1.2) * min(ink.shape)) + 8
    page = anywhere(rng, (ink.shape[0] + room, ink.shape[1] + room), ink)
    colors = (BLACK, WHITE) if chance(rng, 0.5) else (WHITE, BLACK)
    return drawing(rng, inked(page, *colors), label, "PNG PNG JPEG BMP")


def row_height(order: Order, count: int) -> int:
    return round(min(between(order.rng, 40, 130), order.largest / (count + 1)))


def several_digits(order: Order) -> Picture:
    """Two to eight digits in a row on a screen, apart."""
    rng = order.rng
    text = number(order, 2, 8)
    row = write_row(
        order.hand(), text, row_height(order, len(text)), brush(rng, 0.05, 0.13), Spacing(between(rng, 0.12, 0.4))
    )
    return _on_screen(order, row, text)


def touching_digits(order: Order) -> Picture:
    """Digits of which neighbors just touch."""
    rng = order.rng
    text = number(order, 2, 4)
    pen = brush(rng, 0.06, 0.11)
    row = write_row(order.hand(), text, row_height(order, len(text)), pen, Spacing(-between(rng, 0.3, 0.8) * pen.width))
    return _on_screen(order, row, text)


def several_lines(order: Order) -> Picture:
    """Two to four lines of digits on a screen."""
    rng = order.rng
    lines = _some_lines(order)
    height = round(min(between(rng, 36, 90), order.largest / 8))
    page = write_lines(order.hand(), lines, height, brush(rng, 0.06, 0.12), Spacing(between(rng, 0.15, 0.35)))
    return _on_screen(order, page, "\n".join(lines))


def _some_lines(order: Order) -> list[str]:
    rng = order.rng
    lines = [number(order, 2, 6)]
    for _ in range(int(rng.integers(1, 4))):
        lines.append("".join(str(each) for each in rng.integers(0, 10, int(rng.integers(2, 7)))))
    return lines


def _photo(order: Order, ink: ndarray, shot: Shot, scale: float, label: str) -> Picture:
    """A photograph of a sheet just larger than what is written on it."""
    rng = order.rng
    view = tuple(round(side / shot.room + between(rng, 0.2, 1) * min(ink.shape)) for side in ink.shape)
    page = shot.paper(rng, scenes.page_shape(view), scale)
    lay_ink(page, in_view(rng, page, ink, shot.room), shot.tool)
    return jpeg(rng, scenes.photograph(rng, page, scenes.camera(rng, turn=3.0, tilt=0.02)), label)


def photo_number(order: Order) -> Picture:
    """A phone number, a date, a postcode on paper: digits in groups."""
    rng = order.rng
    text = number(order, 3, 10)
    if len(text) > 5 and chance(rng, 0.6):
        cut = int(rng.integers(2, 5))
        text = f"{text[:cut]} {text[cut:]}"
    shot = Shot(
        one_of(rng, [papers.plain, papers.lined, papers.squared]),
        one_of(rng, [gel_pen, gel_pen, marker])(rng),
        height=(9, 20),
    )
    height = row_height(order, len(text) + 2)
    size = between(rng, *shot.height) * (2 if shot.tool.width > 1.5 else 1)
    row = write_row(order.hand(), text, height, pen_of(shot.tool, size, height), Spacing(between(rng, 0.12, 0.35)))
    return _photo(order, row, shot, height / size, text.replace(" ", ""))


def photo_lines(order: Order) -> Picture:
    """Several lines on paper."""
    rng = order.rng
    lines = _some_lines(order)
    shot = Shot(one_of(rng, [papers.plain, papers.plain, papers.squared]), gel_pen(rng), height=(9, 16))
    height = round(min(between(rng, 36, 80), order.largest / 10))
    size = between(rng, *shot.height)
    page = write_lines(order.hand(), lines, height, pen_of(shot.tool, size, height), Spacing(between(rng, 0.15, 0.35)))
    return _photo(order, page, shot, height / size, "\n".join(lines))


def number_with_marks(order: Order) -> Picture:
    """Groups with a hyphen or a full stop between them; the label is the digits alone."""
    rng = order.rng
    text = number(order, 4, 8)
    cut = int(rng.integers(2, len(text) - 1))
    height = row_height(order, len(text) + 2)
    pen = brush(rng, 0.06, 0.12)
    hand, spacing = order.hand(), Spacing(between(rng, 0.15, 0.3))
    parts = [write_row(hand, each, height, pen, spacing) for each in (text[:cut], text[cut:])]
    thick = max(2, round(pen.width * height))
    gap = round(height * between(rng, 0.2, 0.35))
    tall = max(part.shape[0] for part in parts)
    mark_width = round(height * between(rng, 0.25, 0.4)) if chance(rng, 0.6) else thick
    page = numpy.zeros((tall, sum(part.shape[1] for part in parts) + 2 * gap + mark_width), numpy.float32)
    page[tall - parts[0].shape[0] :, : parts[0].shape[1]] = parts[0]
    page[tall - parts[1].shape[0] :, page.shape[1] - parts[1].shape[1] :] = parts[1]
    start = parts[0].shape[1] + gap
    top = tall - thick if mark_width == thick else tall // 2
    page[top : top + thick, start : start + mark_width] = 1
    return _on_screen(order, fitted(page, order.largest, order.largest), text)
