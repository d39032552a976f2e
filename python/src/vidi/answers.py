"""What a server answers besides predictions. The names are those of its JSON (docs/reference/api.md, docs/reference/protocols.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .errors import Internal


@dataclass(frozen=True)
class Statistics:
    """How many predictions there are: all, by day (UTC, in their order), by model and by result (the most first).

    Those without a result are counted under None.
    """

    predictions: int
    by_day: Mapping[date, int]
    by_model: Mapping[str, int]
    by_result: Mapping[str | None, int]

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Statistics:
        """Raises `Internal` when it is something else."""
        try:
            return cls(
                predictions=json["predictions"],
                by_day={date.fromisoformat(each["day"]): each["predictions"] for each in json["by_day"]},
                by_model={each["model"]: each["predictions"] for each in json["by_model"]},
                by_result={each["result"]: each["predictions"] for each in json["by_result"]},
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Internal(f"these are no statistics ({type(error).__name__}: {error}): {str(json)[:200]}") from error


@dataclass(frozen=True)
class ServedModel:
    """A version of a model in the server's folder.

    `state` is "READY" (it answers), "LOADING", "UNLOADING" or "UNAVAILABLE"; `reason` says why one was refused.
    """

    name: str
    version: str
    state: str
    reason: str = ""

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> ServedModel:
        """Raises `Internal` when it is something else."""
        try:
            return cls(json["name"], json["version"], json["state"], json.get("reason", ""))
        except (AttributeError, KeyError, TypeError) as error:
            raise Internal(f"this is no model ({type(error).__name__}: {error}): {str(json)[:200]}") from error


@dataclass(frozen=True)
class Spool:
    """What waits on the server's machine for a store: `store` is "connected" or "unreachable".

    `oldest_seconds` is the age of what waits longest; `damaged` counts entries that a loss of power cut off.
    """

    store: str
    entries: int
    bytes: int
    oldest_seconds: float
    damaged: int


@dataclass(frozen=True)
class Health:
    """Whether predictions and pictures can be kept. `records` and `objects` are "ok" or the reason why not.

    `spool` is by store, where a store is Cassandra or S3.
    """

    ready: bool
    records: str
    objects: str
    stopping: bool
    spool: Mapping[str, Spool] = field(default_factory=dict)

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Health:
        """Raises `Internal` when it is something else."""
        try:
            names = ("store", "entries", "bytes", "oldest_seconds", "damaged")
            spool = {name: Spool(*(each[key] for key in names)) for name, each in json.get("spool", {}).items()}
            return cls(json["ready"], json["records"], json["objects"], json["stopping"], spool)
        except (AttributeError, KeyError, TypeError) as error:
            raise Internal(f"this is no health ({type(error).__name__}: {error}): {str(json)[:200]}") from error
