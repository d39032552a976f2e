"""Reads pictures where an executor finds them: in a folder, or in S3."""

from __future__ import annotations

import os
from typing import List, Mapping, Optional, Sequence, Tuple

from pyspark.sql import DataFrame
from pyspark.sql.types import BinaryType, StringType, StructField

from ..errors import Forbidden, InvalidArgument, NotFound, TooLarge, Unavailable
from ..features import read_picture
from .storage import Place


def choose_columns(
    df: DataFrame, content: Optional[str], path: Optional[str], key: Optional[str], *others: Optional[str]
) -> Tuple[Optional[str], Optional[str], Optional[str]]:
    """The columns of pictures' bytes or of their paths ("content" without either), and of what names a row.

    Raises InvalidArgument: both, or a column, `others` among them, that is missing or of the wrong type.
    """
    if content is None and path is None:
        content = "content"
    if content is not None and path is not None:
        raise InvalidArgument(f"content='{content}' and path='{path}': a picture is given by one of the two")
    if key is None:
        key = path or ("path" if "path" in df.columns else None)
    for name in (content, path, key, *others):
        if name is not None and name not in df.columns:
            raise InvalidArgument(f"there is no column '{name}': there are {', '.join(df.columns)}")
    for name, kind, wanted in ((content, BinaryType, "pictures' bytes (binary)"), (path, StringType, "paths (string)")):
        if name is not None and not isinstance(df.schema[name].dataType, kind):
            raise InvalidArgument(f"column '{name}' holds {df.schema[name].dataType.simpleString()}: expected {wanted}")
    return content, path, key


def kept_columns(df: DataFrame, content: Optional[str], added: Sequence[StructField], who: str) -> List[StructField]:
    """All columns but `content`. Raises InvalidArgument: one of them has the name of one that `who` adds."""
    kept = [column for column in df.schema.fields if column.name != content]
    names = {each.name.lower() for each in added}
    for column in kept:
        if column.name.lower() in names:
            raise InvalidArgument(f"there is a column '{column.name}' already, which {who} adds: rename it first")
    return kept


def s3_settings(df: DataFrame) -> Tuple[Tuple[str, str], ...]:
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
