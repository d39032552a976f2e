"""Reads pictures where an executor finds them: in a folder, or in S3."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.parse import urlsplit

import pyarrow.fs

from ..errors import NotFound, TooLarge, Unavailable
from ..features import read_picture


def read_anywhere(path: str, max_bytes: int) -> bytes:
    """The bytes of a picture. `path`: a path, file:PATH as Spark lists it, or s3://BUCKET/KEY[?endpoint=URL] (s3a:// is the
    same), with AWS's usual variables; AWS_ENDPOINT_URL names another server than Amazon's.

    Raises NotFound, TooLarge (over `max_bytes`), Unavailable (S3 cannot be asked).
    """
    scheme, colon, rest = path.partition(":")
    if colon and scheme in ("s3", "s3a", "s3n"):
        return _read_object(rest, path, max_bytes)
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


def _read_object(rest: str, path: str, max_bytes: int) -> bytes:
    place, _, query = rest.lstrip("/").partition("?endpoint=")
    endpoint = query or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    try:
        with _s3(endpoint).open_input_file(place) as file:
            _check(file.size(), path, max_bytes)
            return file.read()
    except FileNotFoundError as missing:
        raise NotFound(f"{path} cannot be read: there is no such object") from missing
    except OSError as wrong:
        raise Unavailable(f"{path} cannot be read: {wrong}") from wrong


@lru_cache(maxsize=4)
def _s3(endpoint: str) -> pyarrow.fs.S3FileSystem:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
    if not endpoint:
        return pyarrow.fs.S3FileSystem(region=region)
    url = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    return pyarrow.fs.S3FileSystem(region=region or "us-east-1", scheme=url.scheme, endpoint_override=url.netloc)
