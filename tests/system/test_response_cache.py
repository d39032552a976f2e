"""The response cache: the same picture is computed once, and recorded as often as it is asked."""

import shutil
import time

import numpy
import pytest
import tritonclient.http as triton
from harness.client import JSON, Client
from harness.metrics import read_metrics
from harness.pictures import digit_png
from harness.server import MODELS

FLAGS = ["--response-cache", "1MiB", "--model-settle", "100ms"]


@pytest.fixture
def models(tmp_path):
    copied = tmp_path / "models"
    shutil.copytree(MODELS / "digits-softmax", copied / "digits-softmax")
    return copied


@pytest.fixture
def server(make_server, models):
    return make_server(*FLAGS, "--model", "digits-softmax", models=models)


def ask(client, picture, user):
    return client.request("PUT", "/predict", picture,
                          {**JSON, "Content-Type": "application/octet-stream", "X-Vidi-User": user}).json


def lookups(server):
    metrics = read_metrics(server.url)
    return [metrics.value("vidi_response_cache_lookups_total", outcome=outcome) for outcome in ("hit", "miss")]


def batches(server):
    return read_metrics(server.url).value("vidi_batch_rows_count", model="digits-softmax")


def answer_of(prediction):
    return {key: prediction[key] for key in ("result", "confidence", "candidates", "digits", "image", "version")}


def test_an_answer_that_is_known_is_recorded_like_any_other(server, client):
    picture = digit_png("4")
    first = ask(client, picture, "alice")
    computed = batches(server)
    second = ask(client, picture, "bob")
    assert batches(server) == computed, "it was computed again"
    assert lookups(server) == [1, 1]
    assert answer_of(first) == answer_of(second)
    assert first["id"] != second["id"] and first["time"] != second["time"]
    listed = client.get("/api/predictions", headers=JSON).json["predictions"]
    assert [(each["id"], each["user"]) for each in listed] == [(second["id"], "bob"), (first["id"], "alice")]
    other = ask(client, digit_png("7"), "alice")
    assert other["image"] != first["image"] and lookups(server) == [1, 2]


def test_pictures_of_other_protocols_share_it(server, client):
    picture = digit_png("4")
    first = ask(client, picture, "alice")
    asked = triton.InferInput("image", [2], "BYTES")
    asked.set_data_from_numpy(numpy.array([picture, picture], dtype=object))
    with triton.InferenceServerClient(server.url.removeprefix("http://")) as connected:
        answer = connected.infer("digits-softmax", [asked])
    assert [each.decode() for each in answer.as_numpy("result")] == [first["result"]] * 2
    assert answer.as_numpy(answer.get_response()["outputs"][0]["name"]).shape == (2, 10), "the network's own output"
    assert lookups(server) == [2, 1]


def test_a_model_that_was_loaded_anew_is_asked_again(server, client, models):
    picture = digit_png("4")
    ask(client, picture, "alice")
    card = models / "digits-softmax" / "model.toml"
    card.write_text(card.read_text() + "\n# changed\n")
    end = time.monotonic() + 30
    while lookups(server)[1] < 2:
        assert time.monotonic() < end, "the new model never was asked"
        ask(client, picture, "alice")
        time.sleep(0.05)


def test_what_is_no_picture_is_an_error_each_time(server, client):
    damaged = digit_png("4")[:-40]
    for _ in range(2):
        assert client.request("PUT", "/predict", damaged, JSON).status == 422
    assert lookups(server) == [0, 2]


def test_it_is_off_by_default(make_server, four):
    server = make_server()
    with Client(server.url) as client:
        client.predict(four)
        client.predict(four)
    assert lookups(server) == [0, 0]
