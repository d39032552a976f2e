#!/usr/bin/env python3
"""Writes pictures resampled by Pillow, and cases.txt that lists them:

SOURCE FILTER WIDTH HEIGHT LEFT TOP RIGHT BOTTOM RESULT"""

from pathlib import Path

import numpy
import pam
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "data" / "pictures" / "resampled"
FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
SOURCES = [(37, 23, 1), (37, 23, 3), (19, 29, 4), (1, 13, 1), (13, 1, 3), (1, 1, 3), (97, 61, 1)]
SIZES = [(28, 28), (7, 5), (1, 1), (53, 3), (41, 47)]


def resized(pixels: numpy.ndarray, size, resampling, box) -> numpy.ndarray:
    """Channel by channel: Pillow treats the fourth as alpha otherwise."""
    bands = [Image.fromarray(pixels[..., c]).resize(size, resampling, box) for c in range(pixels.shape[2])]
    return numpy.stack([numpy.asarray(band) for band in bands], 2)


def boxes(width: int, height: int):
    yield (0, 0, width, height)
    if width > 4 and height > 4:
        yield (1.25, 2.5, width - 0.75, height - 1.5)
        yield (3, 0, width, height - 2)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(5)
    lines = []
    for index, (width, height, channels) in enumerate(SOURCES):
        pixels = random.integers(0, 256, (height, width, channels), dtype=numpy.uint8)
        source = f"source-{index}.pam"
        pam.write(FOLDER / source, pixels)
        for number, (name, resampling) in enumerate(FILTERS.items()):
            for place, box in enumerate(boxes(width, height)):
                size = SIZES[(index + number + 2 * place) % len(SIZES)]
                result = f"{index}-{name}-{place}.pam"
                pam.write(FOLDER / result, resized(pixels, size, resampling, box))
                lines.append(" ".join(map(str, (source, name, *size, *box, result))))
        # One side kept, and the picture kept whole.
        for size in ((width, 9), (9, height), (width, height)):
            result = f"{index}-kept-{size[0]}x{size[1]}.pam"
            pam.write(FOLDER / result, resized(pixels, size, FILTERS["bicubic"], None))
            lines.append(" ".join(map(str, (source, "bicubic", *size, 0, 0, width, height, result))))
    (FOLDER / "cases.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
