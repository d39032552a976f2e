"""Features of the pictures of a DataFrame, for jobs of one's own; job.py is the job that `vidi features` is on one machine."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, FloatType, IntegerType, StringType, StructField, StructType

from ..errors import Error, Unavailable
from ..features import FeatureExtractor
from .moments import task_threads
from .opened import opened
from .pictures import choose_columns, kept_columns, read_anywhere, s3_settings
from .shipping import Model, ship_folder
from .versions import check_version

# Pictures that are computed together.
_PICTURES = 64
_BYTES = 64 << 20


@dataclass(frozen=True)
class _Network:
    """A backbone that was brought to the executors, and how it computes."""

    backbone: Model
    precision: str
    variants: int
    variants_seed: int
    max_bytes: int
    max_pixels: int
    calibration: bytes = field(repr=False)

    def open(self) -> FeatureExtractor:
        return FeatureExtractor(
            self.backbone.folder(),
            self.precision,
            threads=task_threads(),
            variants=self.variants,
            variants_seed=self.variants_seed,
            calibration=self.calibration,
            max_bytes=self.max_bytes,
            max_pixels=self.max_pixels,
        )


@dataclass(frozen=True)
class _Asked:
    """What `features` was called with, as every task needs it. `content` or `path` is a column, the other one is None."""

    network: _Network
    content: Optional[str]
    path: Optional[str]
    key: Optional[str]
    output: str
    settings: Tuple[Tuple[str, str], ...] = field(repr=False)  # of Spark, that say how S3 is asked


def features(
    df: DataFrame,
    backbone: Union[str, "os.PathLike[str]"] = "efficientnet-lite0",
    precision: str = "f32",
    *,
    content: Optional[str] = None,
    path: Optional[str] = None,
    key: Optional[str] = None,
    output: str = "features",
    variants: int = 1,
    variants_seed: int = 0,
    calibration: bytes = b"",
    max_bytes: int = 32 << 20,
    max_pixels: int = 64_000_000,
    **choice: Any,
) -> DataFrame:
    """A row of numbers for a picture a row. Lazy, as all of Spark's: the work is done when the result is used.

    `content` names a column of pictures' bytes, as Spark's binaryFile gives them ("content" without either); `path` a column
    of paths, which executors read themselves: files that they all see, or s3://. Where pictures are large, `path` spares
    Spark to carry them. `backbone`, `precision`, `calibration` and `choice` (weights, seed, pooling, size, cache) are those
    of vidi.FeatureExtractor, which the driver opens once; the network is brought to the executors, and each Python worker
    opens it once, with `spark.task.cpus` threads. `variants`: rows for each picture, itself among them, chosen by the row's
    `key`: by default `path`, or a column "path" beside `content`.

    Returns all columns but `content`, and with them: `output` (an array of float, null where the picture is refused), reason
    (one word) and detail (null where it is not), and with variants `variant`, from 0.

    Raises InvalidArgument (a column that is missing, of the wrong type or in the way), and what FeatureExtractor raises.
    """
    check_version(df.sparkSession)
    content, path, key = choose_columns(df, content, path, key)
    added = [StructField("reason", StringType()), StructField("detail", StringType())]
    if variants > 1:
        added.append(StructField("variant", IntegerType()))
    added.append(StructField(output, ArrayType(FloatType(), False)))
    kept = kept_columns(df, content, added, "features")
    extractor = FeatureExtractor(backbone, precision, variants=variants, calibration=calibration, **choice)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "backbone")
        extractor.save_backbone(place)
        shipped = ship_folder(df.sparkSession.sparkContext, place)
    network = _Network(shipped, precision, variants, variants_seed, max_bytes, max_pixels, calibration)
    asked = _Asked(network, content, path, key, output, s3_settings(df))

    def extract(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return extract_batches(asked, batches)

    return df.mapInArrow(extract, StructType([*kept, *added]))


def extract_batches(asked: _Asked, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What an executor does with a partition."""
    for batch in batches:
        # A batch without rows is passed on too: it has the columns.
        first = 0
        while first == 0 or first < batch.num_rows:
            rows, refused = _pictures(asked, batch.slice(first, _PICTURES))
            yield _with_features(asked, rows, refused)
            first += max(1, rows.num_rows)


def _pictures(asked: _Asked, batch: pa.RecordBatch) -> Tuple[pa.RecordBatch, Dict[int, Error]]:
    """The first rows, of so many pictures as are computed together, with the bytes in the column `content`; and the pictures
    that cannot be read."""
    if asked.content is not None:
        return batch, {}
    contents: List[Optional[bytes]] = []
    refused: Dict[int, Error] = {}
    size = 0
    settings = dict(asked.settings)
    for row, value in enumerate(batch.column(asked.path).to_pylist()):
        contents.append(None)
        try:
            contents[row] = picture = read_anywhere(value, asked.network.max_bytes, settings) if value is not None else b""
            size += len(picture)
        except Unavailable:
            raise  # Spark tries the task again
        except Error as wrong:
            refused[row] = wrong
        if size >= _BYTES:
            break
    rows = batch.slice(0, len(contents))
    columns = [*rows.columns, pa.array(contents, pa.large_binary())]
    return pa.RecordBatch.from_arrays(columns, names=[*rows.schema.names, _CONTENT]), refused


_CONTENT = "__content__"
_REASONS = {"not_found": "gone", "too_large": "too_large"}


def _with_features(asked: _Asked, rows: pa.RecordBatch, refused: Dict[int, Error]) -> pa.RecordBatch:
    answer = opened(asked.network)(rows, content=asked.content or _CONTENT, key=asked.key or "")
    columns = dict(zip(answer.schema.names, answer.columns))
    if refused:
        variants = asked.network.variants
        reasons, details = columns["reason"].to_pylist(), columns["detail"].to_pylist()
        for row, error in refused.items():
            for i in range(row * variants, (row + 1) * variants):
                reasons[i], details[i] = _REASONS.get(error.code, error.code), error.message
        columns["reason"], columns["detail"] = pa.array(reasons, pa.string()), pa.array(details, pa.string())
    numbers = columns.pop("features")
    columns[asked.output] = numbers.cast(pa.list_(pa.field("element", pa.float32(), nullable=False)))
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
