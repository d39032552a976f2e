#!/usr/bin/env python3
"""Writes what Pillow makes of colors: laid over white and over black, and turned to gray.

Needs numpy and Pillow. Run it from anywhere; what it writes is committed."""

from pathlib import Path

import numpy
import pam
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "data" / "pictures" / "colours"
SIDE = 32


def laid_over(picture: Image.Image, mode: str, background: int) -> numpy.ndarray:
    canvas = Image.new(mode, picture.size, (background,) * len(mode) if mode != "L" else background)
    canvas.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return numpy.asarray(canvas).reshape(SIDE, SIDE, -1)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(7)
    for mode, opaque in (("LA", "L"), ("RGBA", "RGB")):
        pixels = random.integers(0, 256, (SIDE, SIDE, len(mode)), dtype=numpy.uint8)
        # Every alpha, and the ends of the scale in every channel.
        pixels[:8, :, -1] = numpy.arange(256).reshape(8, SIDE)
        pixels[8:16, :, :-1] = random.integers(0, 2, (8, SIDE, 1)) * 255
        picture = Image.fromarray(pixels, mode)
        pam.write(FOLDER / f"{mode.lower()}.pam", pixels)
        for name, background in (("white", 255), ("black", 0)):
            pam.write(FOLDER / f"{mode.lower()}-over-{name}.pam", laid_over(picture, opaque, background))
    gray = Image.fromarray(laid_over(picture, "RGB", 255)).convert("L")
    pam.write(FOLDER / "rgba-over-white-grey.pam", numpy.asarray(gray)[..., None])


if __name__ == "__main__":
    main()
