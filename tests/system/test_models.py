"""The models that ship, in the two run times that users have: OpenVINO, which vidi uses, and ONNX Runtime."""

import gzip
import pathlib
import struct
import tomllib

import numpy
import onnxruntime
import openvino
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
MNIST = ROOT / "tests" / "data" / "mnist"

# What each model of digits must at least reach on MNIST's 10,000 test images.
LEAST_ACCURACY = {"digits": 0.9975, "digits-cnn": 0.992, "digits-softmax": 0.924}


@pytest.fixture(scope="module")
def card(name):
    return tomllib.loads((MODELS / name / "model.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def images(card):
    """MNIST's test images as the model takes them: (10000, 28, 28, 1), 32-bit floats."""
    content = gzip.decompress((MNIST / "t10k-images-idx3-ubyte.gz").read_bytes())
    magic, count, rows, columns = struct.unpack(">4I", content[:16])
    assert (magic, count, rows, columns) == (0x803, 10_000, 28, 28)
    pixels = numpy.frombuffer(content, numpy.uint8, offset=16).reshape(count, rows, columns, 1)
    return (pixels * card["input"]["scale"] + card["input"]["offset"]).astype(numpy.float32)


@pytest.fixture(scope="module")
def digits():
    content = gzip.decompress((MNIST / "t10k-labels-idx1-ubyte.gz").read_bytes())
    assert struct.unpack(">2I", content[:8]) == (0x801, 10_000)
    return numpy.frombuffer(content, numpy.uint8, offset=8)


def run_openvino(file, card, images):
    # The processor may offer faster, shorter floats; the comparison is of the model, not of those.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(file, "CPU", exact)
    return model({card["input"]["name"]: images})[card["output"]["name"]]


def run_onnxruntime(file, card, images):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run([card["output"]["name"]], {card["input"]["name"]: images})[0]


RUN_TIMES = {"openvino": run_openvino, "onnxruntime": run_onnxruntime}


def versions(name):
    return sorted(file for file in (MODELS / name).glob("*/model.onnx") if file.parent.name.isdigit())


def columns(card):
    """How many classes the output has: the labels, and for some models one for what is none of them."""
    return len(card["labels"]) + int(card.get("rejection", {}).get("none", False))


def pytest_generate_tests(metafunc):
    if "file" in metafunc.fixturenames:
        pairs = [(name, str(file)) for name in LEAST_ACCURACY for file in versions(name)]
        names = [f"{name}-{pathlib.Path(file).parent.name}" for name, file in pairs]
        metafunc.parametrize(("name", "file"), pairs, ids=names, scope="module")


@pytest.mark.parametrize("name", LEAST_ACCURACY)
def test_there_is_a_version(name):
    assert versions(name), f"models/{name} holds no version"


@pytest.mark.parametrize("run_time", RUN_TIMES)
def test_accuracy_on_every_test_image(run_time, name, file, card, images, digits):
    results = RUN_TIMES[run_time](file, card, images)[:, : len(card["labels"])].argmax(axis=1)
    labels = numpy.array([int(label) for label in card["labels"]])
    correct = int((labels[results] == digits).sum())
    assert correct / len(digits) >= LEAST_ACCURACY[name]
    # Where two digits are all but equally likely, run times may differ.
    assert abs(correct - card["training"]["test_correct"]) <= 2, "model.toml claims another accuracy"


def test_both_run_times_give_the_same(file, card, images):
    first = run_openvino(file, card, images[:1000])
    second = run_onnxruntime(file, card, images[:1000])
    assert first.shape == second.shape == (1000, columns(card))
    assert numpy.abs(first - second).max() <= 1e-5


def test_output_is_probabilities(file, card, images):
    output = run_onnxruntime(file, card, images[:100])
    assert (output >= 0).all()
    assert numpy.abs(output.sum(axis=1) - 1).max() <= 1e-5


@pytest.mark.parametrize("run_time", RUN_TIMES)
@pytest.mark.parametrize("count", [1, 7])
def test_a_batch_of_any_size_gives_what_single_pictures_give(run_time, count, file, card, images):
    together = RUN_TIMES[run_time](file, card, images[:count])
    for index in range(count):
        alone = RUN_TIMES[run_time](file, card, images[index : index + 1])
        assert numpy.abs(together[index] - alone[0]).max() <= 1e-5


def test_describes_what_the_file_holds(file, name, card):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    (given,) = session.get_outputs()
    assert card["format"] == 1
    assert card["name"] == name
    assert taken.name == card["input"]["name"]
    assert taken.shape == ["n", card["input"]["height"], card["input"]["width"], card["input"]["channels"]]
    assert taken.type == given.type == "tensor(float)"
    assert given.name == card["output"]["name"]
    assert given.shape == ["n", columns(card)]
