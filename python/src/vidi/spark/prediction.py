"""Recognizes the pictures of a DataFrame, and records what was recognized where vidi's servers record it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    ArrayType,
    DoubleType,
    IntegerType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from ..errors import Error, InvalidArgument, Unavailable
from ..prediction import Prediction
from ..recognition import CassandraRecords, Recognizer
from .identifiers import identifier
from .moments import task_threads
from .opened import opened
from .pictures import choose_columns, kept_columns, read_anywhere, s3_settings
from .shipping import Model, ship_model
from .versions import check_version

# Pictures that are recognized, and recorded, together.
_PICTURES = 64
_BYTES = 64 << 20

_CANDIDATE = StructType([StructField("label", StringType()), StructField("probability", DoubleType())])
_BOX = StructType([StructField(name, IntegerType()) for name in ("x", "y", "width", "height")])
_DIGIT = StructType([*_CANDIDATE.fields, StructField("box", _BOX), StructField("page", IntegerType())])
_ANSWER = [
    StructField("result", StringType()),
    StructField("confidence", DoubleType()),
    StructField("candidates", ArrayType(_CANDIDATE)),
    StructField("digits", ArrayType(_DIGIT)),
    StructField("reason", StringType()),
    StructField("error", StringType()),
    StructField("model", StringType()),
    StructField("version", StringType()),
]
_RECORDED = [StructField("id", StringType()), StructField("time", TimestampType())]
# The same in Arrow.
_candidate = pa.struct({"label": pa.string(), "probability": pa.float64()})
_box = pa.struct({name: pa.int32() for name in ("x", "y", "width", "height")})
_digit = pa.struct({"label": pa.string(), "probability": pa.float64(), "box": _box, "page": pa.int32()})
_TYPES = {
    "result": pa.string(),
    "confidence": pa.float64(),
    "candidates": pa.list_(_candidate),
    "digits": pa.list_(_digit),
    "reason": pa.string(),
    "error": pa.string(),
    "model": pa.string(),
    "version": pa.string(),
    "id": pa.string(),
    "time": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class _Records:
    """Where predictions are recorded. Nothing of how to get in is shown."""

    url: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    authorities: str = field(repr=False)

    def open(self) -> CassandraRecords:
        return CassandraRecords(self.url, user=self.user, password=self.password, authorities=self.authorities)


@dataclass(frozen=True)
class _Reading:
    """A model, and how it is asked."""

    model: Model
    version: Optional[int]
    candidates: int
    max_bytes: int
    max_pixels: int

    def open(self) -> Recognizer:
        return Recognizer(
            self.model.folder(),
            version=self.version,
            candidates=self.candidates,
            threads=task_threads(),
            max_bytes=self.max_bytes,
            max_pixels=self.max_pixels,
        )


@dataclass(frozen=True)
class _Job:
    """What `predict` was called with, as every task needs it. `content` or `path` is a column, the other one is None."""

    reading: _Reading
    content: Optional[str]
    path: Optional[str]
    key: Optional[str]
    filename: Optional[str]
    records: Optional[_Records]
    user: str
    name: bytes = field(repr=False)
    time: int
    settings: Tuple[Tuple[str, str], ...] = field(repr=False)  # of Spark, that say how S3 is asked


def predict(
    df: DataFrame,
    model: Union[str, os.PathLike[str]] = "models/fruits",
    *,
    content: Optional[str] = None,
    path: Optional[str] = None,
    version: Optional[int] = None,
    candidates: int = 5,
    records: Optional[str] = None,
    user: str = "",
    cassandra_user: Optional[str] = None,
    cassandra_password: Optional[str] = None,
    cassandra_authorities: Optional[str] = None,
    key: Optional[str] = None,
    filename: Optional[str] = None,
    job: Optional[str] = None,
    time: Optional[datetime] = None,
    max_bytes: int = 32 << 20,
    max_pixels: int = 64_000_000,
) -> DataFrame:
    """Recognizes a picture a row. Lazy, as all of Spark's: the work is done when the result is used, and each time it is.

    `content` names a column of pictures' bytes, as Spark's binaryFile gives them ("content" without either); `path` a column
    of paths, which executors read themselves: files that they all see, or s3:// (s3a:// is the same), asked as Spark's
    fs.s3a settings and AWS's usual variables say. Where pictures are large, `path` spares Spark to carry them.

    `model` is a folder that the driver has, which is brought to the executors; one that comes with the package ("fruits" or
    "models/fruits"); or the absolute path of a folder that executors have. `version`: its latest without. Each Python worker
    loads it once, and uses `spark.task.cpus` threads.

    Returns all columns but `content`, and with them: result, confidence (0 to 1), candidates (an array of label and
    probability), digits (an array of label, probability, box in pixels, page), reason (why there is no result), error (null,
    or why this picture was refused, as "undecodable: ..."; then the others are null), model, version; and where they are
    recorded, id (a UUID) and time.

    `records`: cassandra://HOST[,HOST...][:PORT]/KEYSPACE?OPTIONS, vidi's own tables, which are made where they are missing.
    `cassandra_user`, `cassandra_password` and `cassandra_authorities` (a PEM file that executors have; implies TLS) are by
    default the driver's VIDI_CASSANDRA_USER, VIDI_CASSANDRA_PASSWORD and VIDI_CASSANDRA_AUTHORITIES; they stand in no plan
    and no log. `user` is recorded with the predictions; `filename` names a column of file names that are, whose endings must
    be right, as a server demands. What this returns has been recorded durably; a picture that is refused is not. When the
    cluster cannot be reached the task fails, and Spark tries it again.

    Recorded once: the identifier is a UUID version 7 whose time is fixed when this is called (in the second before), and
    whose other bits are of SHA-256 over the job's random key, the row's key and its content. So a task that is tried again
    or run twice, or a second evaluation of the same DataFrame, records the same rows and no others. `key` names the column
    of the row's key: by default `path`, or a column "path" beside `content`; without one, equal contents are one record. A
    second call of `predict` is another job, unless both are given the same `job` (any text) and `time` (with a zone).

    Raises InvalidArgument (a column that is missing, of the wrong type or in the way, an address that is none), NotFound (no
    such model), Unavailable (the records' cluster gives no answer).
    """
    check_version(df.sparkSession)
    content, path, key = choose_columns(df, content, path, key, filename)
    added = [*_ANSWER, *(_RECORDED if records else [])]
    kept = kept_columns(df, content, added, "predict")
    asked = _Job(
        _Reading(ship_model(df.sparkSession, model, version), version, candidates, max_bytes, max_pixels),
        content,
        path,
        key,
        filename,
        _check_records(records, cassandra_user, cassandra_password, cassandra_authorities),
        user,
        job.encode() if job is not None else secrets.token_bytes(32),
        _microseconds(time),
        s3_settings(df),
    )

    def recognize(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return recognize_batches(asked, batches)

    return df.mapInArrow(recognize, StructType([*kept, *added]))


def _check_records(
    url: Optional[str], user: Optional[str], password: Optional[str], authorities: Optional[str]
) -> Optional[_Records]:
    """Opens them once, so that tables are made by one, and what is wrong is said before a job runs."""
    if url is None:
        return None
    given = {"USER": user, "PASSWORD": password, "AUTHORITIES": authorities}
    access = [os.environ.get(f"VIDI_CASSANDRA_{name}", "") if value is None else value for name, value in given.items()]
    records = _Records(url, *access)
    records.open()
    return records


def _microseconds(time: Optional[datetime]) -> int:
    if time is None:
        time = datetime.now(timezone.utc)
    if time.tzinfo is None:
        raise InvalidArgument(f"the time {time} has no zone: give it one, such as datetime.timezone.utc")
    since = time - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def recognize_batches(job: _Job, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What an executor does with a partition."""
    for batch in batches:
        # A batch without rows is passed on too: it has the columns.
        first = 0
        while first == 0 or first < batch.num_rows:
            pictures = _read(job, batch.slice(first))
            rows = batch.slice(first, len(pictures))
            yield _with_answers(job, rows, _answers(job, rows, pictures))
            first += max(1, len(pictures))


def _read(job: _Job, batch: pa.RecordBatch) -> List[Union[bytes, Error]]:
    """The bytes of the first rows' pictures: of so many as are recognized together."""
    column = batch.column(job.content or job.path)
    pictures: List[Union[bytes, Error]] = []
    size = 0
    for value in column.slice(0, _PICTURES):
        pictures.append(_picture(job, value.as_py()))
        size += len(pictures[-1]) if isinstance(pictures[-1], bytes) else 0
        if size >= _BYTES:
            break
    return pictures


def _picture(job: _Job, value: Any) -> Union[bytes, Error]:
    if value is None:
        return InvalidArgument(f"column '{job.content or job.path}' is null")
    if job.content:
        return bytes(value)
    try:
        return read_anywhere(value, job.reading.max_bytes, dict(job.settings))
    except Unavailable:
        raise  # the task is tried again: the picture may be good
    except Error as wrong:
        return wrong


def _answers(job: _Job, rows: pa.RecordBatch, pictures: List[Union[bytes, Error]]) -> List[Union[Prediction, Error]]:
    """Of the rows' pictures, in their order; recorded where the job records."""
    if not pictures:
        return []
    recognizer: Recognizer = opened(job.reading)
    given = [(row, picture) for row, picture in enumerate(pictures) if isinstance(picture, bytes)]
    if job.records is None:
        found = recognizer.predict_each([picture for _, picture in given])
    else:
        keys = rows.column(job.key).to_pylist() if job.key else None
        names = rows.column(job.filename).to_pylist() if job.filename else None
        asked = []
        for row, picture in given:
            named = None if keys is None or keys[row] is None else str(keys[row])
            made = identifier(job.name, job.time, named, picture)
            asked.append((picture, names[row] if names else None, made))
        found = recognizer.record_each(asked, opened(job.records), job.user)
    by_row = {row: answer for (row, _), answer in zip(given, found)}
    return [by_row[row] if isinstance(picture, bytes) else picture for row, picture in enumerate(pictures)]


def _with_answers(job: _Job, rows: pa.RecordBatch, answers: List[Union[Prediction, Error]]) -> pa.RecordBatch:
    recognizer = opened(job.reading) if answers else None
    columns: Dict[str, Any] = {name: rows.column(name) for name in rows.schema.names if name != job.content}
    for name in [field.name for field in (*_ANSWER, *(_RECORDED if job.records else []))]:
        values = [_value(name, answer, recognizer) for answer in answers]
        columns[name] = pa.array(values, _TYPES[name])
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _value(name: str, answer: Union[Prediction, Error], recognizer: Any) -> Any:
    if name in ("model", "version"):
        return recognizer.name if name == "model" else recognizer.version
    if isinstance(answer, Error):
        return f"{answer.code}: {answer.message}" if name == "error" else None
    if name == "error":
        return None
    if name == "candidates":
        return [vars(each) for each in answer.candidates]
    if name == "digits":
        return [{**vars(each), "box": vars(each.box)} for each in answer.digits]
    return getattr(answer, name)
