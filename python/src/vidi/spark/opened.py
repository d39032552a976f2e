"""What a Python worker has opened: Spark uses workers for one task after another, and opening takes long."""

from __future__ import annotations

from typing import Any, Dict, Tuple

_opened: Dict[type, Tuple[Any, Any]] = {}


def opened(what: Any) -> Any:
    """`what.open()`, of this worker's last call with an equal one; of each type one is kept."""
    kind = type(what)
    if kind not in _opened or _opened[kind][0] != what:
        _opened.pop(kind, None)  # before the next: both may be large
        _opened[kind] = (what, what.open())
    return _opened[kind][1]
