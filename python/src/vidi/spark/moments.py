"""The moments of a column, counted by the executors and merged among them."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import Iterator, Optional

import pyarrow as pa
from pyspark import TaskContext
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DoubleType, FloatType, Row

from ..errors import InvalidArgument
from ..statistics import Moments
from .vectors import matrix_of
from .versions import check_version

# Above that a part's moments would not fit into one value of Spark's, which has less than 2^31 bytes.
MOST_COLUMNS = 23_000
# Of a merge, so that no process holds many at once: of 2,048 columns each has 16.8 MB.
_PARTS_OF_A_MERGE = 8


@dataclass
class _Part:
    """The moments of some rows, or what was wrong with one of them. Neither where there were no rows."""

    moments: Optional[Moments] = None
    wrong: Optional[str] = None


def task_threads() -> int:
    """The processors that this task may use: `spark.task.cpus`, or what its resource profile says."""
    context = TaskContext.get()
    return max(1, context.cpus()) if context else 1


@contextlib.contextmanager
def job_description(spark: SparkSession, text: str) -> Iterator[None]:
    """What Spark's page calls the jobs of this thread meanwhile."""
    context = spark.sparkContext
    before = context.getLocalProperty("spark.job.description")
    context.setLocalProperty("spark.job.description", text)
    try:
        yield
    finally:
        context.setLocalProperty("spark.job.description", before)  # type: ignore[arg-type]


def check_column(dataset: DataFrame, column: str) -> None:
    """Raises InvalidArgument: there is no such column, or it holds neither vectors nor arrays of float or double."""
    if column not in dataset.columns:
        raise InvalidArgument(f"there is no column '{column}': there are {', '.join(dataset.columns)}")
    kind = dataset.schema[column].dataType
    numbers = isinstance(kind, ArrayType) and isinstance(kind.elementType, (FloatType, DoubleType))
    if not numbers and not isinstance(kind, VectorUDT):
        raise InvalidArgument(
            f"column '{column}' holds {kind.simpleString()}: expected vectors of pyspark.ml, or arrays of float or double"
        )


def moments_of(columns: Iterator[pa.Array], name: str) -> Optional[Moments]:
    """Of all rows; None where there are none. Raises InvalidArgument."""
    moments = None
    for column in columns:
        matrix = matrix_of(column, name)
        if not len(matrix):
            continue
        if moments is None:
            if matrix.shape[1] > MOST_COLUMNS:
                raise InvalidArgument(
                    f"the rows of column '{name}' have {matrix.shape[1]} numbers: Spark can carry the moments of {MOST_COLUMNS}"
                )
            moments = Moments(matrix.shape[1])
        if matrix.shape[1] != moments.columns:
            raise _unlike(name, moments.columns, matrix.shape[1])
        try:
            moments.update(matrix, task_threads())
        except InvalidArgument as wrong:
            raise InvalidArgument(f"in a batch of column '{name}' {wrong.message}") from wrong
    return moments


def _unlike(name: str, some: int, others: int) -> InvalidArgument:
    return InvalidArgument(f"column '{name}' has rows of {some} and of {others} numbers: all must have as many")


def _part_of(row: Row) -> _Part:
    return _Part(Moments.from_bytes(bytes(row.moments)) if row.moments is not None else None, row.wrong)


def _merge(one: _Part, other: _Part, name: str) -> _Part:
    if one.wrong or other.wrong:
        return _Part(wrong=one.wrong or other.wrong)
    if one.moments is None or other.moments is None:
        return other if one.moments is None else one
    if one.moments.columns != other.moments.columns:
        return _Part(wrong=_unlike(name, one.moments.columns, other.moments.columns).message)
    return _Part(one.moments.merge(other.moments))


def count_moments(dataset: DataFrame, column: str) -> Moments:
    """The moments of a column's rows. Each partition is counted natively where it lies, in double precision; the parts are
    merged among the executors, so that few reach the driver.

    `column`: vectors, or arrays of float (which are not widened first) or double. Raises InvalidArgument: no such column,
    another type, no rows, a row that is null or of another length, a number that is null or not finite.
    """
    check_version(dataset.sparkSession)
    check_column(dataset, column)

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counted, wrong = None, None
        try:
            moments = moments_of((batch.column(0) for batch in batches), column)
            counted = moments.to_bytes() if moments else None
        except InvalidArgument as error:
            wrong = error.message  # as a value: trying a task again would not help, and its error would hide in a trace
        if counted is not None or wrong is not None:
            yield pa.RecordBatch.from_pydict(
                {"moments": pa.array([counted], pa.binary()), "wrong": pa.array([wrong], pa.string())}
            )

    with job_description(dataset.sparkSession, f"Moments of column {column}"):
        rows = dataset.select(f"`{column}`").mapInArrow(count, "moments binary, wrong string").rdd
        depth = max(1, math.ceil(math.log(max(rows.getNumPartitions(), 1), _PARTS_OF_A_MERGE)))
        whole = rows.map(_part_of).treeAggregate(
            _Part(), lambda one, other: _merge(one, other, column), lambda one, other: _merge(one, other, column), depth
        )
    if whole.wrong:
        raise InvalidArgument(whole.wrong)
    if whole.moments is None:
        raise InvalidArgument(f"there are no rows in column '{column}'")
    return whole.moments
