#!/usr/bin/env python3
"""Writes small networks of pictures to tests/data/networks. residual.onnx has what backbones have: convolutions with
batch normalization, one that every channel has for itself, a shortcut with a layer of its own, one without, and a global
maximum; its weights are random, with a seed. planes.onnx and pixels.onnx give back what they see of a picture of 4x2
pixels, channels first and last.

    python3 -m venv VENV && VENV/bin/pip install onnx==1.23.2 numpy
    VENV/bin/python3 tests/golden/make_picture_network.py

Another run gives the same network, and the same tests must pass with another seed."""

from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent.parent / "data" / "networks"
SIZE = 32


class Writer:
    def __init__(self):
        self.random = numpy.random.default_rng(7)
        self.nodes = []
        self.weights = []

    def weight(self, name, values):
        self.weights.append(numpy_helper.from_array(numpy.asarray(values, numpy.float32), name))
        return name

    def node(self, operation, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, x, name, inputs, outputs, kernel, stride=1, groups=1, bias=False):
        """With batch normalization."""
        shape = (outputs, inputs // groups, kernel, kernel)
        deviation = (2 / numpy.prod(shape[1:])) ** 0.5
        takes = [x, self.weight(name + ".weight", self.random.normal(0, deviation, shape))]
        if bias:
            takes.append(self.weight(name + ".bias", self.random.normal(0, 0.1, outputs)))
        pads = [kernel // 2] * 4
        y = self.node("Conv", takes, name, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads, group=groups)
        numbers = {
            "scale": self.random.uniform(0.5, 1.5, outputs),
            "shift": self.random.normal(0, 0.2, outputs),
            "mean": self.random.normal(0, 0.2, outputs),
            "variance": self.random.uniform(0.5, 1.5, outputs),
        }
        norm = name + ".norm"
        takes = [y] + [self.weight(f"{norm}.{key}", values) for key, values in numbers.items()]
        return self.node("BatchNormalization", takes, norm, epsilon=1e-3)

    def relu(self, x):
        return self.node("Relu", [x], x + ".relu")


def save(name, graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="vidi")
    onnx.checker.check_model(model)
    onnx.save(model, FOLDER / name)


def make_mirror(name, shape):
    tensors = [("picture", ["n", *shape]), ("features", ["n", 24])]
    ends = [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, sizes) for tensor, sizes in tensors]
    node = helper.make_node("Flatten", ["picture"], ["features"], axis=1)
    save(name, helper.make_graph([node], "mirror", ends[:1], ends[1:]))


def make_residual():
    writer = Writer()
    x = writer.node("Transpose", ["picture"], "planes", perm=[0, 3, 1, 2])
    x = writer.relu(writer.convolution(x, "first", 3, 16, 3, stride=2, bias=True))
    x = writer.node("MaxPool", [x], "pool", kernel_shape=[2, 2], strides=[2, 2])
    # A block whose shortcut has a layer, and one whose shortcut has none.
    y = writer.relu(writer.convolution(x, "a1", 16, 16, 1))
    y = writer.convolution(y, "a2", 16, 32, 3, bias=True)
    x = writer.relu(writer.node("Add", [writer.convolution(x, "a0", 16, 32, 1), y], "a"))
    y = writer.relu(writer.convolution(x, "b1", 32, 32, 3, groups=32))
    y = writer.convolution(y, "b2", 32, 32, 1)
    x = writer.relu(writer.node("Add", [x, y], "b"))
    x = writer.relu(writer.convolution(x, "last", 32, 24, 1))
    writer.node("GlobalMaxPool", [x], "pooled")
    writer.node("Flatten", ["pooled"], "features", axis=1)
    writer.node("Reshape", ["pooled", "planes_shape"], "map")
    writer.weights.append(numpy_helper.from_array(numpy.array([-1, 4, 6, 1], numpy.int64), "planes_shape"))
    graph = helper.make_graph(
        writer.nodes,
        "residual",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", SIZE, SIZE, 3])],
        [
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 24]),
            helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", 4, 6, 1]),
        ],
        writer.weights,
    )
    save("residual.onnx", graph)


def main():
    make_residual()
    make_mirror("planes.onnx", [3, 2, 4])
    make_mirror("pixels.onnx", [2, 4, 3])


if __name__ == "__main__":
    main()
