"""vidi inside Apache Spark: for jobs of your own. Needs Spark 3.5 or later (`pip install vidi[spark]`).

The executors need this package too. What is in `_MODULE_OF` is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .estimators import StandardScalerPCA, StandardScalerPCAModel
    from .extraction import features
    from .prediction import predict
    from .versions import check_version

__all__ = ["StandardScalerPCA", "StandardScalerPCAModel", "check_version", "features", "predict"]

_MODULE_OF = {
    "StandardScalerPCA": "estimators",
    "StandardScalerPCAModel": "estimators",
    "check_version": "versions",
    "features": "extraction",
    "predict": "prediction",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
