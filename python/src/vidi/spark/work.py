"""What executors do: a part of the table at a time, from the bytes of its pictures to its files. Everything that a task
writes is named by its part and made of its pictures alone, so that it makes no difference how often it runs, or where."""

from __future__ import annotations

import os
import tempfile
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

import numpy as np
import pyarrow as pa

from .. import library  # noqa: F401  the native module's libraries come first
from ..features import FeatureExtractor
from ..statistics import Moments, Reduction
from . import tables
from .decoder import CarefulDecoder
from .opened import opened
from .plan import FEATURES, PICTURES, Part, unpack
from .storage import Entry, Place

_CHUNK_PICTURES = 64
_CHUNK_BYTES = 64 << 20
_READS_OF_BUCKET = 32
_READS_OF_FOLDER = 4

@dataclass(frozen=True)
class Work:
    """What every task of a job knows."""

    source: Place
    out: Place
    backbone_sha256: str
    columns: int
    precision: str = "f32"
    threads: int = 1
    batch: int = 0
    variants: int = 1
    variants_seed: int = 0
    max_bytes: int = 32 << 20
    max_pixels: int = 64_000_000
    patience: float = 300.0
    labels_are_needed: bool = False
    keep_scaled: bool = False
    counters: Dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Spark's accumulators: pictures, rejects, bytes."""

    def count(self, name: str, more: int) -> None:
        if name in self.counters:
            self.counters[name].add(more)

    def open(self) -> FeatureExtractor:
        """The job's network. Takes a second, in int8 five."""
        return FeatureExtractor(
            _local_backbone(self),
            self.precision,
            threads=self.threads,
            batch=self.batch,
            variants=self.variants,
            variants_seed=self.variants_seed,
            calibration=self.out.read("backbone/calibration.bin") if self.precision == "int8" else b"",
            max_bytes=self.max_bytes,
            max_pixels=self.max_pixels,
        )


def _local_backbone(work: Work) -> Path:
    """The folder of the job's backbone on this machine."""
    if not work.out.is_bucket:
        return Path(work.out.path("backbone"))
    folder = Path(tempfile.gettempdir()) / f"vidi-{os.getuid()}" / work.backbone_sha256[:32]
    place = Place(str(folder))
    for name in ("1/model.onnx", "model.toml"):
        if not place.exists(name):
            place.write(name, work.out.read(f"backbone/{name}"))
    return folder


class Rejected(NamedTuple):
    reason: str
    detail: str


Read = Union[bytes, Rejected]


def read_patiently(work: Work, entry: Entry) -> Read:
    """The picture's file, tried again while the source does not answer."""
    if entry.size > work.max_bytes:
        return Rejected("too_large", f"the file has {entry.size} bytes; at most {work.max_bytes} are read")
    end = time.monotonic() + work.patience
    pause = 0.2
    while True:
        try:
            return work.source.read(entry.key)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Rejected("gone", "the file is gone")
        except PermissionError:
            return Rejected("forbidden", "the file may not be read")
        except OSError as wrong:
            text = str(wrong)
            if "ACCESS_DENIED" in text or "403" in text:
                return Rejected("forbidden", "the object may not be read")
            if time.monotonic() + pause > end:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 5.0)


def read_ahead(work: Work, entries: List[Entry]) -> Iterator[Tuple[int, Read]]:
    """What is read of each entry, in their order, while those before are computed with."""
    reads = _READS_OF_BUCKET if work.source.is_bucket else _READS_OF_FOLDER
    with ThreadPoolExecutor(reads) as pool:
        waiting: "Deque[Tuple[int, Future[Read]]]" = deque()
        following = iter(enumerate(entries))
        try:
            for index, entry in following:
                waiting.append((index, pool.submit(read_patiently, work, entry)))
                if len(waiting) >= 2 * reads:
                    break
            while waiting:
                index, future = waiting.popleft()
                result = future.result()
                for after, entry in following:
                    waiting.append((after, pool.submit(read_patiently, work, entry)))
                    break
                yield index, result
        finally:
            for _, future in waiting:
                future.cancel()


class _PartWriter:
    """The pictures of one part, and what becomes of them."""

    def __init__(self, work: Work, part: Part, careful: bool) -> None:
        self.work = work
        self.part = part
        self.extractor: FeatureExtractor = opened(work)
        self.decoder = CarefulDecoder(work.max_bytes, work.max_pixels) if careful else None
        self.keys = [tables.clean(entry.key) for entry in part.entries]
        self.rejected: Dict[int, Rejected] = {}
        self.sizes = [entry.size for entry in part.entries]
        self.features: List[Tuple[List[int], np.ndarray]] = []
        self.reading = self.computing = 0.0
        self.bytes_read = 0

    def run(self) -> None:
        chunk: List[Tuple[int, bytes]] = []
        size = 0
        began = time.monotonic()
        for index, read in read_ahead(self.work, self.part.entries):
            self.reading += time.monotonic() - began
            if self.work.labels_are_needed and not self.part.entries[index].label:
                self.rejected[index] = Rejected("unlabelled", "the table of labels has none for it")
            elif isinstance(read, Rejected):
                self.rejected[index] = read
            else:
                self.sizes[index] = len(read)
                self.bytes_read += len(read)
                if self.decoder is not None and not self.decoder.survives(read):
                    self.rejected[index] = Rejected("crashed", "its decoder crashed")
                else:
                    chunk.append((index, read))
                    size += len(read)
            if len(chunk) >= _CHUNK_PICTURES or size >= _CHUNK_BYTES:
                self.compute(chunk)
                chunk, size = [], 0
            began = time.monotonic()
        self.compute(chunk)

    def close(self) -> None:
        if self.decoder is not None:
            self.decoder.close()

    def compute(self, chunk: List[Tuple[int, bytes]]) -> None:
        if not chunk:
            return
        began = time.monotonic()
        indices = [index for index, _ in chunk]
        batch = pa.RecordBatch.from_arrays(
            [
                pa.array([data for _, data in chunk], pa.large_binary()),
                pa.array([self.keys[index] for index in indices], pa.string()),
            ],
            names=["content", "key"],
        )
        lists, rejections = self.extractor.extract(batch, key="key")
        values = lists.values.to_numpy(zero_copy_only=True).reshape(len(chunk), -1)
        for rejection in rejections:
            self.rejected[indices[rejection.row]] = Rejected(rejection.reason, rejection.detail)
        kept = [row for row, index in enumerate(indices) if index not in self.rejected]
        self.features.append(([indices[row] for row in kept], values if len(kept) == len(chunk) else values[kept]))
        self.work.count("pictures", len(chunk))
        self.work.count("bytes", sum(len(data) for _, data in chunk))
        self.computing += time.monotonic() - began

    def features_table(self) -> pa.Table:
        variants = self.work.variants
        rows = [index for indices, _ in self.features for index in indices]
        values = [part.reshape(-1, self.work.columns) for _, part in self.features]
        joined = np.concatenate(values) if values else np.empty((0, self.work.columns), np.float32)
        labels = [self.part.entries[index].label for index in rows for _ in range(variants)]
        images = [self.keys[index] for index in rows for _ in range(variants)]
        numbers = np.tile(np.arange(variants, dtype=np.int32), len(rows)) if variants > 1 else None
        return tables.numbers_table("features", images, labels, numbers, joined)

    def pictures_table(self) -> pa.Table:
        entries = self.part.entries
        none = Rejected("", "")
        outcomes = [self.rejected.get(index, none) for index in range(len(entries))]
        columns = [
            self.part.sequences,
            self.keys,
            [entry.label for entry in entries],
            self.sizes,
            [entry.version for entry in entries],
            [outcome.reason for outcome in outcomes],
            [tables.clean(outcome.detail) for outcome in outcomes],
        ]
        return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, tables.PICTURES)], tables.PICTURES)


def make_part(work: Work, number: int, listing: bytes, careful: bool) -> Dict[str, Any]:
    """Makes the files of a part. `careful`: the part has failed before, perhaps because a picture brought its decoder down;
    each is decoded in another process first."""
    import socket

    part = unpack(number, listing)
    writer = _PartWriter(work, part, careful)
    try:
        writer.run()
    finally:
        writer.close()
    began = time.monotonic()
    features = tables.write(writer.features_table(), "features")
    pictures = tables.write(writer.pictures_table())
    name = tables.part_name(number)
    work.out.write(f"{FEATURES}/{name}", features)
    work.out.write(f"{PICTURES}/{name}", pictures)
    work.count("rejects", len(writer.rejected))
    return {
        "part": number,
        "pictures": len(part.entries),
        "rejected": len(writer.rejected),
        "gets": 2 * len(part.entries) if work.source.is_bucket else 0,
        "bytes_read": writer.bytes_read,
        "puts": 2 if work.out.is_bucket else 0,
        "bytes_written": len(features) + len(pictures),
        "reading": writer.reading,
        "computing": writer.computing,
        "writing": time.monotonic() - began,
        "host": socket.gethostname(),
    }


def make_parts(work: Work) -> Any:
    """For mapPartitions over (part, listing): tells of each part what make_part() tells."""

    def run(parts: Iterable[Tuple[int, bytes]]) -> Iterator[Dict[str, Any]]:
        from pyspark import TaskContext

        context = TaskContext.get()
        careful = context is not None and context.attemptNumber() > 0
        for number, listing in parts:
            yield make_part(work, number, listing, careful)

    return run


class Counted(NamedTuple):
    """What parts hold together."""

    moments: Optional[Moments]
    pictures: int
    rows: int
    rejects: List[Tuple[int, str, str, str]]
    """sequence, image, reason, detail"""
    bytes_written: int
    bytes_read: int
    parts: int


def merge_counted(a: Counted, b: Counted) -> Counted:
    if a.moments is not None and b.moments is not None:
        moments: Optional[Moments] = a.moments.merge(b.moments)
    else:
        moments = a.moments or b.moments
    return Counted(
        moments,
        a.pictures + b.pictures,
        a.rows + b.rows,
        a.rejects + b.rejects,
        a.bytes_written + b.bytes_written,
        a.bytes_read + b.bytes_read,
        a.parts + b.parts,
    )


def count_parts(work: Work, with_moments: bool) -> Any:
    """For mapPartitions over numbers of parts: one Counted of all of them."""

    def run(numbers: Iterable[int]) -> Iterator[Counted]:
        counted = Counted(Moments(work.columns) if with_moments else None, 0, 0, [], 0, 0, 0)
        for number in numbers:
            name = tables.part_name(number)
            data = work.out.read(f"{FEATURES}/{name}")
            table = tables.read(data)
            if counted.moments is not None and table.num_rows:
                counted.moments.update(tables.numbers_of(table, "features"), work.threads)
            listed = work.out.read(f"{PICTURES}/{name}")
            pictures = tables.read(listed)
            rejects = [
                (row["sequence"], row["image"], row["reason"], row["detail"])
                for row in pictures.select(["sequence", "image", "reason", "detail"]).to_pylist()
                if row["reason"]
            ]
            size = len(data) + len(listed)
            counted = merge_counted(counted, Counted(None, pictures.num_rows, table.num_rows, rejects, size, size, 1))
        yield counted

    return run


def transform_parts(work: Work, reduction: Reduction) -> Any:
    """For mapPartitions over numbers of parts: writes features_pca (and features_scaled) of each, tells their bytes."""

    def run(numbers: Iterable[int]) -> Iterator[Tuple[int, int]]:
        for number in numbers:
            name = tables.part_name(number)
            table = tables.read(work.out.read(f"{FEATURES}/{name}"))
            images, labels = table.column("image").to_pylist(), table.column("label").to_pylist()
            variants = table.column("variant").to_numpy() if "variant" in table.column_names else None
            scaled = reduction.scale(tables.numbers_of(table, "features"), work.threads)
            written = 0
            wanted = [("features_pca", reduction.reduce(scaled, work.threads))]
            if work.keep_scaled:
                wanted.append(("features_scaled", scaled))
            for column, values in wanted:
                data = tables.write(tables.numbers_table(column, images, labels, variants, values), column)
                work.out.write(f"{column}/{name}", data)
                written += len(data)
            yield number, written

    return run
