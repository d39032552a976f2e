#!/usr/bin/env python3
"""Trains small networks and writes them in every form that vidi serves, to tests/data/networks.

    python3 -m venv VENV && VENV/bin/pip install tensorflow-cpu==2.21.0 openvino==2026.4.1 pillow
    VENV/bin/python3 tests/golden/make_networks.py DATA

DATA holds mnist/ (the four files) and fruits-360/fruits-360-33.tar.gz. TensorFlow is not among the test requirements,
since only this script needs it. Another run gives other weights, and the same tests must pass with them."""

import gzip
import io
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import keras
import numpy
import openvino
import tensorflow as tf
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "data" / "networks"
FRUITS = ["Avocado", "Lemon", "Plum", "Strawberry"]
v1 = tf.compat.v1


def read_mnist(folder, name):
    images = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{name}-labels-idx1-ubyte.gz").read_bytes())
    return numpy.frombuffer(images, numpy.uint8, offset=16).reshape(-1, 784), numpy.frombuffer(labels, numpy.uint8, offset=8)


def make_checkpoint(images, labels, folder):
    """As TensorFlow 1's tutorials do: placeholders for a flat picture, the right answer and the dropout, a training step in
    the same graph, and a Saver that writes a step's number into the name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        v1.set_random_seed(1)
        x = v1.placeholder(tf.float32, [None, 784], name="x")
        y_ = v1.placeholder(tf.float32, [None, 10], name="y_")
        keep_prob = v1.placeholder(tf.float32, name="keep_prob")
        pooled = tf.reshape(tf.nn.avg_pool2d(tf.reshape(x, [-1, 28, 28, 1]), 2, 2, "VALID"), [-1, 196])
        dropped = v1.nn.dropout(pooled, rate=1 - keep_prob)
        weights = v1.Variable(tf.zeros([196, 10]), name="W", use_resource=False)
        bias = v1.Variable(tf.zeros([10]), name="b", use_resource=False)
        scores = tf.add(tf.matmul(dropped, weights), bias, name="scores")
        tf.nn.softmax(scores, name="y")
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=scores))
        step = v1.train.GradientDescentOptimizer(0.5).minimize(loss)
        session.run(v1.global_variables_initializer())
        saver = v1.train.Saver()
        random = numpy.random.default_rng(1)
        for _ in range(2000):
            chosen = random.integers(0, len(images), 100)
            feed = {x: images[chosen] / 255, y_: numpy.eye(10)[labels[chosen]], keep_prob: 0.9}
            session.run(step, feed)
        saver.save(session, str(folder / "model.ckpt"), global_step=2000)
        (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-2000"\n')
        return session.run(weights), session.run(bias)


def converted(model):
    """A Keras model as one of OpenVINO's."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        return openvino.convert_model(folder)


def write_ir(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=True)


def digits_model(weights, bias):
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", name="probabilities"),
        ]
    )
    model.layers[-1].set_weights([weights, bias])
    return model


def to_tflite(model):
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


def quantized(model, splits):
    """With weights and values of 8 bits, bytes in and bytes out, as for small devices."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    samples = [small(file).astype(numpy.float32)[None] for file, _, _ in splits["Training"][::10]]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    return converter.convert()


def read_fruits(archive):
    """The pictures of FRUITS by split: (file's bytes, label, name)."""
    splits = {"Training": [], "Test": []}
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if member.isfile() and len(parts) >= 3 and parts[-2] in FRUITS and parts[-3] in splits:
                splits[parts[-3]].append((tar.extractfile(member).read(), parts[-2], parts[-1]))
    return splits


def small(file):
    return numpy.asarray(Image.open(io.BytesIO(file)).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR))


def fruit_model(splits):
    """Scales the bytes itself; gives scores, not probabilities."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3), name="picture"),
            keras.layers.Rescaling(1 / 127.5, -1),
            keras.layers.AveragePooling2D(2),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(len(FRUITS), name="scores"),
        ]
    )
    pictures = numpy.stack([small(file) for file, _, _ in splits["Training"]])
    labels = numpy.array([FRUITS.index(label) for _, label, _ in splits["Training"]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss)
    model.fit(pictures, labels, batch_size=32, epochs=12, verbose=0)
    tests = numpy.stack([small(file) for file, _, _ in splits["Test"]])
    expected = numpy.array([FRUITS.index(label) for _, label, _ in splits["Test"]])
    found = model.predict(tests, verbose=0).argmax(1)
    print(f"fruits: {(found == expected).mean():.4f} of {len(expected)} test pictures")
    return model


def write_pictures(splits):
    folder = FOLDER / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for fruit in FRUITS:
        files = [file for file, label, _ in splits["Test"] if label == fruit]
        (folder / f"{fruit.lower()}.jpg").write_bytes(files[len(files) // 2])


def nchw_bgr_f16(model):
    """The fruits as PyTorch and OpenCV people have them: channels first, blue first, a fixed batch of one, half precision,
    and scaled by whoever asks: (value - 127.5) / 127.5."""
    parameter = openvino.opset13.parameter([1, 3, 32, 32], openvino.Type.f16, name="data")
    parameter.output(0).set_names({"data"})
    wide = openvino.opset13.convert(parameter, openvino.Type.f32)
    rgb = openvino.opset13.gather(wide, numpy.array([2, 1, 0]), numpy.int64(1))
    last = openvino.opset13.transpose(rgb, numpy.array([0, 2, 3, 1]))
    floats = model.layers[1:]  # all but the scaling
    inner = keras.Sequential([keras.Input((32, 32, 3)), *[layer.__class__.from_config(layer.get_config()) for layer in floats]])
    for copy, layer in zip(inner.layers, floats, strict=True):
        copy.set_weights(layer.get_weights())
    network = converted(inner)
    network.reshape([1, 32, 32, 3])
    for target in list(network.inputs[0].get_target_inputs()):
        target.replace_source_output(last.output(0))
    half = openvino.opset13.convert(network.results[0].input_value(0), openvino.Type.f16)
    half.output(0).set_names({"prob"})
    return openvino.Model([openvino.opset13.result(half)], [parameter], "fruits")


def main():
    data = Path(sys.argv[1])
    shutil.rmtree(FOLDER, ignore_errors=True)
    images, labels = read_mnist(data / "mnist", "train")
    weights, bias = make_checkpoint(images, labels, FOLDER / "digits-checkpoint")
    model = digits_model(weights, bias)
    tests, expected = read_mnist(data / "mnist", "t10k")
    found = model.predict(tests.reshape(-1, 28, 28, 1) / 255, verbose=0).argmax(1)
    print(f"digits: {(found == expected).mean():.4f} of {len(expected)} test images")
    write_ir(converted(model), FOLDER / "digits-ir")
    (FOLDER / "digits-tflite").mkdir()
    (FOLDER / "digits-tflite" / "model.tflite").write_bytes(to_tflite(model))

    splits = read_fruits(data / "fruits-360" / "fruits-360-33.tar.gz")
    fruits = fruit_model(splits)
    bytes_in = [tf.TensorSpec((None, 32, 32, 3), tf.uint8, name="picture")]
    fruits.export(str(FOLDER / "fruits-saved-model"), verbose=False, input_signature=bytes_in)
    write_ir(nchw_bgr_f16(fruits), FOLDER / "fruits-ir")
    (FOLDER / "fruits-tflite").mkdir()
    (FOLDER / "fruits-tflite" / "model.tflite").write_bytes(quantized(keras.Sequential([fruits, keras.layers.Softmax()]), splits))
    write_pictures(splits)
    (FOLDER / "fruits-labels.txt").write_text("\n".join(FRUITS) + "\n")


if __name__ == "__main__":
    main()
