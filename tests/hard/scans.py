"""Digits cut out of scanned forms and pages."""

from dataclasses import dataclass, replace

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from . import papers
from .fields import Shape, between, blur, chance, coordinates, one_of, smooth_noise, to_picture
from .papers import Color, print_over
from .pens import Pen, random_nib
from .pictures import Picture, drawing, jpeg
from .writing import Hand, Order, Spacing, fitted, place, write_row

BOX_COLORS = [
    (0.1, 0.1, 0.1),
    (0.35, 0.35, 0.35),
    (0.55, 0.55, 0.55),
    (0.75, 0.3, 0.3),
    (0.4, 0.6, 0.8),
    (0.9, 0.55, 0.3),
]


def digit_height(order: Order) -> int:
    return round(min(between(order.rng, 40, 110), order.largest / 2.6))


def form_pen(rng: Generator, surface: str | None = None) -> Pen:
    return Pen(
        between(rng, 0.05, 0.12), random_nib(rng), surface or one_of(rng, ["full", "full", "ballpoint", "pencil"])
    )


def scanned_page(rng: Generator, shape: Shape) -> ndarray:
    return numpy.repeat(papers.scanned_white(rng, shape)[..., None], 3, 2)


def pen_color(rng: Generator) -> Color:
    return one_of(rng, [(0.1, 0.1, 0.12), (0.1, 0.1, 0.12), (0.15, 0.2, 0.55), (0.2, 0.2, 0.22)])


def add_specks(rng: Generator, coverage: ndarray, count: int, largest: float) -> None:
    """Dust: dots of up to `largest` pixels."""
    height, width = coverage.shape
    picture = Image.new("L", (width, height))
    draw = ImageDraw.Draw(picture)
    for _ in range(count):
        x, y, radius = between(rng, 0, width), between(rng, 0, height), between(rng, 0.3, largest / 2)
        if radius < 0.8:
            draw.point((x, y), fill=round(between(rng, 90, 255)))
        else:
            draw.ellipse(
                (x - radius, y - radius * between(rng, 0.5, 1), x + radius, y + radius),
                fill=round(between(rng, 90, 255)),
            )
    numpy.maximum(coverage, numpy.asarray(picture, numpy.float32) / 255, out=coverage)


def finished(rng: Generator, page: ndarray, label: str) -> Picture:
    """What the scanner keeps: color or gray, JPEG or PNG."""
    image = to_picture(blur(numpy.clip(page, 0, 1), between(rng, 0.2, 0.8)))
    if chance(rng, 0.5):
        image = image.convert("L")
    return jpeg(rng, image, label, (35, 85)) if chance(rng, 0.7) else drawing(rng, image, label, "PNG")


@dataclass(frozen=True)
class Boxes:
    """A row of boxes of `side` pixels (high, wide), `gap` pixels apart."""

    high: int
    wide: int
    count: int
    gap: int
    line: float
    color: Color

    def left(self, number: int) -> int:
        return number * (self.wide + self.gap)


def boxes_for(rng: Generator, height: int, count: int) -> Boxes:
    high = round(height * between(rng, 1.25, 1.7))
    gap = 0 if chance(rng, 0.5) else round(height * between(rng, 0.12, 0.3))
    line = max(1.0, height * between(rng, 0.02, 0.05))
    return Boxes(high, round(high * between(rng, 0.75, 1.05)), count, gap, line, one_of(rng, BOX_COLORS))


def draw_boxes(page: ndarray, boxes: Boxes, top: float, left: float) -> None:
    """The boxes' borders; what is outside the page is cut off."""
    y, x = coordinates(page.shape[:2])
    cover = numpy.zeros(page.shape[:2], numpy.float32)
    for number in range(boxes.count):
        start = left + boxes.left(number)
        beyond_x = numpy.maximum(start - x, x - start - boxes.wide)
        beyond_y = numpy.maximum(top - y, y - top - boxes.high)
        distance = numpy.abs(numpy.maximum(beyond_x, beyond_y))
        numpy.maximum(cover, numpy.clip(boxes.line / 2 - distance + 0.5, 0, 1), out=cover)
    print_over(page, cover, boxes.color)


def _inside(rng: Generator, ink: ndarray, box: tuple[float, float, int, int]) -> tuple[int, int]:
    """Where ink is placed in a box (top, left, height, width): about the middle, inside the border."""
    top, left, height, width = box
    high, wide = height - ink.shape[0], width - ink.shape[1]
    return round(top + high * between(rng, 0.3, 0.7)), round(left + wide * between(rng, 0.3, 0.7))


def form_box(order: Order) -> Picture:
    """One box of a form with its digit; neighboring empty boxes may show at the sides."""
    rng = order.rng
    height = digit_height(order)
    boxes = boxes_for(rng, height, 3)
    margin = round(height * between(rng, 0.1, 0.45))
    shape = (boxes.high + 2 * margin, boxes.wide + 2 * margin)
    page = scanned_page(rng, shape)
    top, left = margin + between(rng, -0.3, 0.3) * margin, margin + between(rng, -0.3, 0.3) * margin
    draw_boxes(page, boxes if chance(rng, 0.6) else replace(boxes, gap=10 * height), top, left - boxes.left(1))
    return _with_digit_in(order, page, (top, left, boxes.high, boxes.wide), height)


def _with_digit_in(order: Order, page: ndarray, box: tuple[float, float, int, int], height: int) -> Picture:
    rng = order.rng
    ink = fitted(order.hand(0.6).write(order.digit, height, form_pen(rng)), round(box[2] * 0.84), round(box[3] * 0.8))
    coverage = numpy.zeros(page.shape[:2], numpy.float32)
    place(coverage, ink, *_inside(rng, ink, box))
    if chance(rng, 0.4):
        add_specks(rng, coverage, round(between(rng, 2, 12)), height * 0.04)
    print_over(page, coverage, pen_color(rng))
    return finished(rng, page, order.digit)


def form_box_cut(order: Order) -> Picture:
    """Cut out a little askew: parts of the box's border run along the picture's sides."""
    rng = order.rng
    height = digit_height(order)
    boxes = boxes_for(rng, height, 3)
    page = scanned_page(rng, (boxes.high, boxes.wide))
    drift = 0.06 * boxes.high
    top, left = between(rng, -drift, drift), between(rng, -drift, drift)
    draw_boxes(page, boxes, top, left - boxes.left(1))
    return _with_digit_in(order, page, (top, left, boxes.high, boxes.wide), round(height * 0.95))


def form_touching_box(order: Order) -> Picture:
    """The digit runs over its box's lower or right border, the border printed lighter than the ink."""
    rng = order.rng
    height = digit_height(order)
    boxes = replace(boxes_for(rng, height, 1), color=one_of(rng, BOX_COLORS[2:]))
    margin = round(height * 0.4)
    page = scanned_page(rng, (boxes.high + 2 * margin, boxes.wide + 2 * margin))
    draw_boxes(page, boxes, margin, margin)
    ink = fitted(
        order.hand(0.6).write(order.digit, height, form_pen(rng, "full")), boxes.high, round(boxes.wide * 0.95)
    )
    coverage = numpy.zeros(page.shape[:2], numpy.float32)
    over = round(between(rng, 0.04, 0.15) * height)
    top, left = _inside(rng, ink, (margin, margin, boxes.high, boxes.wide))
    if chance(rng, 0.6):
        top = margin + boxes.high - ink.shape[0] + over
    else:
        left = margin + boxes.wide - ink.shape[1] + over
    place(coverage, ink, top, left)
    print_over(page, coverage, pen_color(rng))
    return finished(rng, page, order.digit)


def table_cell(order: Order) -> Picture:
    """A cell of a table: rules above and below, sometimes at the sides, all across the picture."""
    rng = order.rng
    height = digit_height(order)
    shape = (round(height * between(rng, 1.7, 2.4)), round(height * between(rng, 1.6, 2.8)))
    page = scanned_page(rng, shape)
    y, x = coordinates(shape)
    width = max(1.0, height * between(rng, 0.02, 0.05))
    slope = between(rng, -0.01, 0.01)
    cover = numpy.zeros(shape, numpy.float32)
    for at in (0.09, 0.91):
        numpy.maximum(cover, numpy.clip(width / 2 - numpy.abs(y - at * shape[0] - slope * x) + 0.5, 0, 1), out=cover)
    if chance(rng, 0.6):
        for at in (0.07, 0.93):
            numpy.maximum(cover, numpy.clip(width / 2 - numpy.abs(x - at * shape[1]) + 0.5, 0, 1), out=cover)
    print_over(page, cover, one_of(rng, BOX_COLORS))
    return _with_digit_in(
        order, page, (0.14 * shape[0], 0.12 * shape[1], round(0.72 * shape[0]), round(0.76 * shape[1])), height
    )


def scan(order: Order) -> Picture:
    """A scanned sheet: gray ground, specks, a fold, what shines through, JPEG dirt."""
    rng = order.rng
    height = digit_height(order)
    shape = (round(height * between(rng, 1.5, 3)), round(height * between(rng, 1.3, 3)))
    page = scanned_page(rng, shape)
    page *= (1 - between(rng, 0, 0.12) * coordinates(shape)[1] / shape[1])[..., None]
    if chance(rng, 0.3):
        papers.show_through(rng, page, height / 8)
    return _with_digit_in(
        order, page, (0.08 * shape[0], 0.08 * shape[1], round(0.84 * shape[0]), round(0.84 * shape[1])), height
    )


def scan_bilevel(order: Order) -> Picture:
    """Black or white and nothing between: a fax, a cheap scanner; ragged edges."""
    rng = order.rng
    height = digit_height(order)
    shape = (round(height * between(rng, 1.4, 2.5)), round(height * between(rng, 1.3, 2.5)))
    ink = fitted(
        order.hand(0.6).write(order.digit, height, form_pen(rng, "full")),
        round(shape[0] * 0.86),
        round(shape[1] * 0.86),
    )
    coverage = numpy.zeros(shape, numpy.float32)
    place(coverage, ink, *_inside(rng, ink, (0, 0, *shape)))
    ragged = coverage + between(rng, 0.05, 0.2) * smooth_noise(rng, shape, 2)
    add_specks(rng, ragged, round(between(rng, 0, 15)), height * 0.03)
    image = to_picture(numpy.where(ragged > 0.5, 0.0, 1.0)).convert("1")
    return drawing(rng, image, order.digit, "PNG BMP GIF")


def noise_specks(order: Order) -> Picture:
    """Dust and dirt all over, each speck much smaller than the digit."""
    rng = order.rng
    height = digit_height(order)
    shape = (round(height * between(rng, 1.5, 2.5)), round(height * between(rng, 1.5, 2.5)))
    page = scanned_page(rng, shape)
    coverage = numpy.zeros(shape, numpy.float32)
    add_specks(rng, coverage, round(between(rng, 25, 90)), height * 0.07)
    print_over(page, coverage, (0.2, 0.2, 0.2))
    return _with_digit_in(
        order, page, (0.1 * shape[0], 0.1 * shape[1], round(0.8 * shape[0]), round(0.8 * shape[1])), height
    )


def scan_neighbours(order: Order) -> Picture:
    """Cut out of a row of digits, with slivers of those before and after it."""
    rng = order.rng
    height = digit_height(order)
    hand, pen = order.hand(0.6), form_pen(rng, "full")
    ink = hand.write(order.digit, height, pen)
    shape = (round(ink.shape[0] * between(rng, 1.1, 1.4)), round(ink.shape[1] + height * between(rng, 0.5, 0.7)))
    coverage = numpy.zeros(shape, numpy.float32)
    place(coverage, ink, (shape[0] - ink.shape[0]) // 2, (shape[1] - ink.shape[1]) // 2)
    seen = round(height * between(rng, 0.03, 0.1))
    for left in (True, False) if chance(rng, 0.6) else (chance(rng, 0.5),):
        other = hand.write(one_of(rng, "0235689"), height, pen)[: shape[0]]  # none that is whole when half is seen
        seen = min(seen, round(0.25 * other.shape[1]))
        place(coverage, other, (shape[0] - other.shape[0]) // 2, seen - other.shape[1] if left else shape[1] - seen)
    page = scanned_page(rng, shape)
    print_over(page, coverage, pen_color(rng))
    return finished(rng, page, order.digit)


def form_row(order: Order) -> Picture:
    """A form's field for a number: a box for each digit, with the field's name beside or above."""
    rng = order.rng
    text = number(order, 3, 9)
    height = round(min(between(rng, 36, 70), order.largest / (1.7 * len(text))))
    boxes = boxes_for(rng, height, len(text))
    margin = round(height * between(rng, 0.4, 0.8))
    above = round(height * between(rng, 0.5, 0.9)) if chance(rng, 0.6) else 0
    shape = (boxes.high + 2 * margin + above, boxes.left(len(text)) + 2 * margin)
    page = scanned_page(rng, shape)
    draw_boxes(page, boxes, margin + above, margin)
    if above:
        print_over(
            page,
            _printed(one_of(rng, ["Phone", "Postcode", "Date of birth", "Account", "Number"]), shape, margin, height),
            (0.15,) * 3,
        )
    hand, pen = order.hand(0.6), form_pen(rng)
    coverage = numpy.zeros(shape, numpy.float32)
    for position, label in enumerate(text):
        ink = fitted(hand.write(label, height, pen), round(boxes.high * 0.84), round(boxes.wide * 0.8))
        box = (margin + above, margin + boxes.left(position), boxes.high, boxes.wide)
        place(coverage, ink, *_inside(rng, ink, box))
    print_over(page, coverage, pen_color(rng))
    return finished(rng, page, text)


def _printed(text: str, shape: Shape, margin: int, height: int) -> ndarray:
    picture = Image.new("L", (shape[1], shape[0]))
    ImageDraw.Draw(picture).text(
        (margin, margin * 0.5), text, fill=255, font=ImageFont.load_default(round(height * 0.42))
    )
    return numpy.asarray(picture, numpy.float32) / 255


def scan_number(order: Order) -> Picture:
    """A number on a scanned line."""
    rng = order.rng
    text = number(order, 2, 8)
    height = round(min(between(rng, 36, 80), order.largest / (1.0 * len(text))))
    row = written_row(order.hand(0.6), text, height, form_pen(rng), between(rng, 0.12, 0.35))
    page = scanned_page(rng, (row.shape[0] + round(height * 1.2), row.shape[1] + round(height * 1.2)))
    coverage = numpy.zeros(page.shape[:2], numpy.float32)
    place(coverage, row, round(0.6 * height), round(0.6 * height))
    if chance(rng, 0.5):
        y, x = coordinates(page.shape[:2])
        rule = numpy.clip(0.02 * height - numpy.abs(y - (row.shape[0] + 0.75 * height)) + 0.5, 0, 1)
        print_over(page, numpy.broadcast_to(rule, coverage.shape), (0.4, 0.4, 0.45))
    print_over(page, coverage, pen_color(rng))
    return finished(rng, page, text)


def written_row(hand: Hand, text: str, height: int, pen: Pen, gap: float) -> ndarray:
    return write_row(hand, text, height, pen, Spacing(gap))


def number(order: Order, shortest: int, longest: int) -> str:
    """Any digits, beginning with the one that was ordered."""
    count = int(order.rng.integers(shortest, longest + 1))
    return order.digit + "".join(str(each) for each in order.rng.integers(0, 10, count - 1))
