"""The committed models, run by ONNX Runtime, gives what vidi answers with OpenVINO."""

import shutil

import numpy
import onnxruntime
import pytest
from harness.client import Client
from harness.pictures import mnist, mnist_png
from harness.server import MODELS

COUNT = 200


def softmax(values):
    powers = numpy.exp(values - values.max())
    return powers / powers.sum()


def by_onnxruntime(model):
    """The probabilities of the digits for the first pictures, by the newest version of the model."""
    folders = [path for path in (MODELS / model).iterdir() if path.name.isdigit()]
    newest = max(folders, key=lambda path: int(path.name))
    session = onnxruntime.InferenceSession(newest / "model.onnx", providers=["CPUExecutionProvider"])
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
    for picture in mnist()[0][:COUNT]:
        values = (picture.astype(numpy.float32) / 255).reshape([size if isinstance(size, int) else 1 for size in shape])
        output = session.run(None, {name: values})[0].ravel()
        # After the ten digits the output may have a class for what is none of them.
        yield (output if abs(output.sum() - 1) < 1e-3 else softmax(output))[:10]


def found_in(answer):
    found = numpy.zeros(10)
    for candidate in answer["candidates"]:
        found[int(candidate["label"])] = candidate["probability"]
    return found


@pytest.mark.parametrize("model", ["digits", "digits-cnn", "digits-softmax"])
def test_both_runtimes_agree(make_server, model):
    with Client(make_server("--candidates", "10", "--model", model).url) as client:
        for index, expected in enumerate(by_onnxruntime(model)):
            found = found_in(client.predict(mnist_png(index)).json)
            numpy.testing.assert_allclose(found, expected, atol=1e-5, err_msg=f"picture {index}")


# A processor without bf16 computes in f32: then there is no difference at all.
def test_bf16_changes_no_answer_and_few_probabilities(make_server, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(MODELS / "digits-cnn", models / "digits-cnn")
    card = models / "digits-cnn" / "model.toml"
    card.write_text(card.read_text().replace("[training]", '[inference]\nprecision = "bf16"\n\n[training]'))
    with Client(make_server("--candidates", "10", "--model", "digits-cnn", models=models).url) as client:
        for index, expected in enumerate(by_onnxruntime("digits-cnn")):
            found = found_in(client.predict(mnist_png(index)).json)
            assert found.argmax() == expected.argmax(), f"picture {index}"
            numpy.testing.assert_allclose(found, expected, atol=0.05, err_msg=f"picture {index}")
