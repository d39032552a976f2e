"""The Python package `vidi`: the one that is installed, or else its sources as far as they need nothing native."""

import sys

from .server import ROOT

SOURCES = ROOT / "python/src"

sys.path.append(str(SOURCES))

import vidi  # noqa: E402

__all__ = ["SOURCES", "vidi"]
