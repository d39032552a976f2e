"""PNGs of every color type and depth, written byte by byte, since Pillow writes only some of them."""

import io
import struct
import zlib

import numpy
from PIL import Image

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}
NAMES = {GRAY: "grey", RGB: "rgb", PALETTE: "palette", GRAY_ALPHA: "greyalpha", RGBA: "rgba"}
DEPTHS = {GRAY: [1, 2, 4, 8, 16], RGB: [8, 16], PALETTE: [1, 2, 4, 8], GRAY_ALPHA: [8, 16], RGBA: [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row: numpy.ndarray, depth: int) -> bytes:
    """One row of samples as PNG stores it."""
    flat = row.reshape(-1)
    if depth == 16:
        return flat.astype(">u2").tobytes()
    bits = "".join(format(int(sample), f"0{depth}b") for sample in flat)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a: int, b: int, c: int) -> int:
    estimate = a + b - c
    return min((abs(estimate - a), 0, a), (abs(estimate - b), 1, b), (abs(estimate - c), 2, c))[2]


def filtered(kind: int, row: bytes, above: bytes, pixel: int) -> bytes:
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - pixel] if i >= pixel else 0
        b = above[i]
        c = above[i - pixel] if i >= pixel else 0
        out.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) % 256)
    return bytes(out)


def stored(samples: numpy.ndarray, depth: int) -> bytes:
    """Rows with each of the five filters in turn."""
    pixel = max(1, samples.shape[2] * depth // 8)
    out = b""
    above = None
    for y in range(samples.shape[0]):
        row = packed(samples[y], depth)
        out += filtered((y + 4) % 5, row, above or bytes(len(row)), pixel)
        above = row
    return out


def png(samples, color_type, depth, interlaced=False, palette=None, transparency=None, extra=b"", idats=1) -> bytes:
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(numpy.uint8).tobytes())
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    data = b""
    if interlaced:
        for x, y, dx, dy in ADAM7:
            part = samples[y::dy, x::dx]
            if part.size:
                data += stored(part, depth)
    else:
        data = stored(samples, depth)
    data = zlib.compress(data)
    size = -(-len(data) // idats)
    for i in range(0, len(data), size):
        out += chunk(b"IDAT", data[i : i + size])
    return out + chunk(b"IEND", b"")


def eight_bits(samples: numpy.ndarray, depth: int) -> numpy.ndarray:
    return samples >> 8 if depth == 16 else samples * 255 // (2**depth - 1)


def check_with_pillow(name: str, data: bytes, expected: numpy.ndarray) -> None:
    with Image.open(io.BytesIO(data)) as image:
        if image.mode.startswith("I"):
            return  # Pillow keeps 16-bit gray as 16 bits
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[expected.shape[2]]
        found = numpy.asarray(image.convert(mode)).reshape(expected.shape)
    opaque = expected[..., -1:] > 0 if expected.shape[2] in (2, 4) else numpy.ones_like(expected, bool)
    if not (numpy.where(opaque, found, 0) == numpy.where(opaque, expected, 0)).all():
        raise SystemExit(f"{name}: Pillow reads other pixels")


def make(random: numpy.random.Generator):
    """Yields (name, file, pixels)."""
    height, width = 11, 13
    for color_type, depths in DEPTHS.items():
        for depth in depths:
            most = 2**depth
            samples = random.integers(0, most, (height, width, CHANNELS[color_type]))
            if color_type == PALETTE:
                palette = random.integers(0, 256, (most, 3))
                alphas = random.integers(0, 256, (most // 2,))
                opaque = palette[samples[..., 0]]
                full = numpy.concatenate([alphas, numpy.full(most - most // 2, 255)])
                clear = numpy.concatenate([opaque, full[samples[..., 0]][..., None]], 2)
                trns = alphas.astype(numpy.uint8).tobytes()
            else:
                palette = None
                opaque = eight_bits(samples, depth)
                key = samples[3, 4]
                samples[5:8, 2:9] = key
                # Equal in the upper eight bits only: it must stay opaque.
                if depth == 16:
                    samples[0, 0] = key ^ 1
                opaque = eight_bits(samples, depth)
                alpha = numpy.where((samples == key).all(2), 0, 255)[..., None]
                clear = numpy.concatenate([opaque, alpha], 2)
                trns = key.astype(">u2").tobytes()
            for interlaced in (False, True):
                name = f"{NAMES[color_type]}{depth}{'-interlaced' if interlaced else ''}"
                yield name, png(samples, color_type, depth, interlaced, palette), opaque
                if color_type in (GRAY, RGB, PALETTE):
                    yield f"{name}-trns", png(samples, color_type, depth, interlaced, palette, trns), clear
    yield from odd(random)


def odd(random: numpy.random.Generator):
    samples = random.integers(0, 256, (9, 10, 3))
    text = chunk(b"tEXt", b"Comment\0hello") + chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"vpAg", b"?" * 9)
    yield "rgb8-chunks", png(samples, RGB, 8, extra=text, idats=3), samples
    # Filter bytes greater than the last palette index must not be taken for pixels.
    few = random.integers(0, 2, (9, 10, 1))
    palette = random.integers(0, 256, (2, 3))
    yield "palette8-two-colours", png(few, PALETTE, 8, palette=palette), palette[few[..., 0]]
    for side in ((1, 1), (1, 9), (9, 1), (2, 3), (5, 5)):
        small = random.integers(0, 256, (*side, 1))
        yield f"grey8-interlaced-{side[1]}x{side[0]}", png(small, GRAY, 8, True), small
