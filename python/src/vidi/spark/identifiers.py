"""Identifiers that a repeated task makes again, so that what it records twice is recorded once. Nothing here needs Spark."""

from __future__ import annotations

import hashlib
from typing import Optional
from uuid import UUID

_SECOND = 1_000_000


def identifier(job: bytes, time: int, key: Optional[str], content: bytes) -> str:
    """A UUID version 7 of a row: a function of its arguments, and another one for other arguments.

    `job`: what tells this job from others. `time`: microseconds since 1970. `key`: what names the row, where something
    does. `content`: the picture's bytes.

    SHA-256 over job, key and SHA-256 of the content gives the fraction of the second that ends at `time`, and the 62 bits
    behind the variant. The fraction is spread because rows of one microsecond would share the key of a plain table, which
    has 32 bits of the identifier (docs/reference/formats/cassandra.md).
    """
    named = b"\0" if key is None else b"\1" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    digest = hashlib.sha256(hashlib.sha256(job).digest() + hashlib.sha256(content).digest() + named).digest()
    spread = time - _SECOND + int.from_bytes(digest[:8], "big") % _SECOND
    milliseconds, microseconds = divmod(spread, 1000)
    # Rounded up, as vidi does, so that reading it back and cutting gives the same microsecond.
    fraction = (microseconds * 4096 + 999) // 1000
    rest = int.from_bytes(digest[8:16], "big") >> 2
    return str(UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | rest))
