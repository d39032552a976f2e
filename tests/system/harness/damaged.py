"""Picture files that are cut, damaged, or far larger inside than outside."""

import struct
import zlib

from PIL import Image

from .pictures import digit_file, encode


def truncated(kind):
    """The first half of a good file."""
    file = digit_file(kind)
    return file[: len(file) // 2]


def replaced(file, position, content):
    return file[:position] + content + file[position + len(content) :]


def corrupt(kind):
    """A file of the right length whose middle makes no sense."""
    file = digit_file(kind)
    if kind == "PNG":  # the compressed pixels
        return replaced(file, file.index(b"IDAT") + 12, b"\xff" * 40)
    if kind == "JPEG":  # the first Huffman table claims more codes than there can be
        return replaced(file, file.index(b"\xff\xc4") + 5, b"\xff" * 16)
    if kind == "GIF":  # the size of a code, at the beginning of the pixels
        return replaced(file, _gif_pixels(file), b"\x2a")
    return replaced(file, 28, struct.pack("<H", 7))  # BMP: bits for each pixel


def _gif_pixels(file):
    """The position of the byte behind the first picture's descriptor and colors."""
    position = 13 + _colors(file[10])
    while file[position] == 0x21:  # an extension: blocks up to an empty one
        position += 2
        while file[position]:
            position += 1 + file[position]
        position += 1
    return position + 10 + _colors(file[position + 9])


def _colors(flags):
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _gray_png(width, height, bits):
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    row = b"\0" + bytes((width * bits + 7) // 8)
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def bomb(kind):
    """A small file that says it holds a picture of gigabytes."""
    if kind == "PNG":  # true to its word: 900 million pixels in 110 KB
        return _gray_png(30_000, 30_000, 1)
    if kind == "JPEG":
        file = digit_file("JPEG")
        return replaced(file, file.index(b"\xff\xc0") + 5, struct.pack(">HH", 65_500, 65_500))
    if kind == "GIF":
        file = replaced(digit_file("GIF"), 6, struct.pack("<HH", 65_535, 65_535))
        frame = _gif_pixels(file) - 10 - _colors(file[_gif_pixels(file) - 1])
        return replaced(file, frame + 5, struct.pack("<HH", 65_535, 65_535))
    header = struct.pack("<IiiHHIIiiII", 40, 60_000, 60_000, 1, 8, 1, 4, 2835, 2835, 2, 2)  # run-length encoded
    start = 14 + len(header) + 8
    return b"BM" + struct.pack("<IHHI", start + 4, 0, 0, start) + header + bytes(8) + b"\x04\x01\0\x01"


def text_bomb():
    """A good PNG of one digit with 200 MB of packed text beside the pixels."""
    text = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
    file = digit_file("PNG")
    end_of_header = 8 + 25
    return file[:end_of_header] + _chunk(b"zTXt", text) + file[end_of_header:]


def one_pixel(kind):
    return encode(Image.new("L", (1, 1), 255), kind)


def blank(kind):
    return encode(Image.new("L", (200, 100), 255), kind)

