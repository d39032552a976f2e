"""Reads and writes pixels as PAM files (Netpbm's P7): a short text header, then the bytes."""

from pathlib import Path

import numpy


def write(path: Path, pixels: numpy.ndarray) -> None:
    """pixels: height x width x channels, 8 bits a channel."""
    height, width, channels = pixels.shape
    header = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL 255\nENDHDR\n"
    path.write_bytes(header.encode() + pixels.astype(numpy.uint8).tobytes())
