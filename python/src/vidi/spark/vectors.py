"""MLlib's vectors, and arrays of numbers, as they lie in Arrow's columns. Nothing here needs Spark.

A VectorUDT is struct<type: int8, size: int32, indices: list<int32>, values: list<double>>: type 1 is dense and has values
alone; type 0 is sparse.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..errors import InvalidArgument

_LISTS = (pa.ListArray, pa.LargeListArray, pa.FixedSizeListArray)
_ELEMENT = "element"
_FIELDS = [
    pa.field("type", pa.int8(), nullable=False),
    pa.field("size", pa.int32()),
    pa.field("indices", pa.list_(pa.field(_ELEMENT, pa.int32(), nullable=False))),
    pa.field("values", pa.list_(pa.field(_ELEMENT, pa.float64(), nullable=False))),
]


def matrix_of(column: pa.Array, name: str) -> np.ndarray:
    """The rows of a column of vectors, or of lists of float or double: shape (n, columns).

    float32 where the lists hold float, otherwise float64; without a copy where all rows are dense. `name` is for messages.
    Raises InvalidArgument: a row is null or of another length than the first, a number is null, or another type.
    """
    if column.null_count:
        raise InvalidArgument(f"{column.null_count} rows of column '{name}' are null: leave them out")
    if isinstance(column, pa.StructArray):
        return _vectors(column, name)
    if not isinstance(column, _LISTS) or column.type.value_type not in (pa.float32(), pa.float64()):
        raise InvalidArgument(f"column '{name}' holds {column.type}: expected vectors, or arrays of float or double")
    flat = column.flatten()
    if flat.null_count:
        raise InvalidArgument(f"{flat.null_count} numbers in column '{name}' are null")
    lengths = np.asarray(column.value_lengths())
    return flat.to_numpy(zero_copy_only=True).reshape(len(column), _only(lengths, name))


def _only(lengths: np.ndarray, name: str) -> int:
    """The length that all rows have."""
    if not len(lengths):
        return 0
    others = np.flatnonzero(lengths != lengths[0])
    if len(others):
        raise InvalidArgument(
            f"column '{name}' has rows of {lengths[0]} and of {lengths[others[0]]} numbers: all must have as many"
        )
    return int(lengths[0])


def _vectors(column: pa.StructArray, name: str) -> np.ndarray:
    dense = np.asarray(column.field("type")) == 1
    values = column.field("values")
    flat = values.flatten().to_numpy(zero_copy_only=True)
    counts = np.asarray(values.value_lengths())
    sizes = np.asarray(column.field("size").fill_null(0))
    columns = _only(np.where(dense, counts, sizes), name)
    if dense.all():
        return flat.reshape(len(column), columns)
    matrix = np.zeros((len(column), columns))
    of_dense = np.repeat(dense, counts)
    matrix[dense] = flat[of_dense].reshape(-1, columns)
    rows = np.repeat(np.flatnonzero(~dense), counts[~dense])
    sparse = column.field("indices").filter(pa.array(~dense))
    matrix[rows, np.asarray(sparse.flatten())] = flat[~of_dense]
    return matrix


def dense_vectors(matrix: np.ndarray) -> pa.StructArray:
    """Rows as dense vectors. `matrix`: float64 of shape (n, columns)."""
    rows, columns = matrix.shape
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * columns)
    values = pa.ListArray.from_arrays(offsets, pa.array(matrix.reshape(-1)), type=_FIELDS[3].type)
    kinds = pa.array(np.ones(rows, np.int8))
    nothing = [pa.nulls(rows, field.type) for field in _FIELDS[1:3]]
    return pa.StructArray.from_arrays([kinds, *nothing, values], fields=_FIELDS)
