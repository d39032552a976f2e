#!/usr/bin/env python3
"""What Keras makes of pictures with ResNet50, and small files as Keras writes them. Writes tests/data/keras.

    python3 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 pillow==13.0.0
    VENV/bin/python3 tests/golden/make_keras.py

TensorFlow is not among the test requirements, since only this script needs it. The weights are made by the formula of
fill(), which src/networks/backbones/golden_test.cpp has too: no large file is kept.

    VENV/bin/python3 tests/golden/make_keras.py --files FOLDER

writes the whole ResNet50 with those weights as resnet50.h5, resnet50.weights.h5 and resnet50.keras (95 MB each), and its
weights as Keras 2 wrote them, resnet50-keras-2.h5. With KERAS_FILES=FOLDER backbones_test reads each and compares."""

import os
import shutil
import sys
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy
from PIL import Image

DATA = Path(__file__).resolve().parent.parent / "data"
OUT = DATA / "keras"
PICTURES = ["networks/pictures/avocado.jpg", "networks/pictures/lemon.jpg", "pictures/photograph-100x100.jpg"]
# Pooling, width, height: as many blocks of rows in resnet50.f32, each a row for each picture.
CASES = [("max", 224, 224), ("avg", 224, 224), ("max", 160, 96)]


def noise(text, count):
    """-1 to 1, in steps of 2^-23: the finalizer of SplitMix64 (Steele, Lea and Flood 2014) of a counter that begins at
    the text's FNV-1a hash."""
    start = 0xCBF29CE484222325
    for letter in text.encode():
        start = (start ^ letter) * 0x100000001B3 % 2**64
    with numpy.errstate(over="ignore"):
        x = numpy.uint64(start) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x = x ^ (x >> numpy.uint64(31))
    return (x >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1


def fill(model):
    """Gives every variable of the model its values: the i-th is offset + scale * noise("LAYER/VARIABLE", i), rounded to
    float32."""
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            name, shape = weight.name.split(":")[0], tuple(weight.shape)
            if name == "kernel":
                scale, offset = (6 / (numpy.prod(shape[:3]) + numpy.prod(shape[:2]) * shape[3])) ** 0.5, 0.0
            elif name in ("gamma", "moving_variance"):
                scale, offset = 0.25, 1.0
            else:  # bias, beta, moving_mean
                scale, offset = 0.125, 0.0
            drawn = offset + scale * noise(f"{layer.name}/{name}", int(numpy.prod(shape)))
            values.append(drawn.astype(numpy.float32).reshape(shape))
        if values:
            layer.set_weights(values)
    return model


def resnet50(pooling, width, height):
    return fill(
        keras.applications.ResNet50(include_top=False, weights=None, pooling=pooling, input_shape=(height, width, 3))
    )


def batch(width, height):
    rows = []
    for name in PICTURES:
        picture = Image.open(DATA / name).convert("RGB").resize((width, height), Image.BICUBIC)
        rows.append(numpy.asarray(picture, dtype=numpy.float32))
    return keras.applications.resnet50.preprocess_input(numpy.stack(rows))


def write_golden():
    features = [resnet50(*case).predict(batch(*case[1:]), verbose=0) for case in CASES]
    print("largest:", [float(each.max()) for each in features], "deviation:", [float(each.std()) for each in features])
    numpy.concatenate(features).astype("<f4").tofile(OUT / "resnet50.f32")


def write_as_keras_2(model, path):
    """Keras 2's files of weights: fixed-length names, variables that end in :0. Compressed, which HDF5 allows."""
    with h5py.File(path, "w") as file:
        layers = [layer for layer in model.layers]
        file.attrs["layer_names"] = numpy.array([layer.name.encode() for layer in layers])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4"
        for layer in layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{weight.name.split(':')[0]}:0" for weight in layer.weights]
            group.attrs["weight_names"] = numpy.array([name.encode() for name in names])
            for name, weight in zip(names, layer.weights):
                group.create_dataset(name, data=numpy.asarray(weight), compression="gzip", shuffle=True)


def write_files(model, folder, name):
    model.save(folder / f"{name}.h5")
    model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights.h5")
    write_as_keras_2(model, folder / f"{name}-keras-2.h5")


def small():
    """The first layers of ResNet50, with few channels."""
    x = inputs = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(4, 3, name="conv1_conv")(x)
    x = keras.layers.BatchNormalization(epsilon=1.001e-5, name="conv1_bn")(x)
    x = keras.layers.Activation("relu", name="conv1_relu")(x)
    x = keras.layers.Conv2D(2, 1, name="conv2_block1_1_conv")(x)
    return fill(keras.Model(inputs, x))


def write_variants():
    """Files that Keras does not write today. unnamed: without the layers' names, as the first versions of Keras 3 wrote
    them; odd: what must be refused; circle: a
    group that holds itself."""
    shutil.copy(OUT / "small.weights.h5", OUT / "unnamed.weights.h5")
    with h5py.File(OUT / "unnamed.weights.h5", "r+") as file:
        file.visititems(lambda name, item: item.attrs.pop("name", None) if name.endswith("/vars") else None)
    with h5py.File(OUT / "odd.h5", "w") as file:
        pair = numpy.array([1, 2], "<f4")
        file["fine/fine/kernel:0"] = pair.astype("<f2")
        file["twice/twice/kernel:0"] = pair
        file["more/twice/kernel:0"] = pair
        file["integers/kernel"] = pair.astype("<i4")
        file["infinite/kernel"] = pair * numpy.inf
        file.create_group("elsewhere").create_dataset("kernel", (2,), "<f4", external="README.md")
        file["linked/kernel"] = h5py.SoftLink("/fine/fine/kernel:0")
        file["pointing/kernel"] = h5py.ExternalLink("small.h5", "/model_weights/conv1_bn/conv1_bn/gamma")
    with h5py.File(OUT / "circle.h5", "w") as file:
        file["circle"] = file["/"]


def main():
    OUT.mkdir(exist_ok=True)
    if sys.argv[1:2] == ["--files"]:
        write_files(resnet50("max", 224, 224), Path(sys.argv[2]), "resnet50")
    else:
        write_files(small(), OUT, "small")
        nested = keras.Sequential([keras.Input((32, 32, 3)), small(), keras.layers.Flatten(), keras.layers.Dense(1)])
        nested.compile("adam", "mse")
        nested.fit(numpy.zeros((2, 32, 32, 3)), numpy.zeros((2, 1)), verbose=0)
        nested.layers[0].set_weights(small().get_weights())
        nested.save(OUT / "nested.keras")
        nested.save(OUT / "nested.h5")
        write_variants()
        write_golden()


main()
