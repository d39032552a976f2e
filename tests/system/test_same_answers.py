"""The committed models, run by ONNX Runtime, gives what vidi answers with OpenVINO."""

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


@pytest.mark.parametrize("model", ["digits", "digits-cnn", "digits-softmax"])
def test_both_runtimes_agree(make_server, model):
    with Client(make_server("--candidates", "10", "--model", model).url) as client:
        for index, expected in enumerate(by_onnxruntime(model)):
            answer = client.predict(mnist_png(index)).json
            found = numpy.zeros(10)
            for candidate in answer["candidates"]:
                found[int(candidate["label"])] = candidate["probability"]
            numpy.testing.assert_allclose(found, expected, atol=1e-5, err_msg=f"picture {index}")
