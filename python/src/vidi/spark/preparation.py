"""What a job needs to know before it begins, and what needs no cluster."""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..errors import Error, InvalidArgument, NotFound
from ..features import FeatureExtractor
from ..statistics import Reduction
from . import manifest as manifests
from . import tables, work
from .storage import Entry, Place

_SAMPLE = 64  # pictures that calibrate int8
CALIBRATION = "backbone/calibration.bin"
_CHECKED = 32  # of them, those that tell what a precision loses
_SAMPLE_OF = 20_000  # pictures that they are taken from, the first ones


class Preparation:
    """What a job needs to know before it begins, and what needs no cluster: read while Spark starts."""

    def __init__(self, options: argparse.Namespace, settings: Dict[str, str]) -> None:
        self.options = options
        self.source = Place.parse(options.source, settings)
        self.out = Place.parse(options.out, settings)
        self.other = Place.parse(options.apply, settings) if options.apply else None
        self.reduction: Optional[Reduction] = None
        self.lists = 0
        self.sample = b""  # that tells what a lower precision loses; empty: nothing is to be told
        self.calibration = b""

    def run(self) -> "Preparation":
        self.check_places()
        self.manifest = manifests.read(self.out) or {}
        backbone = self.choose_backbone()
        self.options.precision = self.options.precision or "f32"
        self.entries = self.list_source()
        if self.options.precision == "f32":
            self.extractor = self.open(backbone, "f32")
        else:
            self.open_lower(backbone)
        return self

    def check_places(self) -> None:
        local = not (self.source.is_bucket or self.out.is_bucket)
        if local and (self.out.root + "/").startswith(self.source.root + "/"):
            raise InvalidArgument(f"the output {self.out.root} lies in the source, and would be taken for pictures")

    def choose_backbone(self) -> Dict[str, Any]:
        """The arguments of FeatureExtractor."""
        o = self.options
        if self.other is not None:
            return {"backbone": self.fetch_backbone(self.other)}
        if o.backbone == "resnet50":
            kept = {"weights": o.weights, "seed": o.seed, "pooling": o.pooling, "size": o.size}
            return {"backbone": "resnet50", **kept, "weights_home": o.weights_home, "cache": o.cache}
        if o.weights or o.pooling or o.size:
            raise InvalidArgument(f"--weights, --pooling and --size are of resnet50, and the backbone is {o.backbone}")
        return {"backbone": o.backbone}

    def open(self, backbone: Dict[str, Any], precision: str, calibration: bytes = b"") -> FeatureExtractor:
        o = self.options
        limits = {"max_bytes": o.max_bytes, "max_pixels": o.max_pixels}
        return FeatureExtractor(precision=precision, calibration=calibration, **limits, **backbone)

    def open_lower(self, backbone: Dict[str, Any]) -> None:
        """bf16 and int8: with the pictures that int8 takes its ranges from, and, once for a job, those that tell how far it
        is from f32."""
        is_int8 = self.options.precision == "int8"
        wants_check = "precision" not in self.manifest
        if is_int8:
            for place in (self.other, self.out):
                if place is not None and not self.calibration and place.exists(CALIBRATION):
                    self.calibration = place.read(CALIBRATION)
        sample = self.calibration
        if is_int8 and not sample:
            sample = self.calibration = self.take_sample(self.open(backbone, "f32"))
        self.extractor = self.open(backbone, self.options.precision, self.calibration)
        if wants_check:
            self.sample = sample or self.take_sample(self.extractor)

    def check_precision(self) -> Optional[Dict[str, float]]:
        """None: it was done before, or f32 is the precision."""
        if not self.sample:
            return None
        size = self.extractor.size[0] * self.extractor.size[1] * 3
        count = len(self.sample) // size
        chosen = [i * count // min(count, _CHECKED) for i in range(min(count, _CHECKED))]
        return self.extractor.check_precision(b"".join(self.sample[i * size : (i + 1) * size] for i in chosen))

    def take_sample(self, extractor: FeatureExtractor) -> bytes:
        entries = self.entries[:_SAMPLE_OF]
        chosen = [entries[i * len(entries) // min(len(entries), _SAMPLE)] for i in range(min(len(entries), _SAMPLE))]
        reading = work.Work(self.source, self.out, "", 0, max_bytes=self.options.max_bytes, patience=self.options.patience)
        sample = []
        for _, read in work.read_ahead(reading, chosen):
            if isinstance(read, bytes):
                try:
                    sample.append(extractor.prepare(read))
                except Error:
                    continue
        if not sample:
            raise InvalidArgument(
                f"none of {len(chosen)} pictures of {self.options.source} can be read, so nothing tells what "
                f"{self.options.precision} would lose"
            )
        return b"".join(sample)

    def fetch_backbone(self, place: Place) -> Path:
        before = manifests.read(place)
        if before is None or before["state"] != "finished":
            raise InvalidArgument(f"{place.name} holds no finished job whose scaler and components could be applied")
        precision = before["settings"].get("precision", "f32")
        self.options.precision = self.options.precision or precision
        if precision != self.options.precision:
            raise InvalidArgument(
                f"the features of {place.name} were made in {precision}; give --precision {precision}"
            )
        self.reduction = tables.read_reduction(place.read("scaler.parquet"), place.read("pca.parquet"))
        if not place.is_bucket:
            return Path(place.path("backbone"))
        folder = Path(tempfile.mkdtemp(prefix="vidi-"))
        for name in ("model.toml", "1/model.onnx"):
            Place(str(folder)).write(name, place.read(f"backbone/{name}"))
        return folder

    def list_source(self) -> List[Entry]:
        entries = self.source.list()
        if self.source.is_bucket:
            self.lists = math.ceil(len(entries) / 1000) or 1
        if self.options.limit:
            entries = entries[: self.options.limit]
        if not entries:
            raise NotFound(f"{self.options.source} holds no pictures")
        if self.options.labels:
            labels = read_labels(self.options.labels)
            entries = [entry._replace(label=labels.get(entry.key, "")) for entry in entries]
        return entries


def read_labels(path: str) -> Dict[str, str]:
    """A table with the columns image and label."""
    try:
        if path.endswith(".parquet"):
            table = pq.read_table(path, columns=["image", "label"])
        else:
            kinds = {"image": pa.string(), "label": pa.string()}
            convert = pa.csv.ConvertOptions(include_columns=["image", "label"], column_types=kinds)
            table = pa.csv.read_csv(path, convert_options=convert)
    except (OSError, pa.ArrowInvalid, KeyError) as wrong:
        raise InvalidArgument(
            f"{path} cannot be read as a table of labels, a CSV or Parquet file with the columns image and label: {wrong}"
        ) from wrong
    return dict(zip(table.column("image").to_pylist(), table.column("label").to_pylist()))
