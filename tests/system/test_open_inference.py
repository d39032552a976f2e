"""The Open Inference Protocol over REST, spoken by Triton's own client, by curl, and by clients that get it wrong."""

import base64
import json
import struct
import subprocess
import threading
import zlib

import numpy
import pytest
import tritonclient.http as triton
from harness.client import Client
from harness.pictures import digit_png, encode, mnist
from harness.server import Server
from tritonclient.utils import InferenceServerException

CNN = "digits-cnn"


@pytest.fixture(scope="module")
def triton_client(server):
    client = triton.InferenceServerClient(server.url.removeprefix("http://"), concurrency=8)
    yield client
    client.close()


def rows(*indices):
    """MNIST's test pictures as the models take them."""
    return (mnist()[0][list(indices), :, :, None] / numpy.float32(255)).astype(numpy.float32)


def tensor(values, datatype="FP32", binary=True, name="image"):
    given = triton.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def as_request(values, datatype="FP32", name="image", **more):
    values = numpy.asarray(values)
    data = values.ravel().tolist()
    return {"inputs": [{"name": name, "shape": list(values.shape), "datatype": datatype, "data": data}], **more}


def infer(client, body, model=CNN, **headers):
    """Status and answer of a body of our own making."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.request("POST", f"/v2/models/{model}/infer", body=content,
                            headers={key.replace("_", "-"): value for key, value in headers.items()})
    return answer.status, json.loads(answer.body)


def test_triton_client_sees_server_and_models(triton_client):
    assert triton_client.is_server_live() and triton_client.is_server_ready()
    assert triton_client.get_server_metadata()["name"] == "vidi"
    assert triton_client.is_model_ready(CNN) and triton_client.is_model_ready(CNN, "1")
    assert not triton_client.is_model_ready("nothing")
    metadata = triton_client.get_model_metadata(CNN)
    assert metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 28, 28, 1]}]
    assert metadata["outputs"] == [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}]
    assert (metadata["versions"], metadata["platform"]) == (["1"], "onnx")


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_triton_client_infers(triton_client, binary):
    output = triton.InferRequestedOutput("probabilities", binary_data=binary)
    answer = triton_client.infer(CNN, [tensor(rows(0, 1, 2), binary=binary)], outputs=[output], request_id="42")
    probabilities = answer.as_numpy("probabilities")
    assert probabilities.shape == (3, 10)
    assert probabilities.argmax(axis=1).tolist() == mnist()[1][:3].tolist()
    assert answer.get_response()["id"] == "42"
    # Without outputs the client asks for all of them in binary.
    again = triton_client.infer(CNN, [tensor(rows(0, 1, 2), binary=binary)], model_version="1")
    assert numpy.abs(again.as_numpy("probabilities") - probabilities).max() < 1e-5


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "json"])
def test_pixels_are_scaled_as_the_model_says(triton_client, binary):
    pixels = mnist()[0][:4].astype(numpy.uint8)
    from_pixels = triton_client.infer(CNN, [tensor(pixels, "UINT8", binary)]).as_numpy("probabilities")
    from_floats = triton_client.infer(CNN, [tensor(rows(0, 1, 2, 3))]).as_numpy("probabilities")
    assert numpy.abs(from_pixels - from_floats).max() < 1e-5


def test_triton_client_sends_pictures(triton_client, client):
    files = numpy.array([digit_png("4"), digit_png("7")], dtype=numpy.object_)
    answer = triton_client.infer("digits", [tensor(files, "BYTES")])
    assert [each.decode() for each in answer.as_numpy("result")] == ["4", "7"]
    assert answer.as_numpy("probabilities").argmax(axis=1).tolist() == [4, 7]
    # Each is a record of its own, with its picture.
    for name, content in zip(answer.as_numpy("id"), files):
        found = json.loads(client.request("GET", f"/api/predictions/{name.decode()}").body)
        assert found["image"] is not None
        assert client.request("GET", f"/uploads/{name.decode()}/image").body == content


def test_pictures_in_json_are_base64(client):
    text = base64.b64encode(digit_png("4")).decode()
    body = {"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": [text],
                        "parameters": {"content_type": "base64"}}], "outputs": [{"name": "result"}]}
    status, answer = infer(client, body, "digits")
    assert (status, answer["outputs"][0]["data"]) == (200, ["4"])


def test_classification(triton_client):
    output = triton.InferRequestedOutput("probabilities", class_count=3)
    classes = triton_client.infer(CNN, [tensor(rows(0, 1))], outputs=[output]).as_numpy("probabilities")
    assert classes.shape == (2, 3)
    value, index, label = classes[0][0].decode().split(":")
    assert float(value) > 0.9 and index == label == str(mnist()[1][0])


def test_raw_bodies(server, tmp_path):
    """A picture as the whole body, as curl sends it, and one row of floats."""
    url = f"{server.url}/v2/models/digits-softmax/infer"
    (tmp_path / "picture").write_bytes(digit_png("4"))
    (tmp_path / "row").write_bytes(rows(0).tobytes())
    for path in (tmp_path / "picture", tmp_path / "row"):
        command = ["curl", "-sS", "-D", "-", "-o", tmp_path / "answer", "-H", "Inference-Header-Content-Length: 0",
                   "--data-binary", f"@{path}", url]
        head = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        [size] = [int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("inference-header")]
        answer = (tmp_path / "answer").read_bytes()
        first = json.loads(answer[:size])["outputs"][0]
        assert (first["name"], first["parameters"]["binary_data_size"]) == ("probabilities", 40)
        assert len(numpy.frombuffer(answer[size:size + 40], numpy.float32)) == 10


def test_rows_are_recorded_without_a_picture(client):
    before = json.loads(client.request("GET", f"/api/predictions?model={CNN}&limit=1").body)["predictions"]
    status, _ = infer(client, as_request(rows(5, 6)), X_Vidi_User="ann")
    assert status == 200
    found = json.loads(client.request("GET", f"/api/predictions?model={CNN}&limit=2&user=ann").body)["predictions"]
    assert len(found) == 2 and {each["id"] for each in before}.isdisjoint(each["id"] for each in found)
    assert {each["result"] for each in found} == {str(label) for label in mnist()[1][[5, 6]]}
    assert all(each["image"] is None and each["user"] == "ann" for each in found)


def test_packed_bodies(client):
    body = json.dumps(as_request(rows(0))).encode()
    status, answer = infer(client, zlib.compress(body), Content_Encoding="deflate")
    assert (status, answer["model_name"]) == (200, CNN)


def test_repository(triton_client):
    listed = {(each["name"], each["state"]) for each in triton_client.get_model_repository_index()}
    assert {(name, "READY") for name in ("digits", CNN, "digits-softmax")} <= listed
    triton_client.unload_model("digits-softmax")
    try:
        assert not triton_client.is_model_ready("digits-softmax")
        with pytest.raises(InferenceServerException, match="digits-softmax"):
            triton_client.infer("digits-softmax", [tensor(rows(0))])
    finally:
        triton_client.load_model("digits-softmax")
    assert triton_client.is_model_ready("digits-softmax")
    with pytest.raises(InferenceServerException, match="nothing"):
        triton_client.load_model("nothing")


def test_statistics_add_up(triton_client):
    def sums():
        [model] = triton_client.get_inference_statistics(CNN)["model_stats"]
        return model["inference_count"], model["inference_stats"]["success"]["count"], sum(
            each["batch_size"] * each["compute_infer"]["count"] for each in model["batch_stats"])

    triton_client.infer(CNN, [tensor(rows(0))])
    before = sums()
    for count in (1, 2, 40):
        triton_client.infer(CNN, [tensor(numpy.repeat(rows(0), count, axis=0))])
    assert [after - first for after, first in zip(sums(), before)] == [43, 3, 43]


def test_each_caller_gets_its_own_answer(server, report):
    """Thousands of requests at once, over rows that are all different."""
    images, expected = mnist()[0][:512], {}
    with Client(server.url) as client:
        for index in range(0, 512, 32):
            _, answer = infer(client, as_request(rows(*range(index, index + 32))))
            values = numpy.array(answer["outputs"][0]["data"]).reshape(-1, 10)
            expected |= {index + row: values[row] for row in range(32)}
    wrong, answered = [], []

    def ask(number):
        with Client(server.url) as client:
            for step in range(64):
                index = (number * 37 + step * 101) % len(images)
                status, answer = infer(client, as_request(rows(index), id=f"{number}-{step}"))
                right = status == 200 and answer["id"] == f"{number}-{step}" and numpy.abs(
                    numpy.array(answer["outputs"][0]["data"]) - expected[index]).max() < 1e-4
                (answered if right else wrong).append((number, step))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Client(server.url) as client:
        [model] = json.loads(client.request("GET", f"/v2/models/{CNN}/stats").body)["model_stats"]
    sizes = [each["batch_size"] for each in model["batch_stats"]]
    report(f"{len(answered)} right, {len(wrong)} wrong; batches of up to {max(sizes)} rows")
    assert not wrong and len(answered) == 48 * 64
    assert 1 < max(sizes) <= 32, "nothing was inferred together, or more than the model's limit"


ROW = [0.5] * 784


def changed(**changes):
    """A good request, and what is wrong with it; None takes a member away."""
    given = as_request(numpy.array(ROW).reshape(1, 28, 28, 1))["inputs"][0] | changes
    return {"inputs": [{key: value for key, value in given.items() if value is not None}]}


BAD = {
    "no JSON": (b"{", "not JSON"),
    "an array": ([], "must be an object"),
    "no inputs": ({}, "no 'inputs'"),
    "empty inputs": ({"inputs": []}, "'inputs' is empty"),
    "inputs that are text": ({"inputs": "x"}, "must be an array"),
    "two inputs": ({"inputs": changed()["inputs"] * 2}, "2 inputs came"),
    "no name": (changed(name=None), "no 'name'"),
    "another name": (changed(name="x"), "no input 'x'; it has 'image'"),
    "no shape": (changed(shape=None), "no 'shape'"),
    "no type": (changed(datatype=None), "no 'datatype'"),
    "an unknown type": (changed(datatype="FP8"), "'FP8'"),
    "another type": (changed(datatype="INT64", data=[1] * 784), "takes FP32"),
    "FP16 in JSON": (changed(datatype="FP16"), "FP16"),
    "no data": (changed(data=None), "exactly one of 'data'"),
    "too little data": (changed(data=ROW[:-1]), "needs 784 values, and 783 came"),
    "too much data": (changed(data=ROW + [0]), "needs 784 values, and 785 came"),
    "text for numbers": (changed(data=["x"] * 784), "value 0 of input 'image' is a string"),
    "null for a number": (changed(data=ROW[:-1] + [None]), "value 783"),
    "a number beyond FP32": (changed(data=ROW[:-1] + [1e39]), "1e+39"),
    "a pixel beyond UINT8": (changed(datatype="UINT8", data=[256] + [0] * 783), "256"),
    "a pixel below UINT8": (changed(datatype="UINT8", data=[-1] + [0] * 783), "-1"),
    "a pixel that is no whole number": (changed(datatype="UINT8", data=[0.5] + [0] * 783), "0.5"),
    "ragged data": (changed(shape=[1, 2, 2, 1], data=[[[[1], [2]], [[3]]]]), "array of 1 where its shape"),
    "too deep data": (changed(shape=[2], data=[[1], [2]]), "value 0 of input 'image' is an array"),
    "another size": (changed(shape=[1, 27, 28, 1], data=ROW[:756]), "[1,27,28,1]"),
    "a dimension of 0": (changed(shape=[0, 28, 28, 1], data=[]), "dimension 0"),
    "a negative dimension": (changed(shape=[-1, 28, 28, 1]), "dimension -1"),
    "a shape that overflows": (changed(shape=[2**62, 2**62, 2**62, 4]), "elements"),
    "a shape beyond 64 bits": (changed(shape=[2**64, 28, 28, 1]), "number"),
    "a shape of text": (changed(shape=["1"]), "'shape'"),
    "an unknown output": (changed() | {"outputs": [{"name": "x"}]}, "no output 'x'"),
    "classification of 0": (changed() | {"outputs": [{"name": "probabilities", "parameters": {"classification": 0}}]},
                            "at least 1"),
    "classification of text": (changed() | {"outputs": [{"name": "result", "parameters": {"classification": 1}}]},
                               "cannot be classified"),
    "a parameter that is an object": (changed() | {"parameters": {"x": {}}}, "must be a string"),
    "binary_data_output that is no boolean": (changed() | {"parameters": {"binary_data_output": 1}}, "true or false"),
    "an id that is no text": (changed() | {"id": 42}, "'id'"),
    "nested a million deep": (b"[" * 1_000_000, ""),
    "balanced a hundred thousand deep": (b"[" * 100_000 + b"]" * 100_000, "deeper than"),
    "nothing": (b"", "not JSON"),
    "no picture": ({"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["no picture"]}]}, "picture 0"),
    "bad base64": ({"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["?"],
                                "parameters": {"content_type": "base64"}}]}, "base64"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests(client, case):
    body, message = BAD[case]
    status, answer = infer(client, body)
    assert 400 <= status < 500 and set(answer) == {"error"}, answer
    assert message in answer["error"]
    assert infer(client, changed())[0] == 200


def binary_request(size, tail, shape=(1, 28, 28, 1), datatype="FP32", **parameters):
    head = json.dumps({"inputs": [{"name": "image", "shape": list(shape), "datatype": datatype,
                                   "parameters": {"binary_data_size": size} | parameters}]}).encode()
    return head + tail, str(len(head))


FLOATS = numpy.array(ROW, numpy.float32).tobytes()
BAD_BINARY = {
    "too short": (binary_request(3136, FLOATS[:-1]), "3135 bytes are left"),
    "surplus bytes": (binary_request(3136, FLOATS + b"x"), "1 bytes behind"),
    "another size than the shape's": (binary_request(3132, FLOATS[:-4]), "needs 3136 bytes, and 3132"),
    "a negative size": (binary_request(-1, b""), "whole number"),
    "not a number": (binary_request(3136, struct.pack("<f", float("nan")) + FLOATS[4:]), "not finite"),
    "infinity": (binary_request(3136, struct.pack("<f", float("inf")) + FLOATS[4:]), "not finite"),
    "a length of BYTES that is cut": (binary_request(3, b"abc", (1,), "BYTES"), "length of element 0"),
    "a BYTES element that is cut": (binary_request(6, struct.pack("<I", 9) + b"ab", (1,), "BYTES"), "9 bytes, and 2"),
    "more BYTES elements than the shape": (binary_request(8, bytes(8), (1,), "BYTES"), "more than 1"),
}


@pytest.mark.parametrize("case", BAD_BINARY)
def test_bad_binary_requests(client, case):
    (body, size), message = BAD_BINARY[case]
    status, answer = infer(client, body, Inference_Header_Content_Length=size)
    assert status == 400 and message in answer["error"], answer


def test_bad_header_lengths(client):
    body, size = binary_request(3136, FLOATS)
    for value in ("x", "-1", str(len(body) + 1), str(2**70), "1.5"):
        status, answer = infer(client, body, Inference_Header_Content_Length=value)
        assert status == 400 and "Inference-Header-Content-Length" in answer["error"], value
    assert infer(client, body, Inference_Header_Content_Length="0")[0] == 400
    assert infer(client, body, Inference_Header_Content_Length=size)[0] == 200


def test_unknown_models_versions_and_methods(client):
    for path, status in {"/v2/models/x": 404, f"/v2/models/{CNN}/versions/9": 404, f"/v2/models/{CNN}/versions/x/ready": 404,
                         "/v2/models/x/stats": 404, "/v2/nothing": 404, f"/v2/models/{CNN}/infer": 405}.items():
        answer = client.request("GET", path)
        assert (answer.status, set(json.loads(answer.body))) == (status, {"error"}), path
    assert infer(client, as_request(rows(0)), "x")[0] == 404
    assert client.request("POST", "/v2/repository/index", body=b'{"ready":1}').status == 400


def test_too_large_is_413(tmp_path):
    with Server(tmp_path, "--max-body-bytes", "4096") as small, Client(small.url) as client:
        status, answer = infer(client, as_request(rows(0)))
        assert status == 413 and "4096" in answer["error"]


def test_a_picture_with_several_digits_has_a_result_but_no_row(client):
    wide = numpy.full((56, 140), 255, numpy.uint8)
    for place, index in enumerate((0, 1)):
        wide[14:42, 14 + 70 * place:42 + 70 * place] = 255 - mnist()[0][index]
    content = encode(wide)
    tail = struct.pack("<I", len(content)) + content
    body, size = binary_request(len(tail), tail, (1,), "BYTES")
    status, answer = infer(client, body, "digits", Inference_Header_Content_Length=size)
    assert status == 200
    outputs = {each["name"]: each for each in answer["outputs"]}
    assert outputs["result"]["data"] == ["72"] and "probabilities" not in outputs


def test_what_would_be_late_is_not_computed(triton_client, client):
    before = triton_client.get_inference_statistics(CNN)["model_stats"][0]["execution_count"]
    with pytest.raises(InferenceServerException) as refused:
        triton_client.infer(CNN, [tensor(rows(0))], timeout=1)
    assert refused.value.status() == "503" and "deadline" in refused.value.message()
    assert triton_client.get_inference_statistics(CNN)["model_stats"][0]["execution_count"] == before
    assert triton_client.infer(CNN, [tensor(rows(0))], timeout=60_000_000).as_numpy("probabilities").argmax() == 7
    status, answer = infer(client, as_request(rows(0), parameters={"timeout": -1}))
    assert status == 400 and "timeout" in answer["error"]
