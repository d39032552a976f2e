"""Photographs that somebody or an app has worked on before they are read."""

import numpy
from PIL import Image

from . import papers, scenes
from .fields import between, blur, coordinates, one_of, resize, to_array, to_picture
from .pens import Pen
from .photos import Shot, ballpoint, gel_pen, marker, page_of, photo_plain, view_shape
from .pictures import Picture, drawing, jpeg
from .writing import Order, fitted, place


def photo_turned(order: Order) -> Picture:
    """Held upright or upside down: the file says how the picture is to be turned."""
    picture = photo_plain(order)
    orientation, stored = one_of(
        order.rng, [(6, Image.Transpose.ROTATE_90), (8, Image.Transpose.ROTATE_270), (3, Image.Transpose.ROTATE_180)]
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    return Picture(picture.image.transpose(stored), picture.label, "JPEG", {**picture.options, "exif": exif})


def photo_tiny(order: Order) -> Picture:
    """A photograph made as small as MNIST's pictures by hand: paper, light and all, gray, 28x28 to 64x64."""
    rng = order.rng
    side = one_of(rng, [28, 28, 28, 32, 48, 64])
    shot = Shot(papers.plain, one_of(rng, [gel_pen, marker])(rng), share=(0.55, 0.8), height=(8, 16))
    page, _ = page_of(order, shot, (side * 8, side * 8))
    image = scenes.photograph(rng, page, scenes.camera(rng, turn=3.0)).convert("L")
    picture = image.resize((side, side), Image.Resampling.BOX)
    return drawing(rng, picture, order.digit, "PNG JPEG BMP")


def photo_app(order: Order) -> Picture:
    """What a scanning app makes of a photograph: white paper, hard contrast, remains of shadows and rules."""
    rng = order.rng
    shot = Shot(
        one_of(rng, [papers.plain, papers.lined, papers.squared]), one_of(rng, [gel_pen, marker, ballpoint])(rng)
    )
    page, _ = page_of(order, shot)
    image = scenes.photograph(rng, page, scenes.camera(rng, shadow=between(rng, 0.1, 0.4)))
    field = to_array(image.convert("L"))
    small = resize(field, (max(2, field.shape[0] // 16), max(2, field.shape[1] // 16)), Image.Resampling.BOX)
    around = numpy.clip(blur(small, 3), 0.05, 1)
    flat = field / resize(around, field.shape)
    hard = numpy.clip((flat - 0.5) * between(rng, 1.5, 4) + 0.5, 0, 1)
    return jpeg(rng, to_picture(hard), order.digit)


def photo_threshold(order: Order) -> Picture:
    """A photograph cut at one level: dark corners have become black, the digit is clear."""
    rng = order.rng
    page, _ = page_of(order, Shot(papers.plain, one_of(rng, [gel_pen, marker])(rng), share=(0.4, 0.6), room=0.62))
    settings = {
        "vignette": between(rng, 0.1, 0.9),
        "gradient": between(rng, 0.1, 0.45),
        "shadow": 0.0,
        "exposure": 1.0,
        "noise": 0.01,
    }
    field = to_array(scenes.photograph(rng, page, scenes.camera(rng, **settings)).convert("L"))
    # The darkest paper within the middle, where the digit stands, decides.
    middle = field[tuple(slice(round(0.17 * side), round(0.83 * side)) for side in field.shape)]
    level = 0.5 * (float(numpy.quantile(middle, 0.3)) + float(middle.min()))
    return drawing(rng, to_picture((field > level).astype(numpy.float32)).convert("1"), order.digit, "PNG BMP GIF")


def photo_screen(order: Order) -> Picture:
    """A digit on a screen, photographed off it: the screen's lines, its glow, its dark frame."""
    rng = order.rng
    view = view_shape(order)
    shape = scenes.page_shape(view)
    dark = bool(rng.integers(2))
    page = numpy.empty((*shape, 3), numpy.float32)
    page[:] = (0.08, 0.09, 0.12) if dark else (0.86, 0.92, 1.0)
    ink = order.hand().write(order.digit, round(between(rng, 0.3, 0.6) * min(view)), Pen(between(rng, 0.06, 0.14)))
    ink = fitted(ink, round(view[0] * 0.7), round(view[1] * 0.7))
    coverage = numpy.zeros(shape, numpy.float32)
    place(coverage, ink, (shape[0] - ink.shape[0]) // 2, (shape[1] - ink.shape[1]) // 2)
    color = numpy.asarray((0.9, 0.93, 1.0) if dark else (0.1, 0.1, 0.14), numpy.float32)
    page = page * (1 - coverage[..., None]) + color * coverage[..., None]
    y, x = coordinates(shape)
    pitch = between(rng, 3, 7)
    lines = numpy.sin(y * 6.28 / pitch + 0.02 * x) * numpy.sin(x * 6.28 / (pitch * 1.13) + 0.01 * y)
    page = page * (1 + 0.06 * lines)[..., None] + 0.02
    return jpeg(rng, scenes.photograph(rng, page, scenes.camera(rng, shadow=0.0, warmth=0.0)), order.digit)
