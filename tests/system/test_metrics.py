"""GET /metrics: what Prometheus is told agrees with what was sent."""

import json
import queue
import re
import threading

import numpy
import pytest
import tritonclient.grpc as triton
from harness.client import BROWSER, JSON, Client, Part, connect, form, read_response
from harness.metrics import Metrics, read_metrics, read_metrics_after
from harness.pictures import digit_file, mnist_png
from harness.server import digit_models

ROUTES = {
    "unknown", "/", "/predict", "/upload", "/uploads/{id}", "/uploads/{id}/image", "/uploads/{id}/explanation",
    "/api/predictions", "/api/predictions/{id}", "/api/statistics", "/health/live", "/health/ready", "/metrics",
    "/openapi.json", "/v2/models/{model}/infer", "/v1/models/{model}",
}
ROWS = numpy.zeros((2, 28, 28, 1), numpy.float32)
GRPC = "/inference.GRPCInferenceService"


@pytest.fixture
def server(make_server):
    """One a test: the numbers are compared exactly."""
    return make_server()


def increase(before, after, name, **labels):
    return after.value(name, **labels) - before.value(name, **labels)


def test_the_exposition_is_what_prometheus_reads(client, four):
    client.predict(four)
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    metrics = Metrics(answer.text)
    described = {family.name for family in metrics.families if family.documentation and family.type != "unknown"}
    assert described == {family.name for family in metrics.families}
    assert len(described) == len(metrics.families), "a family stands there twice"
    series = [(sample.name, *sorted(sample.labels.items())) for sample in metrics.samples]
    assert len(series) == len(set(series)), "a series stands there twice"
    for sample in metrics.samples:
        assert re.fullmatch("(vidi|process)_[a-z0-9_]+", sample.name)


def test_every_histogram_adds_up(server, client, four):
    for _ in range(3):
        client.predict(four)
    metrics = read_metrics_after(server.url, Metrics(""), 3)
    histograms = [family for family in metrics.families if family.type == "histogram"]
    assert {"vidi_request_seconds", "vidi_stage_seconds", "vidi_batch_rows"} <= {family.name for family in histograms}
    for family in histograms:
        buckets = {}
        for sample in family.samples:
            key = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
            if sample.name.endswith("_bucket"):
                buckets.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        for key, pairs in buckets.items():
            limits = [limit for limit, _ in pairs]
            counts = [count for _, count in pairs]
            assert limits == sorted(limits) and limits[-1] == float("inf")
            assert counts == sorted(counts)
            assert counts[-1] == metrics.value(f"{family.name}_count", **dict(key))


def test_each_request_is_counted_once(server, client, four):
    before = read_metrics(server.url)
    for number in range(7):
        assert client.predict(four if number % 2 else mnist_png(number)).status == 200
    for _ in range(3):
        assert client.request("PUT", "/predict", four).status == 200
    for _ in range(2):
        client.get("/api/predictions", JSON)
    client.request("HEAD", "/health/live")
    after = read_metrics_after(server.url, before, 13)
    ok = {"status": "200", "protocol": "vidi"}
    assert increase(before, after, "vidi_requests_total", path="/predict", method="POST", **ok) == 7
    assert increase(before, after, "vidi_requests_total", path="/predict", method="PUT", **ok) == 3
    assert increase(before, after, "vidi_requests_total", path="/api/predictions", method="GET", **ok) == 2
    assert increase(before, after, "vidi_requests_total", path="/health/live", method="HEAD", **ok) == 1
    assert after.requests - before.requests == 13
    assert increase(before, after, "vidi_request_seconds_count", path="/predict", model="digits") == 10
    assert increase(before, after, "vidi_predictions_total", model="digits") == 10
    assert increase(before, after, "vidi_errors_total") == 0
    for stage in ("receive", "decode", "prepare", "infer", "keep", "record", "write"):
        assert increase(before, after, "vidi_stage_seconds_count", stage=stage) == 10, stage
    whole = increase(before, after, "vidi_request_seconds_sum", path="/predict")
    stages = increase(before, after, "vidi_stage_seconds_sum")
    assert 0 < stages <= whole
    # What comes one by one goes through the model one by one.
    assert increase(before, after, "vidi_batch_rows_count", model="digits") == 10
    assert increase(before, after, "vidi_batch_rows_sum", model="digits") >= 10


def test_many_clients_at_once_are_counted_exactly(server, four):
    before = read_metrics(server.url)

    def send():
        with Client(server.url) as client:
            for _ in range(50):
                assert client.predict(four).status == 200

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = read_metrics_after(server.url, before, 400)
    assert increase(before, after, "vidi_predictions_total") == 400
    assert increase(before, after, "vidi_requests_total", path="/predict", status="200") == 400
    assert increase(before, after, "vidi_request_seconds_count", path="/predict") == 400
    rows = increase(before, after, "vidi_batch_rows_sum", model="digits")
    assert increase(before, after, "vidi_batch_rows_count", model="digits") <= rows


@pytest.mark.parametrize(
    ("send", "status", "path", "code"),
    [
        (lambda client: client.predict(b"no picture"), 422, "/predict", "undecodable"),
        (lambda client: client.predict(b"no picture", headers=BROWSER), 422, "/predict", "undecodable"),
        (lambda client: client.predict(b"no picture", filename="x.exe"), 415, "/predict", "unsupported_media"),
        (lambda client: client.post("/predict", b""), 400, "/predict", "invalid_argument"),
        (lambda client: client.post_form("/upload", Part("file", b"x", "x.png"), headers=BROWSER), 422, "/upload", "undecodable"),
        (lambda client: client.get("/nowhere"), 404, "unknown", "not_found"),
        (lambda client: client.get("/api/predictions/nothing"), 404, "/api/predictions/{id}", "not_found"),
        (lambda client: client.request("DELETE", "/predict"), 405, "/predict", "invalid_argument"),
        (lambda client: client.get("/api/predictions?limit=x"), 400, "/api/predictions", "invalid_argument"),
        (lambda client: client.get("/%zz"), 400, "unknown", "invalid_argument"),
        (lambda client: client.get("/" + "x" * 20_000), 414, "unknown", "too_large"),
        (lambda client: client.post("/predict", b"", {"Content-Length": str(1 << 40)}), 413, "unknown", "too_large"),
    ],
)
def test_a_bad_request_is_counted_with_its_error(server, client, send, status, path, code):
    before = read_metrics(server.url)
    assert send(client).status == status
    after = read_metrics_after(server.url, before, 1)
    assert increase(before, after, "vidi_requests_total", status=str(status), path=path) == 1
    assert increase(before, after, "vidi_errors_total", code=code) == 1
    assert increase(before, after, "vidi_errors_total") == 1
    assert increase(before, after, "vidi_predictions_total") == 0
    assert increase(before, after, "vidi_stage_seconds_count") == 0


def test_what_is_no_http_is_counted(server):
    before = read_metrics(server.url)
    with connect(server.url) as connection:
        connection.sendall(b"\x16\x03\x01 what is this\r\n\r\n")
        assert read_response(connection).status == 400
    after = read_metrics_after(server.url, before, 1)
    assert increase(before, after, "vidi_requests_total", path="unknown", status="400") == 1


def test_hostile_clients_add_no_labels(server, client, four):
    before = read_metrics(server.url)
    for number in range(200):
        client.get(f"/{number}/{'x' * number}?{number}")
        client.get(f"/api/predictions/{number}")
        client.request(f"VERB{number}", "/predict")
        client.predict(four, filename=f"{number}.png", headers={**JSON, "X-Vidi-User": f"user {number}"})
        client.post_form(f"/predict?model=model{number}", Part("file", four, "x.png"))
        client.post(f"/v2/models/model{number}/infer", b"{}")
        client.post(f"/v1/models/model{number}:predict", b"{}")
    metrics = read_metrics_after(server.url, before, 1400)
    assert metrics.labels("vidi_requests_total", "path") <= ROUTES
    assert metrics.labels("vidi_requests_total", "method") <= {"GET", "POST", "other"}
    assert metrics.labels("vidi_requests_total", "protocol") == {"vidi", "v1", "v2"}
    assert metrics.labels("vidi_request_seconds_count", "model") <= {"", *(folder.name for folder in digit_models().iterdir())}
    assert len(metrics.samples) < 600
    assert metrics.value("vidi_requests_total", path="unknown", status="404") == 200
    assert metrics.value("vidi_requests_total", method="other", status="405") == 200


def test_each_protocol_is_counted_with_its_model(server, client, four):
    before = read_metrics(server.url)
    body = json.dumps({"instances": ROWS.tolist()})
    assert client.post("/v1/models/digits-softmax:predict", body).status == 200
    assert client.post("/v1/models/digits-softmax/versions/1:predict", body).status == 200
    assert client.post("/v2/models/digits/infer", four, {"Inference-Header-Content-Length": "0"}).status == 200
    pictures = {"name": "image", "datatype": "BYTES", "shape": [2], "data": ["no", "picture"]}
    assert client.post("/v2/models/digits/infer", json.dumps({"inputs": [pictures]})).status == 422
    after = read_metrics_after(server.url, before, 4)
    v1 = {"protocol": "v1", "path": "/v1/models/{model}"}
    assert increase(before, after, "vidi_requests_total", status="200", **v1) == 1
    assert increase(before, after, "vidi_request_seconds_count", model="digits-softmax", **v1) == 1
    assert increase(before, after, "vidi_request_seconds_count", model="digits-softmax", protocol="v1") == 2
    v2 = {"protocol": "v2", "path": "/v2/models/{model}/infer"}
    assert increase(before, after, "vidi_requests_total", status="200", **v2) == 1
    assert increase(before, after, "vidi_requests_total", status="422", **v2) == 1
    assert increase(before, after, "vidi_request_seconds_count", model="digits", **v2) == 1
    assert increase(before, after, "vidi_predictions_total", model="digits-softmax", version="1") == 4
    assert increase(before, after, "vidi_predictions_total", model="digits", version="1") == 1
    assert increase(before, after, "vidi_batch_rows_sum", model="digits-softmax") == 4
    for stage, requests in {"receive": 3, "decode": 1, "prepare": 1, "infer": 3, "keep": 1, "record": 3, "write": 3}.items():
        assert increase(before, after, "vidi_stage_seconds_count", stage=stage) == requests, stage


def grpc_input(values=ROWS, name="image", kind="FP32"):
    tensor = triton.InferInput(name, values.shape, kind)
    tensor.set_data_from_numpy(values)
    return tensor


def test_grpc_is_counted(make_server, four):
    server = make_server("--grpc-listen", "127.0.0.1:0")
    before = read_metrics(server.url)
    answers = queue.Queue()
    with triton.InferenceServerClient(server.grpc_address) as client:
        assert client.is_server_live()
        client.infer("digits-softmax", [grpc_input()])
        client.infer("digits", [grpc_input(numpy.array([four, four], object), kind="BYTES")])
        with pytest.raises(triton.InferenceServerException):
            client.infer("nothing", [grpc_input()])
        client.start_stream(lambda result, error: answers.put(error))
        for model in ("digits-softmax", "digits-softmax", "nothing"):
            client.async_stream_infer(model, [grpc_input()])
        errors = [answers.get(timeout=30) for _ in range(3)]
        client.stop_stream()
    assert [error is None for error in errors] == [True, True, False]
    after = read_metrics_after(server.url, before, 7)
    assert increase(before, after, "vidi_requests_total", protocol="grpc") == 7
    for name, status, count in (("ServerLive", 200, 1), ("ModelInfer", 200, 2), ("ModelInfer", 404, 1), ("ModelStreamInfer", 200, 2), ("ModelStreamInfer", 404, 1)):
        labels = {"path": f"{GRPC}/{name}", "protocol": "grpc", "status": str(status)}
        assert increase(before, after, "vidi_requests_total", **labels) == count, name
    assert increase(before, after, "vidi_errors_total", code="not_found") == 2
    assert increase(before, after, "vidi_predictions_total", model="digits-softmax") == 6
    assert increase(before, after, "vidi_predictions_total", model="digits") == 2
    for stage, requests in {"decode": 1, "prepare": 1, "infer": 4, "keep": 1, "record": 4, "write": 4}.items():
        assert increase(before, after, "vidi_stage_seconds_count", stage=stage) == requests, stage
    server.stop()


def test_models_limits_and_the_process_are_described(server, client):
    metrics = read_metrics(server.url)
    models = {folder.name for folder in digit_models().iterdir() if (folder / "model.toml").exists()}
    assert metrics.labels("vidi_model_info", "model") == models
    assert metrics.labels("vidi_model_info", "state") == {"ready"}
    assert metrics.value("vidi_limit", of="requests") == 1024
    assert metrics.value("vidi_limit", of="connections") == 4096
    assert metrics.labels("vidi_queue_depth", "queue") == {"workers", "pdf", "records", "objects"}
    assert metrics.value("vidi_in_flight_requests") == 1, "the one that asks"
    assert metrics.value("process_resident_memory_bytes") > 1 << 20
    assert metrics.value("process_cpu_seconds_total") > 0
    assert metrics.value("process_threads") >= 2
    assert 5 < metrics.value("process_open_fds") <= metrics.value("process_max_fds")
    assert metrics.value("vidi_build_info") == 1


def test_a_queue_that_fills_is_seen(make_server):
    server = make_server("--workers", "1", "--worker-queue", "8", "--max-requests", "64")
    body, headers = form(Part("file", digit_file("PNG", size=6000), "4.png"))
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {headers['Content-Type']}\r\n"
    connections = [connect(server.url) for _ in range(4)]
    deepest = 0
    for connection in connections:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answered = threading.Event()

    def read_all():
        for connection in connections:
            assert read_response(connection).status == 200
        answered.set()

    reader = threading.Thread(target=read_all)
    reader.start()
    while not answered.is_set():
        deepest = max(deepest, read_metrics(server.url).value("vidi_queue_depth", queue="workers"))
    reader.join()
    assert 1 <= deepest <= 4
    assert read_metrics(server.url).value("vidi_queue_depth", queue="workers") == 0
    server.stop()
