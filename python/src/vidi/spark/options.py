"""The options of vidi_features.py: those of `vidi features`."""

from __future__ import annotations

import argparse
from typing import Optional, Sequence, Tuple

from ..errors import InvalidArgument


def _at_least(least: int):  # type: ignore[no-untyped-def]
    def read(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value

    return read


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vidi_features.py",
        description="Turn the pictures of a folder or bucket into a table of features, on an Apache Spark cluster. "
        "The options are those of `vidi features`, and the table is the same.",
        epilog="Given again, the same command goes on where it was. docs/how-to/spark.md is the guide.",
    )
    count = _at_least(0)
    parser.add_argument("source", help="a folder that every machine sees, or s3://BUCKET/PREFIX (s3a:// is the same)")
    parser.add_argument("--out", required=True, help="where the table goes: the same kinds")
    parser.add_argument("--pca", type=count, default=100, help="principal components; 0: none [100]")
    parser.add_argument("--labels", default="", help="CSV or Parquet with image and label; without, a picture's folder")
    parser.add_argument("--apply", default="", help="take backbone, scaler and components from this output; fit nothing")
    parser.add_argument("--append", action="store_true", help="add new pictures to an output that is finished")
    parser.add_argument("--keep-scaled", action="store_true", help="write features_scaled too")
    parser.add_argument("--augment", type=count, default=0, help="variants of each picture, besides itself [0]")
    parser.add_argument("--augment-seed", type=count, default=0, help="of the variants [0]")
    backbone = parser.add_argument_group("backbone")
    backbone.add_argument(
        "--backbone", default="efficientnet-lite0", help="efficientnet-lite0, resnet50, or an ONNX file with a model.toml"
    )
    backbone.add_argument("--weights", default="", help="of resnet50: imagenet, none, or a file of Keras (.h5, .keras)")
    backbone.add_argument("--seed", type=count, default=0, help="of --weights none [0]")
    backbone.add_argument("--pooling", default="", help="of resnet50: max or avg")
    backbone.add_argument("--size", default="", help="of resnet50: WIDTHxHEIGHT in pixels [224x224]")
    backbone.add_argument("--weights-home", default="", help="where --weights imagenet is fetched from")
    backbone.add_argument("--cache", default=None, help="where it is kept [~/.cache/vidi]")
    backbone.add_argument("--precision", choices=("f32", "bf16", "int8"), help="[f32, or that of --apply]")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--limit", type=count, default=0, help="only so many pictures, the first ones; 0: all")
    limits.add_argument("--max-rejects", type=count, default=None, help="stop when more pictures cannot be used")
    limits.add_argument("--max-bytes", type=_at_least(1), default=32 << 20, help="of a picture's file [33554432]")
    limits.add_argument("--max-pixels", type=_at_least(1), default=64_000_000, help="width times height [64000000]")
    limits.add_argument("--patience", type=float, default=300.0, help="seconds to wait for a source that is silent [300]")
    limits.add_argument("--batch", type=count, default=0, help="pictures inferred together; 0: chosen")
    limits.add_argument(
        "--part-pictures", type=count, default=0, help="pictures of one Parquet file, and of one task; 0: chosen"
    )
    return parser


def read_size(text: str) -> Optional[Tuple[int, int]]:
    if not text:
        return None
    width, _, height = text.partition("x")
    if width.isdigit() and height.isdigit() and int(width) and int(height):
        return int(width), int(height)
    raise InvalidArgument(f"--size {text} is not of the form WIDTHxHEIGHT, such as 224x224")


def parse(words: Optional[Sequence[str]] = None) -> argparse.Namespace:
    options = make_parser().parse_args(words)
    options.size = read_size(options.size)
    return options
