"""Which pictures make up which part of the table, and which parts are to be made."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence

import pyarrow as pa

from . import tables
from .storage import Entry, Place

FEATURES = "features"
PICTURES = "pictures"


class Part(NamedTuple):
    """Pictures whose rows make one file."""

    number: int
    sequences: List[int]
    entries: List[Entry]


class Plan(NamedTuple):
    """What there is to do."""

    listed: int
    """Pictures of the source."""
    parts: List[Part]
    """To be made."""
    written: List[int]
    """Numbers of the parts that are there and stay."""
    added: int
    """Pictures that are in no part yet."""
    changed: int
    """Pictures that have changed since their part was written."""
    known: int
    """Pictures in the parts that stay."""


def written_parts(out: Place) -> Dict[int, pa.Table]:
    """The parts that are whole, by number, with their pictures: that file is written last."""
    return {
        int(name[len("part-") : -len(".parquet")]): tables.read(out.read(f"{PICTURES}/{name}"))
        for name in out.names(PICTURES)
        if name.startswith("part-") and name.endswith(".parquet")
    }


def make_plan(entries: Sequence[Entry], written: Dict[int, pa.Table], part_pictures: int, finished: bool) -> Plan:
    """Parts of `part_pictures` consecutive pictures each. Those that are written stay, unless one of their pictures has
    changed: then the part is made anew, of the same pictures. The others fill the numbers that are free, in the order of the
    listing, so that a job that was interrupted makes the parts that it would have made; of a `finished` job they begin after
    its last part. A picture of a written part that is listed no more stays."""
    wanted = {tables.clean(entry.key): entry for entry in entries}
    parts: List[Part] = []
    stay: List[int] = []
    known = changed = 0
    last = -1
    for number, pictures in sorted(written.items()):
        last = max(last, number)
        images = pictures.column("image").to_pylist()
        versions = pictures.column("version").to_pylist()
        sequences = pictures.column("sequence").to_pylist()
        there = [wanted.pop(image, None) for image in images]
        different = sum(1 for entry, version in zip(there, versions) if entry is not None and entry.version != version)
        changed += different
        if different:
            found = [(sequence, entry) for sequence, entry in zip(sequences, there) if entry is not None]
            parts.append(Part(number, [sequence for sequence, _ in found], [entry for _, entry in found]))
        else:
            stay.append(number)
            known += len(images)
    left = [entry for entry in entries if tables.clean(entry.key) in wanted]
    number = last + 1 if finished else 0
    for first in range(0, len(left), part_pictures):
        while number in written:
            number += 1
        some = left[first : first + part_pictures]
        begin = number * part_pictures
        parts.append(Part(number, list(range(begin, begin + len(some))), some))
        number += 1
    return Plan(len(entries), sorted(parts), stay, len(left), changed, known)


def pack(part: Part) -> bytes:
    """A part as a task gets it: Arrow's stream format."""
    table = pa.table(
        {
            "sequence": pa.array(part.sequences, pa.int64()),
            # Names of files may hold bytes that are no UTF-8.
            "key": pa.array([entry.key.encode("utf-8", "surrogateescape") for entry in part.entries], pa.binary()),
            "label": pa.array([tables.clean(entry.label) for entry in part.entries], pa.string()),
            "size": pa.array([entry.size for entry in part.entries], pa.int64()),
            "version": pa.array([entry.version for entry in part.entries], pa.string()),
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpack(number: int, data: bytes) -> Part:
    table = pa.ipc.open_stream(pa.BufferReader(data)).read_all()
    keys = [key.decode("utf-8", "surrogateescape") for key in table.column("key").to_pylist()]
    rows = zip(keys, *(table.column(name).to_pylist() for name in ("label", "size", "version")))
    return Part(number, table.column("sequence").to_pylist(), [Entry(*row) for row in rows])
