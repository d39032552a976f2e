"""What vidi.Client does when the server refuses, breaks off, restarts, or is none."""

import itertools
import json
import signal
import socket
import struct
import threading
import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from harness.client import Client as BareClient
from harness.python_package import vidi
from vidi import _transport

ANSWER = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "time": "2026-11-21T05:30:00.123456Z",
    "model": "digits",
    "version": "1",
    "result": "4",
    "confidence": 0.9,
    "candidates": [],
    "latency_ms": 1.5,
}
HEADS = {"HTML": "text/html", "TEXT": "text/plain; charset=utf-8", "JSON": "application/json"}


def refusal(status, *headers, kind="JSON", body=None):
    """A whole answer, as bytes."""
    body = json.dumps({"error": {"code": "overloaded", "message": "later"}}) if body is None else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {HEADS[kind]}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


GOOD = refusal(200, body=json.dumps(ANSWER))
BUSY = refusal(503)
CLOSE = b""  # no answer at all
CUT = GOOD[:-20]  # and then the end


class Unwell:
    """A server on a free port that answers each request with the next of `answers`, then well. It reads requests whole,
    but where the answer is "unread" the connection is reset early, and where it is "hang" nothing is said."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []  # method and body of each request
        self.ended = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.threads = [threading.Thread(target=self.accept)]

    def accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.converse, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def converse(self, connection):
        with connection, connection.makefile("rb") as received:
            while line := received.readline():
                size = 0
                for header in iter(received.readline, b"\r\n"):
                    if header.lower().startswith(b"content-length:"):
                        size = int(header.split(b":")[1])
                answer = self.answers.pop(0) if self.answers else GOOD
                method = line.split()[0].decode()
                if answer == "unread":
                    self.asked.append((method, None))
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                self.asked.append((method, received.read(size)))
                if answer == "hang":
                    self.ended.wait()
                    return
                connection.sendall(answer)
                if answer in (CLOSE, CUT):
                    return

    @property
    def methods(self):
        return [method for method, _ in self.asked]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def pauses(monkeypatch):
    """The seconds that the client would have paused; the clock goes on by them."""
    made = []
    monkeypatch.setattr(
        _transport, "time", SimpleNamespace(sleep=made.append, monotonic=lambda: time.monotonic() + sum(made))
    )
    return made


def test_what_is_refused_for_now_is_asked_again(pauses):
    with Unwell(BUSY, refusal(429), BUSY) as server, vidi.Client(server.url) as client:
        assert client.predict(b"picture").result == "4"
        assert server.asked == [("POST", b"picture")] * 4
    for pause, longest in zip(pauses, (0.5, 1.0, 2.0), strict=True):
        assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (2, 3), (5, 6)])
def test_there_is_an_end_to_it(pauses, retries, asked):
    with Unwell(*[BUSY] * 20) as server, vidi.Client(server.url, retries=retries) as client:
        with pytest.raises(vidi.Overloaded, match="POST http.*/predict: status 503: later"):
            client.predict(b"picture")
        assert len(server.asked) == asked


def test_the_server_says_when(pauses):
    with Unwell(*[refusal(503, "Retry-After: 7")] * 3) as server, vidi.Client(server.url) as client:
        client.predict(b"picture")
    assert len(pauses) == 3 and all(7 <= pause <= 7 * 1.25 for pause in pauses)


def test_a_pause_that_is_too_long_is_not_made(pauses):
    soon = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    for said in ("3600", soon):
        with Unwell(refusal(429, f"Retry-After: {said}")) as server, vidi.Client(server.url) as client:
            with pytest.raises(vidi.Overloaded) as told:
                client.predict(b"picture")
            assert 3500 < told.value.retry_after <= 3600
            assert len(server.asked) == 1
    assert pauses == []


def test_a_retry_after_that_says_nothing_is_passed_over(pauses):
    with Unwell(refusal(503, "Retry-After: soon")) as server, vidi.Client(server.url) as client:
        assert client.predict(b"picture").result == "4"
    assert len(pauses) == 1 and pauses[0] <= 0.5


@pytest.mark.parametrize("broken", [CLOSE, CUT, refusal(502, kind="HTML", body="<p>a proxy</p>"), refusal(504)])
def test_what_breaks_off_is_asked_again_unless_it_was_a_picture(pauses, broken):
    asks = {
        "GET": lambda client: client.prediction("1"),
        "PATCH": lambda client: client.correct("1", "4"),
        "DELETE": lambda client: client.delete("1"),
    }
    for method, ask in asks.items():
        with Unwell(broken, broken) as server, vidi.Client(server.url) as client:
            ask(client)
            assert server.methods == [method] * 3
    listed = refusal(200, body="[]")
    with Unwell(broken, listed) as server, vidi.Client(server.url) as client:
        assert client.models() == [] and server.methods == ["POST"] * 2
    with Unwell(broken) as server, vidi.Client(server.url) as client:
        with pytest.raises(vidi.Unavailable, match="may have recorded it" if broken in (CLOSE, CUT) else "status 50[24]"):
            client.predict(b"picture")
        assert server.asked == [("POST", b"picture")]


def test_a_picture_that_was_not_read_whole_is_sent_again(pauses):
    picture = bytes(20_000_000)
    with Unwell("unread", "unread") as server, vidi.Client(server.url) as client:
        assert client.predict(picture).result == "4"
        assert server.asked == [("POST", None), ("POST", None), ("POST", picture)]


def test_what_was_deleted_while_the_answer_was_lost_is_deleted(pauses):
    gone = refusal(404, body='{"error":{"code":"not_found","message":"there is no such prediction"}}')
    with Unwell(CLOSE, gone) as server, vidi.Client(server.url) as client:
        client.delete("1")
        assert server.methods == ["DELETE"] * 2
    for first in ([], [BUSY]):
        with Unwell(*first, gone) as server, vidi.Client(server.url) as client, pytest.raises(vidi.NotFound):
            client.delete("1")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever():
    with Unwell("hang", "hang") as server, vidi.Client(server.url, timeout=0.2) as client:
        with pytest.raises(vidi.DeadlineExceeded, match="no answer within 0.2 s; the server may have recorded it"):
            client.predict(b"picture")
        with pytest.raises(vidi.DeadlineExceeded, match="no answer within 0.2 s$"):
            client.models()
        assert len(server.asked) == 2


def test_a_connection_that_the_server_has_closed_is_not_used_again(pauses):
    """An answer that says nothing of it, and then the end."""
    with Unwell() as server, vidi.Client(server.url) as client:
        for _ in range(3):
            client.predict(b"picture")
            (kept, _), = client._transport._connections._idle
            kept.sock.shutdown(socket.SHUT_WR)  # the server takes that for the end, and closes
            while kept.sock.recv(1):
                pass
        assert len(server.asked) == 3
    assert pauses == []


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (refusal(200, kind="HTML", body="<p>Welcome</p>"), vidi.Internal, "the answer is not JSON but text/html"),
        (refusal(200, body="[]"), vidi.Internal, "this is no prediction"),
        (refusal(200, body='{"result":"4"}'), vidi.Internal, "this is no prediction"),
        (refusal(200, body=json.dumps({**ANSWER, "id": None})), vidi.Internal, "this prediction is not recorded"),
        (refusal(302, "Location: https://elsewhere/"), vidi.Internal, "the server is at https://elsewhere/"),
        (refusal(418, kind="TEXT", body="a teapot"), vidi.Internal, "status 418: a teapot"),
        (refusal(404, kind="HTML", body="<p>nginx</p>"), vidi.NotFound, "status 404: Whatever"),
        (refusal(400, body='{"error":"in one text"}'), vidi.InvalidArgument, "status 400: in one text"),
        (refusal(422, body='{"error":{"code":"brand_new","message":"why"}}'), vidi.Internal, "why"),
        (b"SSH-2.0-OpenSSH\r\n", vidi.Unavailable, "the connection broke before the answer was there"),
    ],
)
def test_who_answers_otherwise_is_told(answer, kind, said):
    with Unwell(answer) as server, vidi.Client(server.url) as client, pytest.raises(kind) as told:
        client.predict(b"picture")
    assert type(told.value) is kind and said in str(told.value) and f"POST {server.url}/predict" in str(told.value)


def test_a_path_before_vidis_own_is_kept():
    paths = []
    with Unwell() as server, vidi.Client(f"{server.url}/vision/") as client:
        client.predict(b"picture")
        with pytest.raises(vidi.Internal) as told:
            server.answers.append(refusal(200, body="{}"))
            client.prediction("1")
        paths.append(told.value.url)
    assert paths == [f"GET {server.url}/vision/api/predictions/1"]


def test_nobody_listens(pauses):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with vidi.Client(url, retries=3) as client:
        with pytest.raises(vidi.Unavailable, match="it cannot be reached .*refused"):
            client.predict(b"picture")
        assert len(pauses) == 3
        assert not client.ready()
        assert len(pauses) == 3, "health is asked once"


def test_the_real_server_is_full_for_a_while(make_server, digits_alone, monkeypatch, four):
    server = make_server("--max-connections", "1", models=digits_alone)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        first.close()
        time.sleep(0.01)

    with BareClient(server.url) as first, vidi.Client(server.url, retries=100, timeout=1000) as client:
        assert first.get("/health/live").status == 200
        with vidi.Client(server.url, retries=0) as impatient, pytest.raises(vidi.Overloaded) as told:
            impatient.predict(four)
        assert (told.value.status, told.value.retry_after) == (503, 1)
        with pytest.raises(vidi.Overloaded):
            client.health()
        monkeypatch.setattr(_transport, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
        assert client.predict(four).result == "4"
        assert pauses and min(pauses) >= 1
        assert len(list(client.predictions())) == 1


def test_the_real_server_restarts(make_server, digits_alone, monkeypatch, four):
    impatient = SimpleNamespace(sleep=lambda _: time.sleep(0.01), monotonic=time.monotonic)
    monkeypatch.setattr(_transport, "time", impatient)
    server = make_server("--stop-delay", "30s", models=digits_alone)
    server.flags += ("--listen", server.url.removeprefix("http://"))
    with vidi.Client(server.url, retries=100_000, timeout=100) as client:
        before = client.predict(four)
        health = client.health()
        assert (health.ready, health.records, health.objects, health.stopping, health.spool) == (True, "ok", "ok", False, {})
        server.signal(signal.SIGTERM)
        while client.ready():
            time.sleep(0.01)
        assert client.health().stopping
        assert client.predict(four).result == "4", "it serves on"
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert not client.ready()
        with pytest.raises(vidi.Unavailable):
            client.health()
        answers = []
        asking = threading.Thread(target=lambda: answers.extend(client.predict_many(itertools.repeat(four, 5))))
        asking.start()
        server.start()
        asking.join()
        assert [each.result for each in answers] == ["4"] * 5

        server.kill9()
        server.start()
        assert client.predict(four).result == "4"
        assert client.prediction(before.id) == before
        assert sum(1 for _ in client.predictions()) == 8
