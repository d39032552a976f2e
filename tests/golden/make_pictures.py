#!/usr/bin/env python3
"""Writes the pictures that the decoders' tests read, each beside the pixels it must give (NAME.pam).

Needs numpy and Pillow. Run it from anywhere; what it writes is committed."""

from pathlib import Path

import bmp_pictures
import gif_pictures
import jpeg_pictures
import numpy
import pam
import png_pictures

FOLDER = Path(__file__).resolve().parent.parent / "data" / "pictures"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    formats = (("png", png_pictures), ("jpg", jpeg_pictures), ("gif", gif_pictures), ("bmp", bmp_pictures))
    for seed, (extension, module) in enumerate(formats):
        for name, data, pixels in module.make(numpy.random.default_rng(seed)):
            if extension == "png":
                png_pictures.check_with_pillow(name, data, pixels)
            (FOLDER / f"{name}.{extension}").write_bytes(data)
            pam.write(FOLDER / f"{name}.{extension}.pam", pixels)


if __name__ == "__main__":
    main()
