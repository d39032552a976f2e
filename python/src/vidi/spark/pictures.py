"""Reads pictures where an executor finds them: in a folder, or in S3."""

from __future__ import annotations

import os
from typing import Any, Mapping, Tuple

from ..errors import Forbidden, NotFound, TooLarge, Unavailable
from ..features import read_picture
from .storage import Place


def s3_settings(df: Any) -> Tuple[Tuple[str, str], ...]:
    """The settings of a DataFrame's Spark that say how S3 is asked."""
    settings = df.sparkSession.sparkContext.getConf().getAll()
    return tuple((name, value) for name, value in settings if "fs.s3a." in name)


def read_anywhere(path: str, max_bytes: int, settings: Mapping[str, str]) -> bytes:
    """The bytes of a picture. `path`: a path, file:PATH as Spark lists it, or s3://BUCKET/KEY[?endpoint=URL] (s3a:// is the
    same). `settings`: Spark's, which with AWS's usual variables say how S3 is asked (`Place`).

    Raises NotFound, Forbidden, TooLarge (over `max_bytes`), Unavailable (S3 gives no answer).
    """
    scheme, colon, rest = path.partition(":")
    if colon and scheme in ("s3", "s3a"):
        return _read_object(rest.lstrip("/"), path, max_bytes, settings)
    local = rest if colon and scheme == "file" else path
    if local.startswith("//") and scheme == "file":
        local = "/" + local.lstrip("/")
    try:
        size = os.stat(local).st_size
    except OSError:
        size = 0  # reading says why
    _check(size, path, max_bytes)
    return read_picture(local)


def _check(size: int, path: str, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLarge(f"{path} has {size} bytes: at most {max_bytes} are allowed")


def _read_object(name: str, path: str, max_bytes: int, settings: Mapping[str, str]) -> bytes:
    # A key is no part of an address: it may hold any character.
    place, _, endpoint = name.partition("?endpoint=")
    bucket = place.partition("/")[0]
    store = Place.parse(f"s3://{bucket}?endpoint={endpoint}" if endpoint else f"s3://{bucket}", dict(settings))
    try:
        with store.filesystem.open_input_file(place) as file:
            _check(file.size(), path, max_bytes)
            return bytes(file.read())
    except FileNotFoundError as missing:
        raise NotFound(f"{path} cannot be read: there is no such object") from missing
    except PermissionError as refused:
        raise Forbidden(f"{path} cannot be read: {refused}") from refused
    except OSError as wrong:
        raise Unavailable(f"{path} cannot be read: {wrong}") from wrong
