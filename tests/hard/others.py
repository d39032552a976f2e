"""Pictures without a digit: their label is empty."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont

from . import papers, scenes
from .drawings import anywhere, brush, canvas_side
from .fields import Shape, between, blur, chance, coordinates, fine_noise, one_of, smooth_noise, to_picture
from .letters import LETTERS, PRINTED, SYMBOLS, WORDS
from .pens import Pen, draw_lines
from .photos import Shot, any_tool, in_view, lay_ink, pen_of, view_shape
from .pictures import BLACK, WHITE, Picture, drawing, inked, jpeg
from .scans import scanned_page
from .small import mnist_form
from .strokes import StrokeHand, tremble
from .writing import Order, fitted

FONT_FOLDERS = ["/usr/share/fonts/truetype", "/usr/share/fonts/opentype"]
PLAIN_FONTS = ("DejaVuSans", "DejaVuSerif", "Liberation", "Lato", "Roboto", "ComicNeue", "Courier Prime", "Cantarell")
# Each letter of these is read as that letter; fonts made to look odd are left out.
FONTS = (
    *PLAIN_FONTS,
    "LinLibertine_R",
    "OldStandard",
    "Quicksand",
    "Tuffy",
    "Inconsolata",
    "Chilanka",
    "femkeklaver",
    "Ecolier",
)


@cache
def font_files(families: tuple[str, ...] = FONTS) -> list[Path]:
    """Which of them this machine has, in the order of their names."""
    found = [path for folder in FONT_FOLDERS for path in Path(folder).rglob("*.[ot]tf")]
    return sorted((path for path in found if path.name.startswith(families)), key=lambda path: path.name)


def _font(order: Order, size: int) -> ImageFont.FreeTypeFont:
    files = font_files()
    if not files:
        return ImageFont.load_default(size)
    return ImageFont.truetype(one_of(order.rng, files), size)


def _text_ink(font: ImageFont.FreeTypeFont, text: str) -> ndarray:
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (round(right - left) + 4, round(bottom - top) + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, fill=255, font=font)
    return numpy.asarray(picture, numpy.float32) / 255


def _screen(order: Order, ink: ndarray) -> Picture:
    rng = order.rng
    side = canvas_side(order)
    page = anywhere(rng, (side, side), fitted(ink, round(side * 0.9), round(side * 0.9)))
    return drawing(rng, inked(page, *((BLACK, WHITE) if chance(rng, 0.5) else (WHITE, BLACK))), "")


def _paper(order: Order, ink: ndarray, height_mm: float) -> Picture:
    rng = order.rng
    view = view_shape(order)
    ink = fitted(ink, round(view[0] * 0.75), round(view[1] * 0.75))
    shot = Shot(one_of(rng, [papers.plain, papers.lined]), any_tool(rng))
    page = shot.paper(rng, scenes.page_shape(view), ink.shape[0] / height_mm)
    lay_ink(page, in_view(rng, page, ink, 0.8), shot.tool)
    return jpeg(rng, scenes.photograph(rng, page, scenes.camera(rng)), "")


def printed(order: Order) -> Picture:
    """A digit in a plain font, on a screen or on paper; the one kind here that has a label."""
    rng = order.rng
    files = font_files(PLAIN_FONTS)
    size = round(between(rng, 60, 200))
    font = ImageFont.truetype(one_of(rng, files), size) if files else ImageFont.load_default(size)
    ink = _text_ink(font, order.digit)
    picture = _screen(order, ink) if chance(rng, 0.5) else _paper(order, ink, between(rng, 5, 20))
    return replace(picture, label=order.digit)


def no_blank(order: Order) -> Picture:
    """Nothing at all: one color, or a little grain."""
    rng = order.rng
    shape = one_of(rng, [(28, 28), (28, 28), (200, 200), (280, 280), (300, 400), (16, 16)])
    color = one_of(rng, [WHITE, BLACK, tuple(rng.uniform(0, 1, 3))])
    field = numpy.broadcast_to(numpy.asarray(color, numpy.float32), (*shape, 3)).copy()
    if chance(rng, 0.5):
        return drawing(rng, to_picture(field), "")
    field += between(rng, 0.005, 0.03) * fine_noise(rng, shape)[..., None]
    return jpeg(rng, to_picture(field), "")


def no_blank_photo(order: Order) -> Picture:
    """An empty sheet with a shadow, rules, a table's edge."""
    rng = order.rng
    choices = [papers.plain, papers.plain, papers.lined, papers.squared, papers.dotted, papers.kraft, papers.sticky]
    paper = one_of(rng, [*choices, papers.whiteboard, papers.blackboard])
    page = paper(rng, scenes.page_shape(view_shape(order)), between(rng, 5, 15))
    if chance(rng, 0.4):
        scenes.lay_table(rng, page, int(rng.integers(1, 3)))
    shadow = between(rng, 0.2, 0.6) if chance(rng, 0.6) else 0.0
    return jpeg(rng, scenes.photograph(rng, page, scenes.camera(rng, shadow=shadow)), "")


def no_letter_printed(order: Order) -> Picture:
    """A letter in one of the machine's fonts."""
    return _screen(order, _text_ink(_font(order, round(between(order.rng, 60, 220))), one_of(order.rng, PRINTED)))


def no_letter_small(order: Order) -> Picture:
    """A letter in MNIST's form."""
    form = mnist_form(_text_ink(_font(order, 100), one_of(order.rng, PRINTED)))
    return drawing(order.rng, to_picture(form if chance(order.rng, 0.5) else 1 - form), "", "PNG BMP")


def _stroke_ink(order: Order, styles: dict, height: int, pen: Pen) -> ndarray:
    label = one_of(order.rng, sorted(styles))
    return draw_lines(order.rng, StrokeHand(order.rng, {label: styles[label]}).lines(label), height, pen)


def no_letter_written(order: Order) -> Picture:
    """A letter drawn on a screen or written on paper."""
    rng = order.rng
    if chance(rng, 0.5):
        return _screen(order, _stroke_ink(order, LETTERS, round(between(rng, 80, 200)), brush(rng)))
    tool = any_tool(rng)
    height = between(rng, 10, 25)
    return _paper(order, _stroke_ink(order, LETTERS, 160, pen_of(tool, height, 160)), height)


def no_symbol(order: Order) -> Picture:
    """A symbol or a small drawing."""
    rng = order.rng
    if chance(rng, 0.6):
        return _screen(order, _stroke_ink(order, SYMBOLS, round(between(rng, 60, 180)), brush(rng)))
    tool = any_tool(rng)
    height = between(rng, 10, 25)
    return _paper(order, _stroke_ink(order, SYMBOLS, 140, pen_of(tool, height, 140)), height)


def no_word(order: Order) -> Picture:
    """A printed word, on a screen or photographed."""
    rng = order.rng
    ink = _text_ink(_font(order, round(between(rng, 40, 110))), one_of(rng, WORDS))
    return _screen(order, ink) if chance(rng, 0.5) else _paper(order, ink, between(rng, 5, 20))


def no_page(order: Order) -> Picture:
    """A printed page of text."""
    rng = order.rng
    size = round(between(rng, 11, 26))
    shape = (min(order.largest, round(between(rng, 250, 800))), min(order.largest, round(between(rng, 250, 600))))
    picture = Image.new("L", (shape[1], shape[0]))
    draw, font = ImageDraw.Draw(picture), _font(order, size)
    for y in range(size, shape[0] - 2 * size, round(size * 1.5)):
        line = " ".join(one_of(rng, WORDS) for _ in range(30))
        while draw.textlength(line, font=font) > shape[1] - 2 * size:
            line = line.rpartition(" ")[0]
        draw.text((size, y), line, fill=255, font=font)
    page = scanned_page(rng, shape)
    papers.print_over(page, numpy.asarray(picture, numpy.float32) / 255, (0.1, 0.1, 0.1))
    return jpeg(rng, to_picture(blur(numpy.clip(page, 0, 1), 0.3)), "")


def no_scribble(order: Order) -> Picture:
    """A line to and fro over the canvas."""
    rng = order.rng
    count = int(rng.integers(25, 60))
    line = numpy.stack([rng.uniform(0, 1.2, count), rng.uniform(0, 1, count)], 1)
    at = numpy.linspace(0, count - 1, count * 12)
    smooth = numpy.stack([numpy.interp(at, numpy.arange(count), line[:, axis]) for axis in (0, 1)], 1)
    kernel = numpy.ones(9) / 9
    smooth = numpy.stack([numpy.convolve(smooth[:, axis], kernel, "valid") for axis in (0, 1)], 1)
    smooth = tremble(rng, smooth - smooth.min(0), 0.01)
    return _screen(order, draw_lines(rng, [smooth], between(rng, 120, 220), brush(rng, 0.02, 0.06)))


def no_texture(order: Order) -> Picture:
    """Wood, cloth, bricks, grass."""
    rng = order.rng
    shape: Shape = (round(between(rng, 28, min(order.largest, 500))), round(between(rng, 28, min(order.largest, 500))))
    y, x = coordinates(shape)
    form = one_of(rng, ["wood", "cloth", "bricks", "grass", "stripes", "checks"])
    side = max(6.0, min(shape) / between(rng, 5, 14))
    if form == "wood":
        return jpeg(rng, to_picture(papers.table(rng, shape)), "")
    if form == "cloth":
        field = (
            0.5 + 0.15 * numpy.sin(x * 6.28 / side * 4) * numpy.sin(y * 6.28 / side * 4) + 0.08 * fine_noise(rng, shape)
        )
    elif form == "bricks":
        row = numpy.floor(y / side)
        joint = ((y % side) < side * 0.12) | (((x + (row % 2) * side) % (2 * side)) < side * 0.12)
        field = numpy.where(joint, 0.75, 0.4) + 0.05 * smooth_noise(rng, shape, 3)
    elif form == "grass":
        field = 0.4 + 0.3 * smooth_noise(rng, shape, (12, 2))
    elif form == "stripes":
        field = 0.5 + 0.4 * numpy.sin((x + between(rng, -1, 1) * y) * 6.28 / side)
    else:
        field = ((numpy.floor(x / side) + numpy.floor(y / side)) % 2) * 0.8 + 0.1
    color = rng.uniform(0.5, 1, 3).astype(numpy.float32)
    return jpeg(rng, to_picture(field[..., None] * color), "")


def no_noise(order: Order) -> Picture:
    """Noise, fine or in blotches."""
    rng = order.rng
    shape = one_of(rng, [(28, 28), (64, 64), (200, 200), (280, 280)])
    field = fine_noise(rng, shape) if chance(rng, 0.5) else smooth_noise(rng, shape, between(rng, 2, 8))
    image = to_picture(0.5 + between(rng, 0.15, 0.4) * field)
    return drawing(rng, image, "") if shape[0] < 100 else jpeg(rng, image, "")


def no_face(order: Order) -> Picture:
    """A face as children draw it, or a head in soft colors."""
    rng = order.rng
    side = canvas_side(order)
    picture = Image.new("RGB", (side, side), tuple(int(each) for each in rng.integers(120, 256, 3)))
    draw = ImageDraw.Draw(picture)
    skin = tuple(round(255 * each) for each in one_of(rng, [(0.95, 0.78, 0.66), (0.75, 0.55, 0.42), (0.45, 0.3, 0.22)]))
    x, y, wide, tall = (
        side * 0.5,
        side * between(rng, 0.45, 0.55),
        side * between(rng, 0.26, 0.33),
        side * between(rng, 0.34, 0.42),
    )
    line = max(1, side // 60)
    draw.ellipse(
        (x - wide * 1.1, y - tall * 1.15, x + wide * 1.1, y + tall * 0.5),
        fill=tuple(int(each) for each in rng.integers(10, 120, 3)),
    )
    draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=skin, outline=(40, 30, 30), width=line)
    for eye in (-0.42, 0.42):
        draw.ellipse(
            (x + eye * wide - wide * 0.2, y - tall * 0.25, x + eye * wide + wide * 0.2, y - tall * 0.05),
            fill=(250, 250, 250),
        )
        draw.ellipse(
            (x + eye * wide - wide * 0.09, y - tall * 0.23, x + eye * wide + wide * 0.09, y - tall * 0.07),
            fill=(30, 30, 40),
        )
        draw.line(
            (x + (eye - 0.25) * wide, y - tall * 0.38, x + (eye + 0.25) * wide, y - tall * 0.38),
            fill=(40, 30, 30),
            width=line,
        )
    draw.line(
        (x, y - tall * 0.05, x - wide * 0.12, y + tall * 0.22, x + wide * 0.06, y + tall * 0.24),
        fill=(120, 70, 60),
        width=line,
    )
    draw.arc(
        (x - wide * 0.5, y + tall * 0.2, x + wide * 0.5, y + tall * 0.65), 20, 160, fill=(170, 40, 50), width=2 * line
    )
    field = numpy.asarray(picture, numpy.float32) / 255 + 0.02 * fine_noise(rng, (side, side))[..., None]
    return jpeg(rng, to_picture(blur(numpy.clip(field, 0, 1), between(rng, 0.5, 2.5))), "")
