"""vidi recognizes pictures and remembers what it saw.

`Client` asks a running server and needs nothing but Python. `Recognizer` and `FeatureExtractor` compute in this process,
`Moments` and `solve_pca` reduce what comes of it; `vidi.spark` does so on a cluster. What is in `_MODULE_OF` is imported when it is first used,
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
from .prediction import Box, Candidate, Digit, Prediction, RecordedPrediction

if TYPE_CHECKING:
    from .client import Client
    from .features import FeatureExtractor, Rejection
    from .recognition import CassandraRecords, Recognizer
    from .statistics import Moments, Reduction, solve_pca

__all__ = [
    "Box",
    "Candidate",
    "CassandraRecords",
    "Client",
    "Conflict",
    "DeadlineExceeded",
    "Digit",
    "Error",
    "FeatureExtractor",
    "Forbidden",
    "Internal",
    "InvalidArgument",
    "Moments",
    "NotFound",
    "Overloaded",
    "Prediction",
    "Recognizer",
    "RecordedPrediction",
    "Reduction",
    "Rejection",
    "TooLarge",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Undecodable",
    "UnsupportedMedia",
    "solve_pca",
]

_MODULE_OF = {
    "CassandraRecords": "recognition",
    "Client": "client",
    "FeatureExtractor": "features",
    "Moments": "statistics",
    "Recognizer": "recognition",
    "Reduction": "statistics",
    "Rejection": "features",
    "solve_pca": "statistics",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
