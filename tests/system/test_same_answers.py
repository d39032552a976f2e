"""The committed model, run by ONNX Runtime, gives what vidi answers with OpenVINO."""

import numpy
import onnxruntime
from harness.client import Client
from harness.pictures import mnist, mnist_png
from harness.server import MODELS

COUNT = 200


def softmax(values):
    powers = numpy.exp(values - values.max())
    return powers / powers.sum()


def by_onnxruntime():
    """The probabilities of the digits for the first pictures, by the newest version of the model."""
    folders = [path for path in (MODELS / "digits-softmax").iterdir() if path.name.isdigit()]
    newest = max(folders, key=lambda path: int(path.name))
    session = onnxruntime.InferenceSession(newest / "model.onnx", providers=["CPUExecutionProvider"])
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
    for picture in mnist()[0][:COUNT]:
        values = (picture.astype(numpy.float32) / 255).reshape([size if isinstance(size, int) else 1 for size in shape])
        output = session.run(None, {name: values})[0].ravel()
        yield output if abs(output.sum() - 1) < 1e-3 else softmax(output)


def test_both_runtimes_agree(make_server):
    with Client(make_server("--candidates", "10").url) as client:
        for index, expected in enumerate(by_onnxruntime()):
            answer = client.predict(mnist_png(index)).json
            found = numpy.zeros(10)
            for candidate in answer["candidates"]:
                found[int(candidate["label"])] = candidate["probability"]
            numpy.testing.assert_allclose(found, expected, atol=1e-5, err_msg=f"picture {index}")
