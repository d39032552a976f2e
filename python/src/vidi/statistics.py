"""Moments of tables that can be counted apart and merged, and the principal components that they give."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
import pyarrow as pa

from .errors import InvalidArgument
from .library import native


def _matrix(rows: Any, columns: int) -> np.ndarray:
    """Rows as a matrix of float32 or float64, without a copy where they are one."""
    if isinstance(rows, pa.ChunkedArray):
        rows = rows.combine_chunks()
    if isinstance(rows, pa.FixedSizeListArray):
        if rows.null_count:
            raise InvalidArgument(f"{rows.null_count} of {len(rows)} rows are null: leave them out")
        rows = rows.flatten().to_numpy(zero_copy_only=True).reshape(-1, rows.type.list_size)
    elif isinstance(rows, (pa.ListArray, pa.LargeListArray)):
        flat = rows.flatten().to_numpy(zero_copy_only=False)
        if len(rows) and (rows.null_count or len(flat) != len(rows) * columns):
            raise InvalidArgument(f"the lists must have {columns} numbers each, and none may be null")
        rows = flat.reshape(-1, columns)
    matrix = np.asarray(rows)
    if matrix.ndim != 2:
        raise InvalidArgument(f"an array of shape {matrix.shape}: expected rows and columns")
    kind = matrix.dtype if matrix.dtype in (np.float32, np.float64) else np.float64
    return np.ascontiguousarray(matrix, dtype=kind)


class Moments:
    """Number of rows, means and centered cross-products of a table's columns, in double precision.

    Parts of a table can be counted apart, in other processes too, and merged. Of 2,048 columns they take 16.8 MB. Can be
    pickled. One thread at a time changes it.
    """

    def __init__(self, columns: int) -> None:
        """Of no rows. Raises InvalidArgument: `columns` is 0 or over 65,536."""
        if columns < 0:
            raise InvalidArgument(f"moments of {columns} columns: there must be 1 to 65536")
        self._native = native.Moments(columns)

    @property
    def rows(self) -> int:
        return int(self._native.rows)

    @property
    def columns(self) -> int:
        return int(self._native.columns)

    @property
    def means(self) -> np.ndarray:
        """float64 of shape (columns,)."""
        return np.asarray(self._native.means)

    @property
    def covariance(self) -> np.ndarray:
        """Of the sample (divided by rows - 1): float64 of shape (columns, columns)."""
        full = np.zeros((self.columns, self.columns))
        upper = np.triu_indices(self.columns)
        full[upper] = self._native.cross_products
        full.T[upper] = full[upper]
        return full / max(self.rows - 1, 1)

    def update(self, rows: Any, threads: int = 0) -> "Moments":
        """Adds rows: an array of float32 or float64, shape (n, columns), or a column of lists of Arrow; without a copy where
        it lies row after row. `threads`: 0 is one a processor. Returns itself.

        Raises InvalidArgument, and adds nothing: another number of columns, or a number that is not finite.
        """
        self._native.update(_matrix(rows, self.columns), threads)
        return self

    def merge(self, other: "Moments") -> "Moments":
        """Adds the rows that `other` has counted. Returns itself. Raises InvalidArgument: another number of columns."""
        self._native.merge(other._native)
        return self

    def to_bytes(self) -> bytes:
        """In the form that docs/reference/formats/moments.md describes."""
        return bytes(self._native.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Moments":
        """Raises InvalidArgument: they are not the bytes of moments, or damaged."""
        moments = cls.__new__(cls)
        moments._native = native.Moments.from_bytes(data)
        return moments

    def __reduce__(self) -> Tuple[Any, Tuple[bytes]]:
        return Moments.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        return f"Moments({self.rows} rows of {self.columns} columns)"


class Reduction:
    """A standard scaler, and principal components of what it makes of rows.

    The scaler is as Spark MLlib's: the sample's deviation, and a column without deviation becomes 0. Components are rows of
    length 1, by falling variance, the largest entry of each positive. Can be pickled. Any number of threads may use one.
    """

    def __init__(
        self,
        mean: np.ndarray,
        deviation: np.ndarray,
        components: np.ndarray,
        explained_variance: np.ndarray,
        explained_variance_ratio: np.ndarray,
        *,
        with_mean: bool = True,
        with_std: bool = True,
    ) -> None:
        """Of what was kept elsewhere, in the shapes of the properties. Raises InvalidArgument: shapes that do not belong
        together, or a number that is not finite."""
        arrays = (mean, deviation, components, explained_variance, explained_variance_ratio)
        means, deviations, *kept = (np.ascontiguousarray(array, dtype=np.float64) for array in arrays)
        self.with_mean = with_mean
        self.with_std = with_std
        self._native = native.Reduction.from_parts(means, deviations, with_mean, with_std, kept[0], kept[1], kept[2])

    @property
    def mean(self) -> np.ndarray:
        """float64 of shape (columns,)."""
        return np.asarray(self._native.mean)

    @property
    def deviation(self) -> np.ndarray:
        """float64 of shape (columns,)."""
        return np.asarray(self._native.deviation)

    @property
    def components(self) -> np.ndarray:
        """float64 of shape (k, columns)."""
        return np.asarray(self._native.components)

    @property
    def explained_variance(self) -> np.ndarray:
        """float64 of shape (k,)."""
        return np.asarray(self._native.explained_variance)

    @property
    def explained_variance_ratio(self) -> np.ndarray:
        """float64 of shape (k,): of the variance of all columns."""
        return np.asarray(self._native.explained_variance_ratio)

    def scale(self, rows: Any, threads: int = 0) -> np.ndarray:
        """Rows with mean 0 and deviation 1: float32 of the same shape (n, columns)."""
        return np.asarray(self._native.scale(_matrix(rows, len(self.mean)).astype(np.float32, copy=False), threads))

    def transform(self, rows: Any, threads: int = 0) -> np.ndarray:
        """Rows scaled and reduced: float32 of shape (n, k). Raises InvalidArgument: another number of columns."""
        return np.asarray(self._native.reduce(self.scale(rows, threads), threads))

    def reduce(self, scaled: np.ndarray, threads: int = 0) -> np.ndarray:
        """Rows that `scale()` gave, reduced: float32 of shape (n, k)."""
        return np.asarray(self._native.reduce(np.ascontiguousarray(scaled, dtype=np.float32), threads))

    def __reduce__(self) -> Tuple[Any, Tuple[Any, ...]]:
        parts = (self.mean, self.deviation, self.components, self.explained_variance, self.explained_variance_ratio)
        return _reduction, (*parts, self.with_mean, self.with_std)


def _reduction(*parts: Any) -> Reduction:
    *arrays, with_mean, with_std = parts
    return Reduction(*arrays, with_mean=with_mean, with_std=with_std)


def solve_pca(
    moments: Moments,
    components: int = 100,
    *,
    with_mean: bool = True,
    with_std: bool = True,
    solver: str = "auto",
    threads: int = 0,
) -> Reduction:
    """The scaler of the rows that were counted, and the principal components of what it makes of them.

    At most as many components as there are rows less one, or columns. `solver`: "exact", "randomized" (many columns, some
    digits), or "auto": exact up to 20,000 columns. `threads`: 0 is one a processor.

    Raises InvalidArgument: fewer than 2 rows, no components.
    """
    if components < 1:
        raise InvalidArgument(f"{components} components: there must be 1 or more")
    if moments.rows < 2:
        raise InvalidArgument(f"principal components need at least 2 rows; there are {moments.rows}")
    possible = min(components, moments.rows - 1, moments.columns)
    reduction = Reduction.__new__(Reduction)
    reduction.with_mean = with_mean
    reduction.with_std = with_std
    reduction._native = native.Reduction.solve(moments._native, possible, with_mean, with_std, solver, threads)
    return reduction
