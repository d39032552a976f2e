"""Digits drawn on a screen: in a page's canvas, in a paint program, on a tablet."""

import numpy
from numpy import ndarray
from numpy.random import Generator
from PIL import Image

from .fields import Shape, between, blur, chance, coordinates, fine_noise, one_of, smooth_noise, to_picture
from .pens import Pen
from .pictures import BLACK, WHITE, Picture, drawing, gray, inked, jpeg, luminance
from .writing import Order, fitted, place

CANVAS_SIDES = [200, 256, 280, 280, 300, 320, 400]
BRUSH_COLORS = [
    (0.93, 0.11, 0.14),
    (0.0, 0.45, 0.8),
    (0.13, 0.6, 0.25),
    (0.64, 0.29, 0.64),
    (0.53, 0.0, 0.08),
    (0.25, 0.28, 0.8),
]


def canvas_side(order: Order) -> int:
    return min(order.largest, one_of(order.rng, CANVAS_SIDES))


def on_canvas(
    order: Order,
    shape: Shape,
    pen: Pen,
    share: tuple[float, float] = (0.45, 0.85),
    edge: float = 0.03,
    real: float = 0.5,
) -> ndarray:
    """The coverage of a canvas on which the digit stands anywhere."""
    rng = order.rng
    height = max(10, round(between(rng, *share) * min(shape)))
    ink = fitted(
        order.hand(real).write(order.digit, height, pen),
        round(shape[0] * (1 - 2 * edge)),
        round(shape[1] * (1 - 2 * edge)),
    )
    return anywhere(rng, shape, ink, edge)


def anywhere(rng: Generator, shape: Shape, ink: ndarray, edge: float = 0.03) -> ndarray:
    page = numpy.zeros(shape, numpy.float32)
    corner = []
    for side, length in zip(shape, ink.shape, strict=True):
        room = side - length
        least = min(room // 2, round(edge * side))
        # Most people draw near the middle.
        corner.append(round(least + (room - 2 * least) * (0.5 + 0.5 * between(rng, -1, 1) * between(rng, 0, 1))))
    place(page, ink, corner[0], corner[1])
    return page


def brush(rng: Generator, low: float = 0.06, high: float = 0.16, nib: str = "round") -> Pen:
    return Pen(between(rng, low, high), nib)


def _two_colors(rng: Generator):
    return (BLACK, WHITE) if chance(rng, 0.5) else (WHITE, BLACK)


def canvas(order: Order) -> Picture:
    """A page's canvas: a round antialiased line, in black on white or white on black."""
    rng = order.rng
    side = canvas_side(order)
    ink, paper = _two_colors(rng)
    image = inked(on_canvas(order, (side, side), brush(rng)), ink, paper)
    if chance(rng, 0.3):
        return drawing(rng, image.convert("RGBA"), order.digit, "PNG")
    return drawing(rng, image, order.digit, "PNG PNG PNG JPEG")


def paint(order: Order) -> Picture:
    """A paint program's brush without soft edges."""
    rng = order.rng
    shape = (
        (canvas_side(order), canvas_side(order))
        if chance(rng, 0.7)
        else (round(canvas_side(order) * 0.75), canvas_side(order))
    )
    ink, paper = (BLACK, WHITE) if chance(rng, 0.6) else _two_colors(rng)
    if chance(rng, 0.2):
        ink, paper = one_of(rng, BRUSH_COLORS), WHITE
    page = on_canvas(order, shape, brush(rng, 0.05, 0.18, "hard"))
    return drawing(rng, inked(numpy.round(page), ink, paper), order.digit, "PNG BMP JPEG GIF")


def paint_small(order: Order) -> Picture:
    """A few dozen pixels, drawn pixel by pixel."""
    rng = order.rng
    side = one_of(rng, [28, 28, 32, 40, 48, 64])
    height = between(rng, 0.6, 0.85) * side
    pen = Pen(max(2.0, between(rng, 0.07, 0.15) * height) / height, "hard")
    ink, paper = _two_colors(rng)
    page = numpy.round(on_canvas(order, (side, side), pen, (0.65, 0.85)))
    return drawing(rng, inked(page, ink, paper), order.digit, "PNG BMP GIF")


def _transparent(order: Order, level: float) -> Picture:
    rng = order.rng
    side = canvas_side(order)
    page = on_canvas(order, (side, side), brush(rng))
    color = numpy.full((side, side, 3), level, numpy.float32) * (page > 0)[..., None]
    image = to_picture(color).convert("RGBA")
    image.putalpha(to_picture(page))
    return Picture(image, order.digit, "PNG", {"optimize": True})


def transparent(order: Order) -> Picture:
    """Dark strokes on nothing: what a canvas gives whose page is white."""
    return _transparent(order, between(order.rng, 0, 0.2))


def transparent_white(order: Order) -> Picture:
    """White strokes on nothing: what a canvas gives whose page is black."""
    return _transparent(order, 1.0)


def tiny_in_big(order: Order) -> Picture:
    """A small digit somewhere on a large canvas."""
    rng = order.rng
    shape = (min(order.largest, round(between(rng, 350, 900))), min(order.largest, round(between(rng, 350, 900))))
    height = between(rng, 22, 45)
    pen = Pen(max(2.0, between(rng, 0.07, 0.14) * height) / height, one_of(rng, ["round", "hard"]))
    ink, paper = _two_colors(rng)
    page = anywhere(rng, shape, order.hand().write(order.digit, round(height), pen))
    return drawing(rng, inked(page, ink, paper), order.digit, "PNG PNG JPEG")


def thin_line(order: Order) -> Picture:
    """A line of one to three pixels across a large canvas."""
    rng = order.rng
    side = canvas_side(order)
    pen = Pen(between(rng, 1.2, 3.2) / (0.6 * side), one_of(rng, ["round", "hard"]))
    ink, paper = _two_colors(rng)
    return drawing(rng, inked(on_canvas(order, (side, side), pen, real=0.25), ink, paper), order.digit, "PNG PNG JPEG")


def thick_brush(order: Order) -> Picture:
    """As thick as the digit's holes allow."""
    rng = order.rng
    side = canvas_side(order)
    ink, paper = _two_colors(rng)
    page = on_canvas(order, (side, side), brush(rng, 0.17, 0.26, one_of(rng, ["round", "hard"])))
    return drawing(rng, inked(page, ink, paper), order.digit)


def _colored_pair(rng: Generator, least: float):
    while True:
        ink, paper = tuple(rng.uniform(0, 1, 3)), tuple(rng.uniform(0, 1, 3))
        if abs(luminance(ink) - luminance(paper)) >= least:
            return ink, paper


def coloured(order: Order) -> Picture:
    """Any color on any other, as long as one is clearly lighter."""
    rng = order.rng
    side = canvas_side(order)
    ink, paper = _colored_pair(rng, 0.3)
    return drawing(rng, inked(on_canvas(order, (side, side), brush(rng)), ink, paper), order.digit)


def gradient(order: Order) -> Picture:
    """A background that runs from one color to another; the digit differs clearly from both."""
    rng = order.rng
    side = canvas_side(order)
    y, x = coordinates((side, side))
    angle = between(rng, 0, 6.28)
    along = numpy.clip((numpy.cos(angle) * (x / side - 0.5) + numpy.sin(angle) * (y / side - 0.5)) / 1.4 + 0.5, 0, 1)[
        ..., None
    ]
    while True:
        ink, first = _colored_pair(rng, 0.35)
        second = tuple(rng.uniform(0, 1, 3))
        if (luminance(ink) - luminance(first)) * (luminance(ink) - luminance(second)) > 0.35**2:
            break
    paper = numpy.asarray(first, numpy.float32) * (1 - along) + numpy.asarray(second, numpy.float32) * along
    return drawing(rng, inked(on_canvas(order, (side, side), brush(rng)), ink, paper), order.digit, "PNG JPEG")


def low_contrast(order: Order) -> Picture:
    """Gray on nearly the same gray."""
    rng = order.rng
    side = canvas_side(order)
    paper = between(rng, 0.25, 0.95)
    step = between(rng, 0.12, 0.22) * (1 if paper < 0.5 else -1)
    page = blur(on_canvas(order, (side, side), brush(rng)), between(rng, 0, 1))
    field = paper + step * page
    if chance(rng, 0.5):
        return drawing(rng, to_picture(field), order.digit, "PNG")
    return jpeg(rng, to_picture(field + 0.008 * fine_noise(rng, page.shape)), order.digit)


def rotated(order: Order) -> Picture:
    """Turned by five to ten degrees either way."""
    rng = order.rng
    side = canvas_side(order)
    ink, paper = _two_colors(rng)
    angle = between(rng, 5, 10) * one_of(rng, [-1, 1])
    page = on_canvas(order, (side, side), brush(rng), (0.4, 0.7), 0.12)
    turned = to_picture(page).rotate(angle, Image.Resampling.BICUBIC)
    return drawing(rng, inked(numpy.asarray(turned, numpy.float32) / 255, ink, paper), order.digit)


def screen_dirt(order: Order) -> Picture:
    """A canvas with grain and blotches, kept as a poor JPEG."""
    rng = order.rng
    side = canvas_side(order)
    page = on_canvas(order, (side, side), brush(rng))
    ink, paper = (0.15, 0.85) if chance(rng, 0.5) else (0.85, 0.15)
    field = paper + (ink - paper) * page
    field = (
        field + between(rng, 0.02, 0.09) * fine_noise(rng, page.shape) + 0.03 * smooth_noise(rng, page.shape, side / 6)
    )
    return jpeg(rng, to_picture(numpy.repeat(field[..., None], 3, 2)), order.digit, (20, 50))


def framed(order: Order) -> Picture:
    """A screenshot of the canvas with its border, and the page around it."""
    rng = order.rng
    side = canvas_side(order)
    inner = round(side * between(rng, 0.75, 0.9))
    ink, paper = (BLACK, WHITE) if chance(rng, 0.6) else (WHITE, BLACK)
    board = (
        numpy.asarray(inked(on_canvas(order, (inner, inner), brush(rng), (0.5, 0.8), 0.06), ink, paper), numpy.float32)
        / 255
    )
    around = one_of(rng, [WHITE, gray(0.94), gray(0.8), (0.9, 0.95, 1.0)])
    image = numpy.empty((side, side, 3), numpy.float32)
    image[:] = around
    top, left = ((side - inner) * rng.uniform(0.2, 0.8, 2)).astype(int)
    line = max(1, side // 150)
    image[top - line : top + inner + line, left - line : left + inner + line] = one_of(
        rng, [BLACK, gray(0.5), gray(0.7)]
    )
    image[top : top + inner, left : left + inner] = board
    return drawing(rng, to_picture(image), order.digit, "PNG PNG JPEG")
