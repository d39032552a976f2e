"""Pictures as data sets keep them: a few pixels, no paper around."""

import numpy
from numpy import ndarray

from . import mnist
from .fields import between, chance, fine_noise, one_of, resize, to_picture
from .pens import Pen, random_nib
from .pictures import BLACK, WHITE, Picture, drawing, inked, jpeg
from .writing import Order


def mnist_form(ink: ndarray) -> ndarray:
    """28x28, the longer side 20, the center of mass in the middle."""
    scale = 20 / max(ink.shape)
    small = numpy.clip(resize(ink, tuple(max(1, round(side * scale)) for side in ink.shape)), 0, 1)
    weights = small / max(float(small.sum()), 1e-6)
    rows, columns = numpy.arange(small.shape[0]), numpy.arange(small.shape[1])
    top = round(13.5 - float((weights.sum(1) * rows).sum()))
    left = round(13.5 - float((weights.sum(0) * columns).sum()))
    top, left = min(max(0, top), 28 - small.shape[0]), min(max(0, left), 28 - small.shape[1])
    form = numpy.zeros((28, 28), numpy.float32)
    form[top : top + small.shape[0], left : left + small.shape[1]] = small
    return form


def _strokes(order: Order, height: int = 120) -> ndarray:
    pen = Pen(between(order.rng, 0.07, 0.14), random_nib(order.rng))
    return order.hand(0.5).write(order.digit, height, pen)


def mnist_like(order: Order) -> Picture:
    """28x28 as MNIST, in either polarity; some are MNIST's own, some our strokes in its form."""
    rng = order.rng
    if chance(rng, 0.5):
        form = mnist.test_set()[0][mnist.pick(rng, order.digit, order.among)].astype(numpy.float32) / 255
    else:
        form = mnist_form(_strokes(order))
    form = form if chance(rng, 0.5) else 1 - form
    return drawing(rng, to_picture(form), order.digit, "PNG PNG BMP GIF JPEG")


def mnist_enlarged(order: Order) -> Picture:
    """A picture of MNIST, enlarged as picture viewers do."""
    rng = order.rng
    form = mnist.test_set()[0][mnist.pick(rng, order.digit, order.among)]
    side = one_of(rng, [56, 84, 112, 140, 200, 280])
    picture = to_picture(form.astype(numpy.float32) / 255 if chance(rng, 0.5) else 1 - form.astype(numpy.float32) / 255)
    picture = picture.resize((side, side), int(one_of(rng, [0, 2, 3])))
    return drawing(rng, picture, order.digit, "PNG JPEG")


def _tight(order: Order, side: int, square: bool) -> ndarray:
    """Ink that touches the frame above and below, and left and right unless it is narrow."""
    ink = _strokes(order, 160)
    if square or ink.shape[1] < 0.45 * ink.shape[0]:
        longest = max(ink.shape)
        high, wide = longest - ink.shape[0], longest - ink.shape[1]
        ink = numpy.pad(ink, ((high // 2, high - high // 2), (wide // 2, wide - wide // 2)))
    shape = (side, max(8, round(side * ink.shape[1] / ink.shape[0])))
    return numpy.clip(resize(ink, shape), 0, 1)


def tight_crop(order: Order) -> Picture:
    """16x16 to 40x40, the digit touching the frame, as in USPS."""
    rng = order.rng
    field = _tight(order, one_of(rng, [16, 16, 16, 20, 24, 28, 32, 40]), square=chance(rng, 0.75))
    if chance(rng, 0.3):
        field = field + between(rng, 0.01, 0.05) * fine_noise(rng, field.shape)
    field = field if chance(rng, 0.5) else 1 - field
    return drawing(rng, to_picture(field), order.digit, "PNG PNG BMP GIF")


def tight_crop_large(order: Order) -> Picture:
    """The same at 60 to 200 pixels."""
    rng = order.rng
    field = _tight(order, round(between(rng, 60, 200)), square=chance(rng, 0.3))
    ink, paper = (BLACK, WHITE) if chance(rng, 0.6) else (WHITE, BLACK)
    image = inked(field, ink, paper)
    return drawing(rng, image, order.digit, "PNG PNG JPEG BMP")


def tight_photo(order: Order) -> Picture:
    """A digit cut out of a scanned page: gray ink on gray paper, up to the frame."""
    rng = order.rng
    side = round(between(rng, 24, 90))
    field = _tight(order, side, square=chance(rng, 0.4))
    paper, ink = between(rng, 0.65, 0.95), between(rng, 0.1, 0.35)
    field = paper + (ink - paper) * field + between(rng, 0.01, 0.03) * fine_noise(rng, field.shape)
    return jpeg(rng, to_picture(field), order.digit, (60, 95))
