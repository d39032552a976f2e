"""GIFs written byte by byte: offsets, interlacing, palettes of either kind, transparency."""

import io
import struct

import numpy
from PIL import Image


def lzw(indices, bits: int) -> bytes:
    clear, end = 1 << bits, (1 << bits) + 1
    table = {(i,): i for i in range(clear)}
    size = bits + 1
    codes = [(clear, size)]
    word = ()
    for index in indices:
        longer = (*word, int(index))
        if longer in table:
            word = longer
            continue
        codes.append((table[word], size))
        table[longer] = len(table) + 2
        if len(table) + 2 > (1 << size) and size < 12:
            size += 1
        if len(table) + 2 >= 4095:
            codes.append((clear, size))
            table = {(i,): i for i in range(clear)}
            size = bits + 1
        word = (int(index),)
    codes.append((table[word], size))
    codes.append((end, size))
    number = shift = 0
    for code, width in codes:
        number |= code << shift
        shift += width
    return number.to_bytes(-(-shift // 8), "little")


def blocks(data: bytes) -> bytes:
    parts = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def table_bits(palette) -> int:
    return max(1, (len(palette) - 1).bit_length())


def table(palette) -> bytes:
    full = numpy.zeros((1 << table_bits(palette), 3), numpy.uint8)
    full[: len(palette)] = palette
    return full.tobytes()


def frame(indices, left=0, top=0, local=None, interlaced=False, transparent=None, bits=8) -> bytes:
    height, width = indices.shape
    out = b""
    if transparent is not None:
        out += b"\x21\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    flags = (0x40 if interlaced else 0) | (0x80 | (table_bits(local) - 1) if local is not None else 0)
    out += b"\x2c" + struct.pack("<HHHHB", left, top, width, height, flags)
    if local is not None:
        out += table(local)
    order = range(height)
    if interlaced:
        order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, height, step)]
    code_bits = max(2, bits)
    return out + bytes([code_bits]) + blocks(lzw(indices[list(order)].reshape(-1), code_bits))


def gif(width, height, palette, *frames: bytes) -> bytes:
    flags = 0x80 | (table_bits(palette) - 1) if palette is not None else 0
    screen = struct.pack("<HHBBB", width, height, flags, 0, 0)
    comment = b"\x21\xfe" + blocks(b"a comment")
    return b"GIF89a" + screen + (table(palette) if palette is not None else b"") + comment + b"".join(frames) + b"\x3b"


def make(random: numpy.random.Generator):
    palette = random.integers(0, 256, (16, 3))
    other = random.integers(0, 256, (8, 3))
    indices = random.integers(0, 16, (21, 19))
    fewer = random.integers(0, 8, (21, 19))
    plain = palette[indices]
    clear = numpy.concatenate([plain, numpy.where(indices == 3, 0, 255)[..., None]], 2)

    def moved(pixels, width, height, left, top):
        canvas = numpy.zeros((height, width, 4), int)
        canvas[top : top + 21, left : left + 19, :3] = pixels
        canvas[top : top + 21, left : left + 19, 3] = 255
        return canvas

    cases = [
        ("plain", gif(19, 21, palette, frame(indices, bits=4)), plain),
        ("interlaced", gif(19, 21, palette, frame(indices, interlaced=True, bits=4)), plain),
        ("local-palette", gif(19, 21, palette, frame(fewer, local=other, bits=3)), other[fewer]),
        ("only-local-palette", gif(19, 21, None, frame(fewer, local=other, bits=3)), other[fewer]),
        ("transparent", gif(19, 21, palette, frame(indices, transparent=3, bits=4)), clear),
        ("two-frames", gif(19, 21, palette, frame(indices, bits=4), frame(indices[::-1], bits=4)), plain),
        ("two-colours", gif(19, 21, palette[:2], frame(indices % 2, bits=1)), palette[indices % 2]),
    ]
    noise = random.integers(0, 256, (90, 80))
    full = random.integers(0, 256, (256, 3))
    cases.append(("full-table", gif(80, 90, full, frame(noise, bits=8)), full[noise]))
    for name, data, pixels in cases:
        with Image.open(io.BytesIO(data)) as image:
            found = numpy.asarray(image.convert("RGBA" if pixels.shape[2] == 4 else "RGB"))
        if not (found == pixels).all():
            raise SystemExit(f"{name}: Pillow reads other pixels")
        yield name, data, pixels
    # Pillow paints what the frame leaves free; here it stays transparent.
    yield "offset", gif(30, 27, palette, frame(indices, 5, 4, bits=4)), moved(plain, 30, 27, 5, 4)
    yield "beyond-canvas", gif(10, 10, palette, frame(indices, 5, 4, bits=4)), moved(plain, 24, 25, 5, 4)
