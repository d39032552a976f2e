"""SIGTERM: what was accepted is answered, and the server ends well."""

import signal
import time

from harness.client import Client, Part, connect, form, read_response
from harness.load import Load, missing
from harness.pictures import digit_file


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
