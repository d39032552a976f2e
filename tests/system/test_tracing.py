"""Traces: spans of every request reach a collector by OTLP, in the client's trace."""

import json
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness.client import JSON, Client
from harness.metrics import read_metrics

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
SERVER = 2  # SpanKind
INTERNAL = 1


class Collector:
    """A small OTLP receiver on a free port; it answers what `statuses` say, then 200."""

    def __init__(self, statuses=()):
        self.messages = []
        self.statuses = list(statuses)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = collector.statuses.pop(0) if collector.statuses else 200
                if status == 200:
                    collector.messages.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"{}" if status == 200 else b"")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def requests(self):
        return [span for span in self.spans if span["kind"] == SERVER]

    @property
    def spans(self):
        return [
            span
            for _, _, message in self.messages
            for resource in message["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


def attributes(span):
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


@pytest.fixture
def collector():
    with Collector() as running:
        yield running


def test_a_request_over_tls_says_so(make_server, collector, tmp_path):
    files = {"-keyout": tmp_path / "key.pem", "-out": tmp_path / "certificate.pem"}
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*made, *(str(each) for pair in files.items() for each in pair)], check=True, capture_output=True)
    server = make_server("--otlp-endpoint", collector.url, "--tls-certificate", files["-out"], "--tls-key", files["-keyout"])
    with Client(server.url.replace("https:", "http:")) as client:
        assert client.get("/health/live").status == 400
    done = subprocess.run(["curl", "-sSk", f"{server.url}/health/live"], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    server.stop()
    assert [attributes(request)["url.scheme"] for request in collector.requests] == ["http", "https"]


def test_a_request_joins_the_clients_trace(make_server, collector, four):
    server = make_server("--otlp-endpoint", collector.url)
    with Client(server.url) as client:
        headers = {**JSON, "traceparent": f"00-{TRACE}-{CALLER}-01", "User-Agent": "test"}
        prediction = client.predict(four, headers=headers).json
    server.stop()  # what waits is sent
    ((path, kind, message),) = collector.messages
    assert (path, kind) == ("/v1/traces", "application/json")
    resource = attributes(message["resourceSpans"][0]["resource"])
    assert resource["service.name"] == "vidi" and resource["service.version"]
    (request,) = collector.requests
    assert (request["traceId"], request["parentSpanId"]) == (TRACE, CALLER)
    assert request["name"] == "POST /predict"
    said = attributes(request)
    assert said["http.request.method"] == "POST"
    assert said["http.route"] == said["url.path"] == "/predict"
    assert said["http.response.status_code"] == "200"
    assert said["client.address"] == "127.0.0.1"
    assert said["user_agent.original"] == "test"
    assert said["vidi.prediction.id"] == prediction["id"]
    assert said["vidi.model"] == "digits"
    stages = {span["name"]: span for span in collector.spans if span["kind"] == INTERNAL}
    assert {"decode", "infer", "keep", "record"} <= set(stages)
    for stage in stages.values():
        assert (stage["traceId"], stage["parentSpanId"]) == (TRACE, request["spanId"])
        assert int(request["startTimeUnixNano"]) <= int(stage["startTimeUnixNano"])
        assert int(stage["startTimeUnixNano"]) <= int(stage["endTimeUnixNano"]) <= int(request["endTimeUnixNano"])
    order = [stages[name]["startTimeUnixNano"] for name in ("receive", "decode", "prepare", "infer", "keep", "record", "write")]
    assert order == sorted(order)
    assert len({span["spanId"] for span in collector.spans}) == len(collector.spans)
    assert abs(int(request["startTimeUnixNano"]) / 1e9 - time.time()) < 60


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": "nonsense"},
        {"traceparent": f"ff-{TRACE}-{CALLER}-01"},
        {"traceparent": f"00-{'0' * 32}-{CALLER}-01"},
        {"traceparent": f"00-{TRACE.upper()}-{CALLER}-01"},
    ],
)
def test_without_a_valid_traceparent_a_trace_begins(make_server, collector, headers):
    server = make_server("--otlp-endpoint", collector.url)
    with Client(server.url) as client:
        assert client.get("/health/live", headers).status == 200
    server.stop()
    (span,) = collector.requests
    assert "parentSpanId" not in span
    assert span["traceId"] != TRACE and len(span["traceId"]) == 32


def test_the_callers_decision_to_sample_is_followed(make_server, collector):
    server = make_server("--otlp-endpoint", collector.url, "--trace-sampling", "0")
    with Client(server.url) as client:
        client.get("/health/live")
        client.get("/health/live", {"traceparent": f"00-{TRACE}-{CALLER}-00"})
        client.get("/health/ready", {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    server.stop()
    (span,) = collector.requests
    assert span["name"] == "GET /health/ready"


def test_errors_of_the_server_are_marked(make_server, collector):
    server = make_server("--otlp-endpoint", collector.url)
    with Client(server.url) as client:
        client.get("/nowhere")
        client.request("BREW", "/predict")
    server.stop()
    missing, brewed = sorted(collector.requests, key=lambda span: int(span["startTimeUnixNano"]))
    assert missing["name"] == "GET" and "status" not in missing
    assert attributes(missing)["vidi.error"] == "not_found"
    assert brewed["name"] == "HTTP /predict"
    assert attributes(brewed)["http.request.method_original"] == "BREW"


def test_spans_are_sent_again_when_the_collector_is_busy(make_server):
    with Collector(statuses=[503, 429]) as collector:
        server = make_server("--otlp-endpoint", collector.url)
        with Client(server.url) as client:
            client.get("/health/live")
            end = time.monotonic() + 30
            while not collector.messages and time.monotonic() < end:
                time.sleep(0.05)
        assert len(collector.requests) == 1
        server.stop()


def test_a_collector_that_is_away_is_in_nobodys_way(make_server, four):
    with Collector() as collector:
        url = collector.url
    server = make_server("--otlp-endpoint", url, "--otlp-queue", "10")
    with Client(server.url) as client:
        for _ in range(100):
            assert client.predict(four).status == 200
    metrics = read_metrics(server.url)
    assert metrics.value("vidi_spans_dropped_total", reason="queue_full") > 0
    server.stop()
    assert "traces cannot be sent to 127.0.0.1" in server.log


def test_a_collector_that_hangs_does_not_hold_up_the_end(make_server, four):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = make_server("--otlp-endpoint", f"http://127.0.0.1:{listening.getsockname()[1]}")
        with Client(server.url) as client:
            assert client.predict(four).status == 200
        server.stop()  # which waits for a minute at most
