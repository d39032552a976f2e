"""What vidi answers to a picture. The names are those of its JSON (docs/reference/api.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import Any, TypeVar, Union

from .errors import Internal

# What a model tells of its answer: each fact as one text, or as texts by language.
Information = Mapping[str, Union[str, Mapping[str, str]]]


Made = TypeVar("Made", bound="Prediction")


@dataclass(frozen=True)
class Candidate:
    """A label that the model thought of; `probability` is from 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the picture; (`x`, `y`) is its upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Digit:
    """One digit of several; `page` counts from 1, and is None where the picture is no document of several pages."""

    label: str
    probability: float
    box: Box
    page: int | None = None


@dataclass(frozen=True)
class Prediction:
    """An answer of a model; what a server records with it is in `RecordedPrediction`.

    `result` is None when the picture holds nothing the model knows; `reason` then says why. `confidence` is that of the
    result, from 0 to 1; `candidates` begin with the likeliest. `digits` is empty for models of whole pictures.

    What follows `digits` is None where nothing was recorded.
    """

    model: str
    version: str
    result: str | None
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    reason: str | None = None
    digits: tuple[Digit, ...] = ()
    id: str | None = None
    time: datetime | None = None
    filename: str | None = None
    safe_filename: str | None = None
    user: str | None = None
    image: str | None = None
    latency_ms: float | None = None
    label: str | None = None
    information: Information | None = None

    @classmethod
    def from_json(cls: type[Made], json: Mapping[str, Any]) -> Made:
        """Of an object in vidi's JSON. Names that this version does not know are passed over.

        Raises `Internal` when it is no prediction.
        """
        try:
            values = {name: json[name] for name in _ALWAYS}
            values.update((each.name, json[each.name]) for each in fields(Prediction) if each.name in json)
            values.update((name, read(values[name])) for name, read in _READERS.items() if name in values)
            return cls(**values)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Internal(f"this is no prediction ({type(error).__name__}: {error}): {str(json)[:200]}") from error


class RecordedPrediction(Prediction):
    """A prediction as the server keeps it.

    `id` is a UUID version 7: they sort by time. `time` is when the request arrived (UTC), `latency_ms` the milliseconds
    from then until it was recorded. `filename` is the name as it was sent, `safe_filename` one that can stand in a path,
    `image` the SHA-256 of the picture's bytes in hexadecimal, `label` the correction. `information` is what the model
    tells of its answer, where it tells something.
    """

    id: str
    time: datetime
    latency_ms: float

    @classmethod
    def from_json(cls: type[Made], json: Mapping[str, Any]) -> Made:
        made = super().from_json(json)
        if made.id is None or made.time is None or made.latency_ms is None:
            raise Internal(f"this prediction is not recorded: {str(json)[:200]}")
        return made


def parse_time(text: str) -> datetime:
    """vidi's form of a time, "2026-11-21T05:30:00.123456Z"; before Python 3.11 the library does not read the Z."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} is no time in UTC")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)


def _digit(json: Mapping[str, Any]) -> Digit:
    return Digit(json["label"], json["probability"], Box(*json["box"]), json.get("page"))


# Without these it is no prediction.
_ALWAYS = ("model", "version", "result", "confidence", "candidates")

# The fields that JSON has in another form.
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "candidates": lambda value: tuple(Candidate(each["label"], each["probability"]) for each in value),
    "digits": lambda value: tuple(map(_digit, value)),
    "time": lambda value: parse_time(value) if value else None,
}
