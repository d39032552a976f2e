"""Features of pictures: rows of numbers that say what a picture looks like."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import pyarrow as pa

from .errors import InvalidArgument, NotFound, from_code
from .library import BACKBONES, native

Picture = Union[bytes, str, "os.PathLike[str]"]

# A rejection's word, and the code of the error that it becomes.
_CODES = {
    "undecodable": "undecodable",
    "unsupported": "unsupported_media",
    "too_large": "too_large",
    "gone": "not_found",
    "forbidden": "forbidden",
    "not_finite": "internal",
}


class Rejection(NamedTuple):
    """A picture without features."""

    row: int
    """Its row in the batch, from 0."""
    reason: str
    """One word: undecodable, unsupported, too_large, not_finite."""
    detail: str
    """The same as a sentence."""


def read_picture(picture: Picture) -> bytes:
    """The bytes of a picture that is given by its content or its path.

    Raises NotFound where there is no such file.
    """
    if isinstance(picture, (bytes, bytearray)):
        return bytes(picture)
    try:
        return Path(picture).read_bytes()
    except OSError as wrong:
        raise NotFound(f"{os.fspath(picture)} cannot be read: {wrong.strerror}") from wrong


class FeatureExtractor:
    """A network that makes a row of float32 of every picture; the same numbers as `vidi features`.

    `backbone`: "efficientnet-lite0" (1,280 numbers, comes with the package), "resnet50" (2,048), or the path of an ONNX
    file with a model.toml. `weights`, `seed`, `pooling` ("max" or "avg") and `size` (width, height) are of resnet50:
    weights "imagenet" are downloaded once into `cache`, "none" are drawn from `seed`, else they are a file of Keras.

    `precision`: "f32", "bf16", or "int8", which finds its ranges in `calibration`: the bytes that `prepare()` gives of some
    64 pictures, joined. `batch`: pictures that are inferred together, 0: chosen. `threads`: that decode and infer, 0: one a
    processor. `variants`: rows for each picture, itself among them; the others show its object laid elsewhere, in another
    light, chosen by `variants_seed` and the picture's key.

    Any number of threads may use one; Python's lock is released meanwhile. Raises InvalidArgument, NotFound (no such
    backbone or file), Unavailable (the weights cannot be downloaded).
    """

    def __init__(
        self,
        backbone: Union[str, "os.PathLike[str]"] = "efficientnet-lite0",
        precision: str = "f32",
        *,
        weights: str = "",
        seed: int = 0,
        pooling: str = "",
        size: Optional[Tuple[int, int]] = None,
        cache: Union[str, "os.PathLike[str]", None] = None,
        weights_home: str = "",
        folders: Sequence[Union[str, "os.PathLike[str]"]] = (),
        batch: int = 0,
        threads: int = 0,
        variants: int = 1,
        variants_seed: int = 0,
        calibration: bytes = b"",
        max_bytes: int = 32 << 20,
        max_pixels: int = 64_000_000,
    ) -> None:
        for name, value in (("batch", batch), ("threads", threads), ("max_bytes", max_bytes), ("max_pixels", max_pixels)):
            if value < 0:
                raise InvalidArgument(f"{name} is {value}: it must be 0 or more")
        width, height = size or (0, 0)
        self._native = native.FeatureExtractor(
            {
                "backbone": os.fspath(backbone),
                "precision": precision,
                "weights": weights,
                "seed": seed,
                "pooling": pooling,
                "width": width,
                "height": height,
                "cache": os.fspath(cache) if cache is not None else str(Path.home() / ".cache" / "vidi"),
                "weights_home": weights_home,
                "folders": [os.fspath(folder) for folder in folders] + ["backbones", str(BACKBONES)],
                "batch": batch,
                "threads": threads,
                "variants": variants,
                "variants_seed": variants_seed,
                "calibration": calibration,
                "max_bytes": max_bytes,
                "max_pixels": max_pixels,
            }
        )

    @property
    def columns(self) -> int:
        """Numbers in a row."""
        return int(self._native.columns)

    @property
    def variants(self) -> int:
        """Rows for each picture."""
        return int(self._native.variants)

    @property
    def size(self) -> Tuple[int, int]:
        """Width and height in pixels of what the network sees."""
        return int(self._native.width), int(self._native.height)

    @property
    def description(self) -> Dict[str, str]:
        """backbone, weights, sha256 of the network, and execution: how it is computed."""
        return {name: str(getattr(self._native, name)) for name in ("backbone", "weights", "sha256", "execution")}

    def extract(
        self, batch: Any, *, content: str = "content", key: str = ""
    ) -> Tuple[pa.FixedSizeListArray, List[Rejection]]:
        """The features of a record batch's pictures, in their order.

        `batch`: a pyarrow.RecordBatch, or anything with `__arrow_c_array__`; read where it lies, without a copy. `content`:
        its column of picture files (binary, large_binary). `key`: the column that names them, which chooses variants.

        Returns (n * variants) lists of `columns` float32, null where a picture is rejected, and the rejections by row.
        Raises InvalidArgument: no such column, or of another type.
        """
        lists, rejections = self._native.extract(batch, content, key)
        return pa.array(lists), [Rejection(*rejection) for rejection in rejections]

    def __call__(self, batch: pa.RecordBatch, *, content: str = "content", key: str = "") -> pa.RecordBatch:
        """The record batch with `features` (a list of float32, null where a picture is rejected), `reason` and `detail`
        (null where it is not) in place of the column `content`. With variants each row is repeated, and `variant` counts
        them from 0."""
        features, rejections = self.extract(batch, content=content, key=key)
        rows = batch.num_rows
        reasons: List[Optional[str]] = [None] * rows
        details: List[Optional[str]] = [None] * rows
        for rejection in rejections:
            reasons[rejection.row] = rejection.reason
            details[rejection.row] = rejection.detail
        columns = {name: batch.column(name) for name in batch.schema.names if name != content}
        columns["reason"] = pa.array(reasons, pa.string())
        columns["detail"] = pa.array(details, pa.string())
        if self.variants > 1:
            repeated = pa.array(np.repeat(np.arange(rows), self.variants))
            columns = {name: column.take(repeated) for name, column in columns.items()}
            columns["variant"] = pa.array(np.tile(np.arange(self.variants, dtype=np.int32), rows))
        columns["features"] = features
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def features(self, pictures: Iterable[Picture]) -> np.ndarray:
        """The features of pictures, given by content or path: float32 of shape (n * variants, columns).

        Raises the first picture's error: Undecodable, UnsupportedMedia, TooLarge, NotFound.
        """
        given = list(pictures)
        keys = [os.fspath(p) if isinstance(p, (str, os.PathLike)) else str(i) for i, p in enumerate(given)]
        batch = pa.RecordBatch.from_arrays(
            [pa.array([read_picture(p) for p in given], pa.large_binary()), pa.array(keys, pa.string())],
            names=["content", "key"],
        )
        rows, rejections = self.extract(batch, key="key")
        for rejection in rejections:
            raise from_code(_CODES.get(rejection.reason, "internal"), f"{keys[rejection.row]}: {rejection.detail}")
        flat: np.ndarray = rows.values.to_numpy(zero_copy_only=True)
        return flat.reshape(-1, self.columns)

    def prepare(self, picture: Picture, key: str = "") -> bytes:
        """What the network sees of a picture, and its variants: 8 bits a channel, (variants, height, width, channels), red
        first. Raises as `features()`."""
        return bytes(self._native.prepare(read_picture(picture), key))

    def check_precision(self, pictures: bytes) -> Dict[str, float]:
        """How far this precision is from f32, on pictures that `prepare()` gave, joined: mean_cosine and least_cosine of
        the rows, largest_angle_degrees between the subspaces of the first components."""
        return dict(self._native.check_precision(pictures))

    def save_backbone(self, folder: Union[str, "os.PathLike[str]"]) -> None:
        """Writes model.toml and 1/model.onnx there: a backbone that can be given by that path."""
        self._native.save_backbone(os.fspath(folder))
