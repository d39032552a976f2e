"""vidi recognises pictures and remembers what it saw.

`Client` asks a running server and needs nothing but Python. What is in `_MODULE_OF` is imported when it is first used,
so that one part does not need what another does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import (
    Conflict,
    DeadlineExceeded,
    Error,
    Forbidden,
    Internal,
    InvalidArgument,
    NotFound,
    Overloaded,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Undecodable,
    UnsupportedMedia,
)
from .prediction import Box, Candidate, Digit, Prediction

if TYPE_CHECKING:
    from .client import Client

__all__ = [
    "Box",
    "Candidate",
    "Client",
    "Conflict",
    "DeadlineExceeded",
    "Digit",
    "Error",
    "Forbidden",
    "Internal",
    "InvalidArgument",
    "NotFound",
    "Overloaded",
    "Prediction",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Undecodable",
    "UnsupportedMedia",
]

_MODULE_OF = {"Client": "client"}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
