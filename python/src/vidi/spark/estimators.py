"""MLlib's StandardScaler and PCA as one estimator, counted natively.

MLlib's own PCA adds a packed matrix of columns x columns / 2 for every row and passes over the data twice. Here one pass
counts the moments of blocks of rows, and the driver solves for components in double precision.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, Optional

import numpy as np
import pyarrow as pa
from pyspark import keyword_only
from pyspark.ml import Estimator, Model
from pyspark.ml.linalg import DenseMatrix, DenseVector, MatrixUDT, VectorUDT
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import (
    DefaultParamsReadable,
    DefaultParamsReader,
    DefaultParamsWritable,
    DefaultParamsWriter,
    MLReadable,
    MLReader,
    MLWritable,
    MLWriter,
)
from pyspark.sql import DataFrame
from pyspark.sql.types import StructField, StructType

from ..errors import InvalidArgument, NotFound
from ..statistics import solve_pca
from .moments import check_column, count_moments
from .vectors import dense_vectors, matrix_of
from .versions import check_version

# Rows that are scaled at once: of 2,048 columns they take 16.8 MB.
_ROWS = 1024


class _Parameters(HasInputCol, HasOutputCol):
    """MLlib's parameters of StandardScaler and PCA, and their defaults here."""

    withMean: Param = Param(
        Params._dummy(), "withMean", "whether the mean is subtracted before rows are reduced", TypeConverters.toBoolean
    )
    withStd: Param = Param(
        Params._dummy(), "withStd", "whether columns are divided by their deviation", TypeConverters.toBoolean
    )
    k: Param = Param(Params._dummy(), "k", "the number of principal components (> 0)", TypeConverters.toInt)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._setDefault(inputCol="features", outputCol="features_pca", withMean=True, withStd=True, k=100)

    def getWithMean(self) -> bool:
        return self.getOrDefault(self.withMean)

    def getWithStd(self) -> bool:
        return self.getOrDefault(self.withStd)

    def getK(self) -> int:
        return self.getOrDefault(self.k)

    def _check(self, dataset: DataFrame) -> None:
        check_version(dataset.sparkSession)
        check_column(dataset, self.getInputCol())
        if self.getOutputCol() in dataset.columns:
            raise InvalidArgument(f"there is a column '{self.getOutputCol()}' already: choose another outputCol")


class StandardScalerPCA(Estimator, _Parameters, DefaultParamsReadable, DefaultParamsWritable):
    """Fits a standard scaler, and the principal components of what it makes of rows.

    `inputCol`: vectors (dense or sparse), or arrays of float or double; all of one length, at most 23,000. `outputCol`: `k`
    doubles as a vector. What it fits is what MLlib's StandardScaler and PCA fit, one after the other; a component's sign is
    arbitrary, and here its largest entry is positive.

    `withStd` is True as MLlib's. `withMean` is True, where MLlib's is False: MLlib spares its users a subtraction that
    makes sparse rows dense, but reduced rows are dense anyway; and these are then the numbers of `vidi features` and of
    `vidi.solve_pca`. Components are those of the covariance either way: withMean=False only moves every reduced row by one
    vector, to where MLlib's defaults have it. `inputCol`, `outputCol` and `k` have defaults that fit vidi's own tables:
    "features", "features_pca", 100.

    `fit` raises vidi.InvalidArgument: no such column or another type, no rows, rows that are null, of different lengths or
    with a number that is not finite, or a `k` that is more than there are columns or rows less one.

        model = StandardScalerPCA(inputCol="features", outputCol="reduced", k=100).fit(df)
    """

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: Optional[str] = None,
        outputCol: Optional[str] = None,
        withMean: Optional[bool] = None,
        withStd: Optional[bool] = None,
        k: Optional[int] = None,
    ) -> None:
        check_version()
        super().__init__()
        self.setParams(**self._input_kwargs)  # type: ignore[attr-defined]

    @keyword_only
    def setParams(
        self,
        *,
        inputCol: Optional[str] = None,
        outputCol: Optional[str] = None,
        withMean: Optional[bool] = None,
        withStd: Optional[bool] = None,
        k: Optional[int] = None,
    ) -> StandardScalerPCA:
        """Sets what is given."""
        return self._set(**self._input_kwargs)  # type: ignore[attr-defined]

    def setInputCol(self, value: str) -> StandardScalerPCA:
        return self._set(inputCol=value)

    def setOutputCol(self, value: str) -> StandardScalerPCA:
        return self._set(outputCol=value)

    def setWithMean(self, value: bool) -> StandardScalerPCA:
        return self._set(withMean=value)

    def setWithStd(self, value: bool) -> StandardScalerPCA:
        return self._set(withStd=value)

    def setK(self, value: int) -> StandardScalerPCA:
        return self._set(k=value)

    def _fit(self, dataset: DataFrame) -> StandardScalerPCAModel:
        self._check(dataset)
        k = self.getK()
        if k < 1:
            raise InvalidArgument(f"k is {k}: there must be 1 component or more")
        moments = count_moments(dataset, self.getInputCol())
        possible = min(moments.columns, moments.rows - 1)
        if k > possible:
            raise InvalidArgument(
                f"k is {k}: {moments.rows} rows of {moments.columns} columns have {possible} principal components"
            )
        solved = solve_pca(moments, k, with_mean=self.getWithMean(), with_std=self.getWithStd())
        model = StandardScalerPCAModel(solved.mean, solved.deviation, solved.components, solved.explained_variance_ratio)
        return self._copyValues(model._resetUid(self.uid))


class StandardScalerPCAModel(Model, _Parameters, MLReadable, MLWritable):
    """Scales and reduces rows, in double precision. What `StandardScalerPCA.fit` gives, or `load`.

    `transform` adds `outputCol`, vectors of k doubles, to a DataFrame whose `inputCol` holds vectors, or arrays of float or
    double, of as many numbers as were fitted. A number that is not finite makes its row NaN, as MLlib's do; a row that is
    null or of another length ends the job with an error that says so.
    """

    def __init__(
        self,
        mean: Optional[np.ndarray] = None,
        std: Optional[np.ndarray] = None,
        components: Optional[np.ndarray] = None,
        explained_variance_ratio: Optional[np.ndarray] = None,
    ) -> None:
        """Of arrays of float64: mean and std (columns,), components (k, columns), explained_variance_ratio (k,)."""
        super().__init__()
        empty = np.zeros(0)
        self._mean = empty if mean is None else np.asarray(mean)
        self._std = empty if std is None else np.asarray(std)
        self._components = np.zeros((0, 0)) if components is None else np.asarray(components)
        self._ratio = empty if explained_variance_ratio is None else np.asarray(explained_variance_ratio)

    def setInputCol(self, value: str) -> StandardScalerPCAModel:
        return self._set(inputCol=value)

    def setOutputCol(self, value: str) -> StandardScalerPCAModel:
        return self._set(outputCol=value)

    @property
    def mean(self) -> DenseVector:
        """Of each column."""
        return DenseVector(self._mean)

    @property
    def std(self) -> DenseVector:
        """Of each column, the sample's. A column without deviation is not divided, but becomes 0, as in MLlib."""
        return DenseVector(self._std)

    @property
    def pc(self) -> DenseMatrix:
        """A column for each component: (columns, k)."""
        k, columns = self._components.shape
        return DenseMatrix(columns, k, self._components.ravel())

    @property
    def explainedVariance(self) -> DenseVector:
        """Of each component, its part of the variance of all columns, from 0 to 1; as MLlib's."""
        return DenseVector(self._ratio)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        self._check(dataset)
        column, mean, std, components = self.getInputCol(), self._mean, self._std, self._components
        shift = mean if self.getWithMean() else np.zeros_like(mean)
        factor = np.ones_like(std)
        if self.getWithStd():
            factor = np.divide(1.0, std, out=np.zeros_like(std), where=std != 0)

        def scale_and_reduce(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                reduced = _reduced(matrix_of(batch.column(column), column), shift, factor, components, column)
                fields = [*batch.schema, pa.field(output, reduced.type)]
                yield pa.RecordBatch.from_arrays([*batch.columns, reduced], schema=pa.schema(fields))

        output = self.getOutputCol()
        schema = StructType([*dataset.schema.fields, StructField(output, VectorUDT(), False)])
        return dataset.mapInArrow(scale_and_reduce, schema)

    def write(self) -> MLWriter:
        return _ModelWriter(self)

    @classmethod
    def read(cls) -> MLReader:
        return _ModelReader()

    def __repr__(self) -> str:
        k, columns = self._components.shape
        return f"StandardScalerPCAModel: uid={self.uid}, k={k}, numFeatures={columns}"


def _reduced(
    rows: np.ndarray, shift: np.ndarray, factor: np.ndarray, components: np.ndarray, column: str
) -> pa.StructArray:
    """numpy has as many threads as Spark gives a task's Python (OMP_NUM_THREADS)."""
    if len(rows) and rows.shape[1] != len(shift):
        raise InvalidArgument(f"column '{column}' has rows of {rows.shape[1]} numbers: the model was fitted to {len(shift)}")
    reduced = np.empty((len(rows), len(components)))
    for first in range(0, len(rows), _ROWS):
        scaled = (rows[first : first + _ROWS] - shift) * factor
        np.matmul(scaled, components.T, out=reduced[first : first + _ROWS])
    return dense_vectors(reduced)


class _ModelWriter(MLWriter):
    """Parameters as MLlib writes them, under metadata/; mean, std, pc and explainedVariance as a row of Parquet, under
    data/."""

    def __init__(self, model: StandardScalerPCAModel) -> None:
        super().__init__()
        self._model = model

    def saveImpl(self, path: str) -> None:
        spark, model = self.sparkSession, self._model
        DefaultParamsWriter.saveMetadata(model, path, spark.sparkContext)
        schema = StructType(
            [
                StructField("mean", VectorUDT()),
                StructField("std", VectorUDT()),
                StructField("pc", MatrixUDT()),
                StructField("explainedVariance", VectorUDT()),
            ]
        )
        row = (model.mean, model.std, model.pc, model.explainedVariance)
        spark.createDataFrame([row], schema).coalesce(1).write.parquet(os.path.join(path, "data"))


class _ModelReader(MLReader):
    def load(self, path: str) -> StandardScalerPCAModel:
        """Raises NotFound: there is no such model; InvalidArgument: it is another class's."""
        spark = self.sparkSession
        metadata: Dict[str, Any] = DefaultParamsReader.loadMetadata(path, spark.sparkContext)
        expected = f"{StandardScalerPCAModel.__module__}.{StandardScalerPCAModel.__name__}"
        if metadata["class"] != expected:
            raise InvalidArgument(f"{path} holds a {metadata['class']}, and no {expected}")
        row = spark.read.parquet(os.path.join(path, "data")).first()
        if row is None:
            raise NotFound(f"{path} holds the parameters of a model, and no data")
        model = StandardScalerPCAModel(
            row["mean"].toArray(),
            row["std"].toArray(),
            np.ascontiguousarray(row["pc"].toArray().T),
            row["explainedVariance"].toArray(),
        )
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model
