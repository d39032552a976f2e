"""The Parquet files of a job, as `vidi features` writes them: docs/reference/formats/features.md describes the columns."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..statistics import Reduction

_ROWS_OF_GROUP = 1024


def _text(name: str) -> pa.Field:
    return pa.field(name, pa.string(), nullable=False)


PICTURES = pa.schema(
    [
        pa.field("sequence", pa.int64(), nullable=False),
        _text("image"),
        _text("label"),
        pa.field("size", pa.int64(), nullable=False),
        _text("version"),
        _text("reason"),
        _text("detail"),
    ]
)
REJECTS = pa.schema([_text("image"), _text("reason"), _text("detail")])


def clean(text: str) -> str:
    """A name whose bytes are no UTF-8, as far as it can be written."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def part_name(number: int) -> str:
    return f"part-{number:05}.parquet"


def write(table: pa.Table, numbers: Optional[str] = None) -> pa.Buffer:
    """A Parquet file of the table. `numbers`: a column of lists of floats, which nothing would make smaller."""
    compressed = {name: "ZSTD" for name in _leaves(table.schema)}
    if numbers:
        compressed[f"{numbers}.list.element"] = "NONE"
    sink = pa.BufferOutputStream()
    others = [name for name in compressed if not numbers or not name.startswith(f"{numbers}.")]
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression=compressed,
        use_dictionary=others,
        write_statistics=others,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(table, row_group_size=_ROWS_OF_GROUP)
    return sink.getvalue()


def _leaves(schema: pa.Schema) -> List[str]:
    return [
        f"{column.name}.list.element" if pa.types.is_fixed_size_list(column.type) else column.name for column in schema
    ]


def numbers_table(
    name: str,
    images: Sequence[str],
    labels: Sequence[str],
    variants: Optional[np.ndarray],
    values: np.ndarray,
) -> pa.Table:
    """A row an image or a variant of one. `values`: float32 of shape (rows, columns). `name`: features, features_pca or
    features_scaled."""
    kind = pa.list_(pa.field("element", pa.float32(), nullable=False), values.shape[1])
    lists = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(values).reshape(-1)), type=kind)
    columns: Dict[str, Any] = {"image": pa.array(images, pa.string()), "label": pa.array(labels, pa.string())}
    fields = [_text("image"), _text("label")]
    if variants is not None:
        columns["variant"] = pa.array(variants, pa.int32())
        fields.append(pa.field("variant", pa.int32(), nullable=False))
    columns[name] = lists
    fields.append(pa.field(name, kind, nullable=False))
    return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))


def numbers_of(table: pa.Table, name: str) -> np.ndarray:
    """float32 of shape (rows, columns)."""
    column = table.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    width = column.type.list_size
    values: np.ndarray = column.flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float32, copy=False).reshape(-1, width)


def read(data: bytes, columns: Optional[List[str]] = None) -> pa.Table:
    return pq.read_table(pa.BufferReader(data), columns=columns)


def scaler_table(reduction: Reduction) -> pa.Table:
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(reduction.mean), dtype=np.int32)),
            pa.array(reduction.mean),
            pa.array(reduction.deviation),
        ],
        schema=pa.schema(
            [
                pa.field("column", pa.int32(), nullable=False),
                pa.field("mean", pa.float64(), nullable=False),
                pa.field("deviation", pa.float64(), nullable=False),
            ]
        ),
    )


def pca_table(reduction: Reduction) -> pa.Table:
    components = reduction.components
    kind = pa.list_(pa.field("element", pa.float64(), nullable=False), components.shape[1])
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(components), dtype=np.int32)),
            pa.array(reduction.explained_variance),
            pa.array(reduction.explained_variance_ratio),
            pa.FixedSizeListArray.from_arrays(pa.array(components.reshape(-1)), type=kind),
        ],
        schema=pa.schema(
            [
                pa.field("component", pa.int32(), nullable=False),
                pa.field("explained_variance", pa.float64(), nullable=False),
                pa.field("explained_variance_ratio", pa.float64(), nullable=False),
                pa.field("loadings", kind, nullable=False),
            ]
        ),
    )


def read_reduction(scaler: bytes, pca: bytes) -> Reduction:
    means = read(scaler)
    components = read(pca)
    loadings = components.column("loadings").combine_chunks()
    if isinstance(loadings, pa.ChunkedArray):
        loadings = loadings.chunk(0)
    width = loadings.type.list_size
    return Reduction(
        means.column("mean").to_numpy(),
        means.column("deviation").to_numpy(),
        loadings.flatten().to_numpy(zero_copy_only=False).reshape(-1, width),
        components.column("explained_variance").to_numpy(),
        components.column("explained_variance_ratio").to_numpy(),
    )
