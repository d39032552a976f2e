"""BMPs of every kind, written byte by byte."""

import io
import struct

import numpy
from PIL import Image

NONE, RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS = 0, 1, 2, 3, 6


def rows(samples: numpy.ndarray, bits: int, top_down: bool) -> bytes:
    """Rows of whole pixels, each filled up to a multiple of 4 bytes."""
    out = b""
    for row in samples if top_down else samples[::-1]:
        if bits < 8:
            text = "".join(format(int(v), f"0{bits}b") for v in row)
            text += "0" * (-len(text) % 8)
            line = bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
        else:
            line = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        out += line + b"\0" * (-len(line) % 4)
    return out


def bmp(samples, bits, *, header=40, compression=NONE, palette=None, masks=(), top_down=False, data=None) -> bytes:
    height, width = samples.shape
    if data is None:
        data = rows(samples, bits, top_down)
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
        colors = b"".join(bytes(c[::-1]) for c in palette.tolist()) if palette is not None else b""
    else:
        used = len(palette) if palette is not None else 0
        info = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression,
                           len(data), 2835, 2835, used, 0)
        fields = b"".join(struct.pack("<I", mask) for mask in masks)
        if header > 40:
            info = (info + fields).ljust(header, b"\0")
        else:
            info += fields
        colors = b"".join(bytes(c[::-1]) + b"\0" for c in palette.tolist()) if palette is not None else b""
    offset = 14 + len(info) + len(colors)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + colors + data


def field(values: numpy.ndarray, mask: int) -> numpy.ndarray:
    shift = (mask & -mask).bit_length() - 1
    return ((values & mask) >> shift) * 255 // (mask >> shift)


def fields(values, masks) -> numpy.ndarray:
    return numpy.stack([field(values, mask) for mask in masks], 2)


def run_lengths(indices: numpy.ndarray, bits: int) -> bytes:
    """Runs where two neighbors are equal, literal stretches elsewhere."""
    out = b""
    for row in indices[::-1]:
        x = 0
        while x < len(row):
            count = 1
            while x + count < len(row) and row[x + count] == row[x] and count < 255:
                count += 1
            if count > 1 or len(row) - x < 3:
                value = int(row[x]) if bits == 8 else int(row[x]) * 17
                out += bytes([count, value])
                x += count
                continue
            literal = [int(v) for v in row[x : x + 5]]
            if len(literal) < 3:
                out += b"".join(bytes([1, v if bits == 8 else v * 17]) for v in literal)
            else:
                body = bytes(literal) if bits == 8 else bytes(
                    (literal[i] << 4) | (literal[i + 1] if i + 1 < len(literal) else 0)
                    for i in range(0, len(literal), 2))
                out += bytes([0, len(literal)]) + body + b"\0" * (len(body) % 2)
            x += len(literal)
        out += b"\0\0"
    return out + b"\0\1"


def make(random: numpy.random.Generator):
    """Yields (name, file, pixels)."""
    for name, data, pixels, pillow_reads in cases(random):
        if pillow_reads:
            with Image.open(io.BytesIO(data)) as image:
                found = numpy.asarray(image.convert("RGBA" if pixels.shape[2] == 4 else "RGB"))
            if not (found == pixels).all():
                raise SystemExit(f"{name}: Pillow reads other pixels")
        yield name, data, pixels


def cases(random: numpy.random.Generator):
    height, width = 11, 13
    for bits in (1, 2, 4, 8):
        palette = random.integers(0, 256, (2**bits, 3))
        indices = random.integers(0, 2**bits, (height, width))
        # Pillow does not read 2 bits.
        yield f"{bits}", bmp(indices, bits, palette=palette), palette[indices], bits != 2
        yield f"{bits}-os2", bmp(indices, bits, header=12, palette=palette), palette[indices], bits != 2
    yield "8-top-down", bmp(indices, 8, palette=palette, top_down=True), palette[indices], True
    yield "8-os2-version-2", bmp(indices, 8, header=64, palette=palette), palette[indices], True
    few = random.integers(0, 5, (height, width))
    yield "8-five-colours", bmp(few, 8, palette=palette[:5]), palette[few], True

    pixels = random.integers(0, 2**24, (height, width))
    rgb = fields(pixels, (0xFF0000, 0xFF00, 0xFF))
    yield "24", bmp(pixels, 24), rgb, True
    yield "24-os2", bmp(pixels, 24, header=12), rgb, True
    yield "24-top-down", bmp(pixels, 24, top_down=True), rgb, True
    yield "32", bmp(pixels, 32), rgb, True

    five = (0x7C00, 0x3E0, 0x1F)
    six = (0xF800, 0x7E0, 0x1F)
    words = random.integers(0, 2**16, (height, width))
    yield "16-555", bmp(words, 16), fields(words, five), True
    yield "16-565", bmp(words, 16, compression=BITFIELDS, masks=six), fields(words, six), True
    odd = (0x00F, 0x0F0, 0xF00)
    yield "16-444", bmp(words, 16, compression=BITFIELDS, masks=odd), fields(words, odd), False
    quads = random.integers(0, 2**32, (height, width))
    turned = (0xFF, 0xFF00, 0xFF0000)
    yield "32-bitfields", bmp(quads, 32, compression=BITFIELDS, masks=turned), fields(quads, turned), False
    deep = (0x3FF00000, 0xFFC00, 0x3FF)
    yield "32-ten-bits", bmp(quads, 32, header=52, compression=BITFIELDS, masks=deep), fields(quads, deep), False
    alpha = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    for header in (56, 108, 124):
        file = bmp(quads, 32, header=header, compression=BITFIELDS, masks=alpha)
        yield f"32-alpha-header-{header}", file, fields(quads, alpha), True
    file = bmp(quads, 32, compression=ALPHA_BITFIELDS, masks=alpha)
    yield "32-alpha-bitfields", file, fields(quads, alpha), False

    for bits, compression in ((8, RLE8), (4, RLE4)):
        palette = random.integers(0, 256, (2**bits, 3))
        indices = random.integers(0, 2**bits, (height, width)) * (random.random((height, width)) < 0.6)
        file = bmp(indices, bits, compression=compression, palette=palette, data=run_lengths(indices, bits))
        yield f"{bits}-rle", file, palette[indices], True
        # A jump two to the right and one up, three pixels, then the end: what is passed over has color 0.
        sparse = numpy.zeros((height, width), int)
        sparse[height - 2, 2:5] = 1
        jumps = b"\0\2\2\1" + bytes([3, 1 if bits == 8 else 17]) + b"\0\1"
        file = bmp(sparse, bits, compression=compression, palette=palette, data=jumps)
        yield f"{bits}-rle-jumps", file, palette[sparse], False
