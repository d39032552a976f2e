"""TensorFlow Serving's REST interface, as its users write requests."""

import base64
import json

import numpy
import pytest
from harness.pictures import digit_png, mnist

CNN = "digits-cnn"


def rows(*indices):
    return (mnist()[0][list(indices), :, :, None] / numpy.float32(255)).astype(float).tolist()


def post(client, body, path=f"/v1/models/{CNN}:predict"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.request("POST", path, body=content)
    return answer.status, json.loads(answer.body)


def best(values):
    return numpy.array(values).argmax(axis=-1).tolist()


def test_status_and_metadata(client):
    available = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in (f"/v1/models/{CNN}", f"/v1/models/{CNN}/versions/1", f"/V1/Models/{CNN}"):
        assert client.get(path).json == {"model_version_status": [available]}, path
    metadata = client.get(f"/v1/models/{CNN}/metadata").json
    assert metadata["model_spec"] == {"name": CNN, "signature_name": "", "version": "1"}
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["image"]["dtype"] == "DT_FLOAT"
    assert [each["size"] for each in signature["inputs"]["image"]["tensor_shape"]["dim"]] == ["-1", "28", "28", "1"]


def test_rows(client):
    labels = mnist()[1][:3].tolist()
    for instances in (rows(0, 1, 2), [{"image": row} for row in rows(0, 1, 2)]):
        status, answer = post(client, {"instances": instances})
        assert (status, set(answer)) == (200, {"predictions"})
        assert best(answer["predictions"]) == labels
        assert all(isinstance(value, float) for row in answer["predictions"] for value in row)


def test_columns(client):
    labels = mnist()[1][:2].tolist()
    for inputs in (rows(0, 1), {"image": rows(0, 1)}):
        status, answer = post(client, {"signature_name": "serving_default", "inputs": inputs},
                              f"/v1/models/{CNN}/versions/1:predict")
        assert (status, best(answer["outputs"])) == (200, labels)


def test_floats_keep_a_point(client):
    answer = client.request("POST", f"/v1/models/{CNN}:predict", body=json.dumps({"instances": rows(0)}).encode())
    values = answer.text.split("[[")[1].split("]]")[0].split(",")
    assert len(values) == 10 and all("." in value or "e" in value for value in values)


def test_pictures(client):
    text = {"b64": base64.b64encode(digit_png("4")).decode()}
    for body in ({"instances": [text, {"image": text}]}, {"inputs": [text, text]}, {"inputs": {"image": text}}):
        status, answer = post(client, body, "/v1/models/digits:predict")
        assert status == 200, answer
        if "instances" in body:
            assert [each["result"] for each in answer["predictions"]] == ["4", "4"]
            assert best(answer["predictions"][0]["probabilities"]) == 4
        else:
            assert set(answer["outputs"]["result"]) == {"4"}
    found = client.get(f"/api/predictions/{answer['outputs']['id'][0]}").json
    assert found["result"] == "4" and found["image"] is not None


def test_classify(client):
    flat = [{"image": numpy.array(row).ravel().tolist()} for row in rows(0, 1)]
    status, answer = post(client, {"examples": flat}, f"/v1/models/{CNN}:classify")
    assert status == 200
    for label, classes in zip(mnist()[1][:2], answer["results"]):
        assert [name for name, _ in classes] == [str(digit) for digit in range(10)]
        assert max(classes, key=lambda each: each[1])[0] == str(label)


def test_rows_are_recorded(client):
    _, answer = post(client, {"instances": rows(0, 1)})
    newest = client.get(f"/api/predictions?model={CNN}&limit=2").json["predictions"]
    assert {each["result"] for each in newest} == {str(digit) for digit in best(answer["predictions"])}


ROW = numpy.zeros((28, 28, 1)).tolist()
BAD = {
    "no JSON": (b"{", "not JSON"),
    "an array": ([], "must be an object"),
    "neither key": ({}, "none of 'instances' and 'inputs'"),
    "both keys": ({"instances": [ROW], "inputs": [ROW]}, "both of"),
    "no instances": ({"instances": []}, "'instances' is empty"),
    "instances that are no array": ({"instances": 1}, "must be an array"),
    "an unknown signature": ({"signature_name": "x", "instances": [ROW]}, "no signature 'x'"),
    "a signature that is no text": ({"signature_name": 1, "instances": [ROW]}, "must be a string"),
    "rows of two shapes": ({"instances": [ROW, ROW[:-1]]}, "array of 27 where its shape"),
    "another shape": ({"instances": [[1, 2]]}, "[1,2]"),
    "text": ({"instances": ["x"]}, "a string"),
    "another name": ({"instances": [{"x": ROW}]}, "the input's name 'image'"),
    "two names": ({"instances": [{"image": ROW, "x": ROW}]}, "exactly one key"),
    "bad base64": ({"instances": [{"b64": "?"}]}, "not base64"),
    "no picture": ({"instances": [{"b64": "aGVsbG8="}]}, "picture 0"),
    "a picture among rows": ({"instances": [{"b64": "aGVsbG8="}, ROW]}, "mixed"),
    "null": ({"instances": [None]}, "null"),
    "nested deep": (b'{"instances":' + b"[" * 1000 + b"]" * 1000 + b"}", "deeper than"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests(client, case):
    body, message = BAD[case]
    status, answer = post(client, body)
    assert (status, set(answer)) == (400, {"error"}) or case == "no picture" and status in (415, 422), answer
    assert message in answer["error"]


def test_bad_examples(client):
    for body in ({}, {"examples": []}, {"examples": [1]}, {"examples": [{"x": ROW}]}):
        status, answer = post(client, body, f"/v1/models/{CNN}:classify")
        assert (status, set(answer)) == (400, {"error"}), body


def test_unknown_models_versions_and_verbs(client):
    status, answer = post(client, {"instances": [ROW]}, "/v1/models/x:predict")
    assert status == 404 and answer["error"].startswith("Servable not found for request: Latest(x)")
    status, answer = post(client, {"instances": [ROW]}, f"/v1/models/{CNN}/versions/7:predict")
    assert status == 404 and f"Specific({CNN}, 7)" in answer["error"]
    for verb in ("train", ""):
        status, answer = post(client, {"instances": [ROW]}, f"/v1/models/{CNN}:{verb}")
        assert status == 400 and "predict and classify" in answer["error"]
    answer = client.request("DELETE", f"/v1/models/{CNN}")
    assert (answer.status, set(answer.json)) == (400, {"error"})
    assert client.get(f"/v1/models/{CNN}:predict").status in (400, 404)
