"""SIGTERM: what was accepted is answered, and the server ends well."""

import signal
import time

from harness.client import Client, Part, connect, form, read_response
from harness.load import Load, missing
from harness.pictures import digit_file
from harness.server import run_vidi


def test_stopping_in_the_middle_of_load_loses_nothing(make_server):
    server = make_server()
    load = Load(server.url).start()
    time.sleep(0.5)
    server.stop()
    outcome = load.join()
    assert outcome.answers
    assert not outcome.broken, "an answer broke off"
    assert not outcome.refused, "a request was refused"
    assert outcome.closed == len(load.threads), "each client saw its connection closed between two answers"
    server.start()
    assert not missing(server.url, outcome.answers)
    server.stop()


def test_a_picture_that_is_being_decoded_is_answered(make_server):
    server = make_server()
    body, headers = form(Part("file", digit_file("PNG", size=6000), "4.png"))
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {headers['Content-Type']}\r\n"
    with connect(server.url) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.1)
        server.signal(signal.SIGTERM)
        answer = read_response(connection)
    assert (answer.status, answer.text) == (200, "识别结果: 4\n")
    assert server.wait() == 0


def test_a_body_that_is_still_coming_is_answered(make_server, four):
    server = make_server()
    body, headers = form(Part("file", four, "4.png"))
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {headers['Content-Type']}\r\n"
    with connect(server.url) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:100])
        time.sleep(0.2)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        connection.sendall(body[100:])
        answer = read_response(connection)
    assert (answer.status, answer.text) == (200, "识别结果: 4\n")
    assert answer.headers["Connection"] == "close"
    assert server.wait() == 0


def test_an_idle_connection_does_not_hold_it_up(make_server, four):
    server = make_server()
    with Client(server.url) as client:
        client.predict(four)
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 5


def test_a_stop_without_any_request(make_server):
    server = make_server()
    server.stop()
    assert "stopped" in server.log


def test_before_it_stops_it_says_so_and_serves_on(make_server, four):
    server = make_server("--stop-delay", "30s")
    with Client(server.url) as idle, Client(server.url) as asked:
        assert idle.get("/health/ready").status == 200
        server.signal(signal.SIGTERM)
        while asked.get("/health/ready").status == 200:
            time.sleep(0.01)
        with Client(server.url) as late:
            answer = late.predict(four)
            assert (answer.status, answer.json["result"]) == (200, "4"), "new connections are served"
            assert answer.headers["Connection"] == "close", "so that the next one goes elsewhere"
        answer = idle.get("/health/ready")
        assert (answer.status, answer.json["stopping"]) == (503, True)
        assert answer.headers["Connection"] == "close"
        with Client(server.url) as live:
            assert live.get("/health/live").status == 200
    server.signal(signal.SIGTERM)  # the delay is cut short
    assert server.wait() == 0


def test_a_stop_that_is_delayed_ends_by_itself(make_server):
    server = make_server("--stop-delay", "200ms")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert "not ready for more" in server.log and "stopped" in server.log


def test_health_is_the_servers(make_server, tmp_path):
    server = make_server("--stop-delay", "30s")
    listen = server.url.removeprefix("http://")
    ready = run_vidi("health", "--listen", listen, folder=tmp_path)
    assert (ready.returncode, b'"ready":true' in ready.stdout) == (0, True)
    server.signal(signal.SIGTERM)
    while run_vidi("health", "--listen", listen, folder=tmp_path).returncode == 0:
        time.sleep(0.01)
    leaving = run_vidi("health", "--listen", listen, folder=tmp_path)
    assert (leaving.returncode, b'"stopping":true' in leaving.stdout) == (1, True)
    assert run_vidi("health", "--live", "--listen", listen, folder=tmp_path).returncode == 0
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    gone = run_vidi("health", "--listen", listen, folder=tmp_path)
    assert gone.returncode == 1
    assert listen.encode() in gone.stderr
    nowhere = run_vidi("health", "--listen", "127.0.0.1:0", folder=tmp_path)
    assert nowhere.returncode == 2
    assert b"127.0.0.1:0" in nowhere.stderr and b"--listen" in nowhere.stderr


def test_what_is_kept_is_nobody_elses(make_server):
    server = make_server()
    assert (server.folder / "data").stat().st_mode & 0o777 == 0o700
