"""Changes of a picture after which a person reads the same digits in it."""

import io

import numpy
from PIL import Image, ImageOps

PAPERS = ["cream", "gradient", "blue"]


def opened(path):
    """As it is seen: upright, in color, laid on white where it is transparent."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if "A" in picture.mode or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def ground(picture):
    """The color that most of a picture's outermost pixels have."""
    pixels = numpy.asarray(picture)
    border = numpy.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return tuple(int(value) for value in numpy.median(border, 0))


def padded(picture, share):
    """With its own ground around it: on each side `share` of the shorter side."""
    return ImageOps.expand(picture, max(1, round(share * min(picture.size))), ground(picture))


def inverted(picture):
    return ImageOps.invert(picture)


def scaled(picture, factor):
    size = tuple(max(1, round(side * factor)) for side in picture.size)
    return picture.resize(size, Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX)


def rotated(picture, degrees):
    """Turned about its middle; what comes into view continues the picture's edges."""
    margin = max(picture.size)
    wide = numpy.pad(numpy.asarray(picture), ((margin, margin), (margin, margin), (0, 0)), "edge")
    turned = Image.fromarray(wide).rotate(degrees, Image.Resampling.BICUBIC)
    room = round(0.1 * margin)
    width, height = picture.size
    return turned.crop((margin - room, margin - room, margin + width + room, margin + height + room))


def recompressed(picture, quality=50):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def on_paper(picture, paper):
    """The digits of a drawing of two colors, on another background."""
    pixels = numpy.asarray(picture, numpy.float32)
    back = numpy.array(ground(picture), numpy.float32)
    distance = numpy.abs(pixels - back).sum(2)
    ink = (distance / max(1.0, float(distance.max())))[..., None]
    height, width = ink.shape[:2]
    random = numpy.random.default_rng(width * 10007 + height)
    grain = random.normal(0, 2, (height, width, 1))
    if paper == "cream":
        base, color = numpy.array([243, 236, 215]) + grain, (25, 30, 70)
    elif paper == "gradient":
        light = numpy.linspace(0.55, 1, width)[None, :, None] * numpy.linspace(0.8, 1, height)[:, None, None]
        base, color = 235 * light * numpy.ones(3) + grain, (20, 20, 20)
    else:
        base, color = numpy.array([30, 60, 150]) + grain, (240, 240, 240)
    return Image.fromarray(numpy.clip(base * (1 - ink) + numpy.array(color) * ink, 0, 255).astype(numpy.uint8))
