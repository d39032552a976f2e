"""JPEGs as Pillow writes them, and a few changed by hand where Pillow writes none."""

import io
import struct

import numpy
from PIL import Image, ImageOps


def smooth(random: numpy.random.Generator, height: int, width: int, channels: int) -> numpy.ndarray:
    """A picture like a photograph: JPEG of noise says little."""
    small = random.integers(0, 256, (4, 5, channels)).astype(numpy.uint8)
    bands = [Image.fromarray(small[..., c]).resize((width, height), Image.Resampling.BICUBIC) for c in range(channels)]
    return numpy.stack([numpy.asarray(band) for band in bands], 2)


def save(image: Image.Image, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def exif(order: str, orientation: int) -> bytes:
    entries = struct.pack(order + "HHII", 0x010F, 2, 4, 0) + struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    mark = b"II" if order == "<" else b"MM"
    return b"Exif\0\0" + mark + struct.pack(order + "HIH", 42, 8, 2) + entries + struct.pack(order + "I", 0)


def segment_at(data: bytes, marker: int) -> int:
    at = 2
    while data[at + 1] != marker:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return at


def without(data: bytes, marker: int) -> bytes:
    at = segment_at(data, marker)
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


def files(random: numpy.random.Generator):
    color = Image.fromarray(smooth(random, 27, 35, 3))
    gray = Image.fromarray(smooth(random, 27, 35, 1)[..., 0])
    inks = Image.fromarray(smooth(random, 27, 35, 4), "CMYK")
    for name, image in (("rgb", color), ("grey", gray), ("cmyk", inks)):
        yield name, save(image, quality=90)
        yield f"{name}-progressive", save(image, quality=80, progressive=True)
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"rgb-{name}", save(color, quality=85, subsampling=subsampling)
    yield "rgb-restarts", save(color, quality=85, restart_marker_blocks=2)
    yield "rgb-1x1", save(color.crop((0, 0, 1, 1)))
    yield "rgb-optimized", save(color, optimize=True)

    whole = save(inks, quality=90)
    adobe = segment_at(whole, 0xEE)
    # Byte 11 of the data says how colors are stored: 2 means YCCK.
    yield "ycck", whole[: adobe + 15] + b"\x02" + whole[adobe + 16 :]
    yield "cmyk-without-adobe", without(whole, 0xEE)
    plain = save(color, quality=90)
    yield "rgb-without-jfif", without(plain, 0xE0)
    # Bytes before a marker that are no marker are passed over.
    at = segment_at(plain, 0xDB)
    yield "rgb-extraneous", plain[:at] + b"\x00\x11\x22" + plain[at:]
    for orientation in range(1, 9):
        order = "<>"[orientation % 2]
        yield f"orientation-{orientation}", save(color, quality=75, exif=exif(order, orientation))
    yield "orientation-5-cmyk", save(inks, quality=75, exif=exif("<", 5))
    yield "photograph-100x100", save(Image.fromarray(smooth(random, 100, 100, 3)), quality=85)
    yield "orientation-9", save(color, quality=75, exif=exif("<", 9))


def make(random: numpy.random.Generator):
    for name, data in files(random):
        with Image.open(io.BytesIO(data)) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode == "CMYK":
                upright = upright.convert("RGB")
            pixels = numpy.asarray(upright)
        yield name, data, pixels.reshape(*pixels.shape[:2], -1)
