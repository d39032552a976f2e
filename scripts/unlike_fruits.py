#!/usr/bin/env python3
"""Makes features of what is no fruit, from what a network knows of other things: a table for `vidi fit --also`.

    .venv/bin/python3 scripts/unlike_fruits.py NETWORK.onnx FEATURES OUT [--classes 3] [--seed 7]

NETWORK.onnx is EfficientNet-Lite0 with its head, from the 1,280 features to ImageNet's 1,000 classes; FEATURES the output
of `vidi features --augment` with the same network as backbone. For every third class of ImageNet that is no fruit a row is
made: the mean of the variants, plus how one variant differs from the mean of its label, moved along the class' weights
until its score is 6 to 10, as the scores of ImageNet's pictures are. So a classifier learns in which directions other things
lie without a picture of them. The label is "none". OUT/features and OUT/features_pca are written, with the scaler and
components of FEATURES.
"""

import argparse
import pathlib

import numpy
import openvino
import pyarrow
import pyarrow.compute
import pyarrow.parquet

FRUITS = {*range(936, 958), 988, 989, 990}  # vegetables and fruits among ImageNet's classes, acorn, rose hip, chestnut
FEATURES, CLASSES = 1280, 1000


def read_head(path):
    """Weights (1000, 1280) and biases of the last layer."""
    weights = biases = None
    for node in openvino.Core().read_model(path).get_ordered_ops():
        if node.get_type_name() != "Constant":
            continue
        shape = tuple(node.shape)
        if shape in ((CLASSES, FEATURES), (FEATURES, CLASSES)):
            weights = node.data.astype(numpy.float64).reshape(shape)
            weights = weights if shape[0] == CLASSES else weights.T
        elif numpy.prod(shape) == CLASSES and max(shape, default=0) == CLASSES:
            biases = node.data.astype(numpy.float64).ravel()
    return weights, biases


def read_variants(folder):
    """Features and labels of the variants in a table."""
    table = pyarrow.parquet.read_table(folder / "features", columns=["label", "variant", "features"])
    table = table.filter(pyarrow.compute.greater(table["variant"], 0))
    values = pyarrow.compute.list_flatten(table["features"]).to_numpy().reshape(-1, FEATURES)
    return values, numpy.asarray(table["label"].to_pylist())


def make_rows(weights, biases, values, labels, every, seed):
    """(image, row) of every `every`-th class."""
    random = numpy.random.default_rng(seed)
    center = values.mean(axis=0, dtype=numpy.float64)
    means = {label: values[labels == label].mean(axis=0, dtype=numpy.float64) for label in sorted(set(labels))}
    directions = weights - weights.mean(axis=0)
    directions /= (directions**2).sum(axis=1, keepdims=True)
    for number in range(0, CLASSES, every):
        if number in FRUITS:
            continue
        at = random.integers(len(values))
        row = center + values[at] - means[labels[at]]
        score = weights[number] @ row + biases[number]
        row = row + directions[number] * (random.uniform(6, 10) - score)
        yield f"imagenet/{number}", numpy.maximum(row, 0)  # features are means of what ReLU6 gives


def write(path, name, images, rows):
    path.mkdir(parents=True, exist_ok=True)
    numbers = pyarrow.array(numpy.ascontiguousarray(rows, numpy.float32).ravel())
    lists = pyarrow.FixedSizeListArray.from_arrays(numbers, rows.shape[1])
    columns = {"image": images, "label": ["none"] * len(images), name: lists}
    pyarrow.parquet.write_table(pyarrow.table(columns), path / "part-00000.parquet")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("features", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--classes", type=int, default=3, help="take every so many")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    weights, biases = read_head(arguments.network)
    if weights is None or biases is None:
        parser.exit(1, f"{arguments.network} has no layer from {FEATURES} features to {CLASSES} classes\n")
    values, labels = read_variants(arguments.features)
    made = list(make_rows(weights, biases, values, labels, arguments.classes, arguments.seed))
    images, rows = [image for image, _ in made], numpy.stack([row for _, row in made]).astype(numpy.float32)
    scaler = pyarrow.parquet.read_table(arguments.features / "scaler.parquet")
    mean, deviation = scaler["mean"].to_numpy(), scaler["deviation"].to_numpy()
    pca = pyarrow.parquet.read_table(arguments.features / "pca.parquet")
    loadings = pyarrow.compute.list_flatten(pca["loadings"]).to_numpy().reshape(len(pca), FEATURES)
    scaled = (rows - mean) / numpy.where(deviation > 0, deviation, numpy.inf)
    write(arguments.out / "features", "features", images, rows)
    write(arguments.out / "features_pca", "features_pca", images, scaled @ loadings.T)
    print(f"{len(images)} rows of things that are no fruit in {arguments.out}")


if __name__ == "__main__":
    main()
