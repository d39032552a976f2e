"""Loads the native module, after the libraries of Python's own that it shares."""

from __future__ import annotations

# The native module uses the system's OpenSSL. Python's own is loaded first, so that there is one of them in the process.
import ssl as _ssl  # noqa: F401
from pathlib import Path

from . import _native as native

FOLDER = Path(native.__file__).resolve().parent
MODELS = FOLDER / "share" / "models"
BACKBONES = FOLDER / "share" / "backbones"
LIBRARIES = FOLDER / "lib"

__all__ = ["BACKBONES", "LIBRARIES", "MODELS", "native"]
