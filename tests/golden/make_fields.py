#!/usr/bin/env python3
"""Writes tests/data/networks/fields: the smallest network that makes features of pictures, for tests of jobs.

    python3 tests/golden/make_fields.py

A picture of 32x32 becomes the mean of each of its 8x8 fields, by color: 48 numbers. The file is ONNX
(https://onnx.ai/onnx/repo-docs/IR.html), written field by field, so that nothing need be installed."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "networks" / "fields"
FLOAT, INT64 = 1, 7  # TensorProto.DataType
INTS = 7  # AttributeProto.AttributeType


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    """A field of a protobuf message: a number, or bytes, or a text."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def value_info(name, *sizes):
    shape = b"".join(field(1, field(2, size) if isinstance(size, str) else field(1, size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, shape)))


def node(operation, inputs, output, **attributes):
    out = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operation)
    for name, numbers in attributes.items():
        out += field(5, field(1, name) + b"".join(field(8, number) for number in numbers) + field(20, INTS))
    return out


def model():
    shape = field(1, 2) + field(2, INT64) + field(7, varint(0) + varint(48)) + field(8, "shape")  # (n, 48)
    graph = field(1, node("AveragePool", ["image"], "fields", kernel_shape=[8, 8], strides=[8, 8]))
    graph += field(1, node("Reshape", ["fields", "shape"], "features"))
    graph += field(2, "fields") + field(5, shape)
    graph += field(11, value_info("image", "n", 3, 32, 32)) + field(12, value_info("features", "n", 48))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13))


DESCRIPTION = """\
# Made by tests/golden/make_fields.py.
format = 1
name = "fields"
description = "The mean of each of 16 fields of a picture, by color"
form = "picture"

[input]
name = "image"
layout = "NCHW"
width = 32
height = 32
channels = 3
color = "RGB"
resize = "stretch"
filter = "bicubic"
scale = 0.00392156862745098  # 1 / 255

[output]
name = "features"
kind = "features"
"""

if __name__ == "__main__":
    (FOLDER / "1").mkdir(parents=True, exist_ok=True)
    (FOLDER / "1" / "model.onnx").write_bytes(model())
    (FOLDER / "model.toml").write_text(DESCRIPTION)
