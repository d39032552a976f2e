"""The log: one line a request, whatever clients send, and never in their way."""

import json
import os
import re
import subprocess
import time

import numpy
import pytest
import tritonclient.grpc as triton
from harness.client import JSON, Client, Part, connect, read_response
from harness.metrics import read_metrics
from harness.server import Server, binary, digit_models, environment

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def requests_in(server, count, seconds=10):
    """The lines of requests in a JSON log, when there are so many."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lines = [json.loads(line) for line in server.log.splitlines()]
        found = [line for line in lines if line["message"] == "request"]
        if len(found) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError(server.log)


@pytest.fixture
def json_server(make_server):
    return make_server("--log-format", "json")


def test_a_line_says_all_of_a_request(json_server, four):
    with Client(json_server.url) as client:
        headers = {**JSON, "X-Request-Id": "r-1", "X-Vidi-User": "eve", "traceparent": PARENT}
        answer = client.predict(four, headers=headers)
        assert answer.headers["X-Request-Id"] == "r-1"
        assert client.get("/nowhere?secret=1").headers["X-Request-Id"] is None
    first, second = requests_in(json_server, 2)
    assert first["id"] == answer.json["id"]
    assert first["trace_id"] == PARENT.split("-")[1]
    assert first["span_id"] not in PARENT
    assert (first["request_id"], first["user"], first["model"]) == ("r-1", "eve", "digits")
    assert (first["remote"], first["method"], first["path"]) == ("127.0.0.1", "POST", "/predict")
    assert (first["protocol"], first["status"], first["level"]) == ("vidi", 200, "info")
    assert first["bytes_in"] > len(four)
    assert first["bytes_out"] > len(answer.body)
    assert first["latency_ms"] > 0
    assert (second["path"], second["status"], second["error"]) == ("/nowhere", 404, "not_found")
    assert re.fullmatch("[0-9a-f]{32}", second["trace_id"]) and second["trace_id"] != first["trace_id"]
    assert "id" not in second
    assert "secret" not in json_server.log, "a query may hold what is nobody's business"
    json_server.stop()


def test_the_other_protocols_have_their_lines(make_server, four):
    server = make_server("--log-format", "json", "--grpc-listen", "127.0.0.1:0")
    picture = triton.InferInput("image", [1], "BYTES")
    picture.set_data_from_numpy(numpy.array([four], object))
    headers = {"X-Request-Id": "r-2", "X-Vidi-User": "eve", "traceparent": PARENT}
    with Client(server.url) as client:
        assert client.post("/v2/models/digits/infer", four, {**headers, "Inference-Header-Content-Length": "0"}).status == 200
        assert client.post("/v1/models/digits:predict", json.dumps({"instances": [[[0]]]}), headers).status == 400
    with triton.InferenceServerClient(server.grpc_address) as client:
        client.infer("digits", [picture], headers={name.lower(): value for name, value in headers.items()})
    lines = requests_in(server, 3)
    assert [line["protocol"] for line in lines] == ["v2", "v1", "grpc"]
    assert [line["path"] for line in lines] == ["/v2/models/digits/infer", "/v1/models/digits:predict", "/inference.GRPCInferenceService/ModelInfer"]
    assert [line["status"] for line in lines] == [200, 400, 200]
    assert [line.get("model") for line in lines] == ["digits", None, "digits"]
    assert lines[1]["error"] == "invalid_argument"
    with Client(server.url) as client:
        for line in (lines[0], lines[2]):
            assert client.get(f"/api/predictions/{line['id']}").json["user"] == line["user"] == "eve"
            assert (line["trace_id"], line["request_id"], line["remote"]) == (PARENT.split("-")[1], "r-2", "127.0.0.1")
            assert line["bytes_in"] > len(four)
            assert line["bytes_out"] > 0 and line["latency_ms"] > 0
    server.stop()


def test_no_text_of_a_client_breaks_a_line(json_server, four):
    with Client(json_server.url) as client:
        client.predict(four, headers={"X-Vidi-User": 'a"}\t{"level":"error'})
        client.post_form("/predict", Part("file", four, "x.png"), Part("user", b"line\nbreak\x1b[31m\xff\xe2\x80\xae"))
        client.get("/%0a%0dinfo")
    with connect(json_server.url) as connection:
        connection.sendall(b"GET /\xff\x80\x7f HTTP/1.1\r\nHost: a\r\nX-Request-Id: \xff\r\nConnection: close\r\n\r\n")
        read_response(connection)
    with Client(json_server.url) as client:
        client.get("/" + "long" * 1000)
    lines = requests_in(json_server, 5)
    assert len(lines) == 5
    assert lines[0]["user"] == 'a"}\t{"level":"error'
    assert lines[1]["user"] == "line\nbreak\x1b[31m�\u202e"
    assert lines[2]["path"] == "/%0a%0dinfo"
    assert "request_id" not in lines[3]
    assert len(lines[4]["path"]) < 300
    log = json_server.log_path.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", log), "a control character reached the log"
    json_server.stop()


def test_refusals_are_logged_too(json_server):
    with connect(json_server.url) as connection:
        connection.sendall(b"NO HTTP\r\n\r\n")
        read_response(connection)
    (line,) = requests_in(json_server, 1)
    assert (line["status"], line["error"], line["remote"]) == (400, "invalid_argument", "127.0.0.1")
    json_server.stop()


def test_text_is_for_people(make_server, four):
    server = make_server()
    with Client(server.url) as client:
        client.predict(four)
    server.stop()
    (line,) = [line for line in server.log.splitlines() if " request " in line]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z info request id=[0-9a-f-]{36} trace_id=", line)
    assert ' method="POST" path="/predict" protocol=vidi status=200 ' in line


def test_requests_can_be_left_out(make_server, four):
    server = make_server("--log-requests", "off")
    with Client(server.url) as client:
        client.predict(four)
    server.stop()
    assert "request " not in server.log
    assert "stopped" in server.log


@pytest.mark.parametrize(
    ("flag", "value", "right"),
    [("--log-format", "xml", "text or json"), ("--log-requests", "yes", "on or off"), ("--trace-sampling", "2", "from 0 to 1"), ("--otlp-endpoint", "collector", "http://127.0.0.1:4318")],
)
def test_a_wrong_setting_is_named(tmp_path, flag, value, right):
    command = [str(binary()), "serve", "--listen", "127.0.0.1:0", "--models", str(digit_models()), "--grpc-listen", "off", flag, value]
    ended = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert flag.removeprefix("--") in ended.stderr and f'"{value}"' in ended.stderr and right in ended.stderr


def test_a_log_that_nobody_reads_holds_nobody_up(tmp_path, four):
    """The log's end is a pipe that is full."""
    server = Server(tmp_path, "--log-buffer", "64KiB")
    server.starts = 1
    reading, writing = os.pipe()
    command = [str(binary()), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"), "--models", str(digit_models()), "--grpc-listen", "off"]
    server.process = subprocess.Popen([*command, *server.flags], cwd=tmp_path, env=environment(), stderr=writing)
    os.close(writing)
    try:
        text = b""
        while b"listening on " not in text:
            text += os.read(reading, 4096)
        url = re.search(rb"listening on (http://[0-9.:]+)", text).group(1).decode()
        with Client(url) as client:
            for _ in range(2000):
                assert client.get("/health/live").status == 200
        assert read_metrics(url).value("vidi_log_lines_dropped_total") > 0
        server.signal(15)
        assert server.wait() == 0, "it ends though nobody reads"
    finally:
        server.kill9()
        os.close(reading)
