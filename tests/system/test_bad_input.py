"""What a client can send wrong: each is told what it did, and the server goes on."""

import socket

import pytest
from harness import damaged
from harness.client import BROWSER, JSON, Client, Part, connect, form, read_response
from harness.pictures import digit_file

KINDS = ["PNG", "JPEG", "GIF", "BMP"]
MEGABYTE = 1 << 20

# A name as it is sent, the name that must be recorded, and the safe one beside it, as Werkzeug makes it.
HOSTILE_NAMES = {
    "a path": ("../../etc/passwd.png", "../../etc/passwd.png", "etc_passwd.png"),
    "a path of Windows": (r"C:\Users\four.png", r"C:\Users\four.png", "CUsersfour.png"),
    "NUL": ("nul\0byte.png", "nul\0byte.png", "nulbyte.png"),
    "a quote as browsers write it": ("quo%22te.png", 'quo"te.png', "quote.png"),
    "a quote as curl writes it": (r"quo\"te.png", 'quo"te.png', "quote.png"),
    "a line break": ("new%0D%0Aline.png", "new\r\nline.png", "new_line.png"),
    "a single quote": ("it's.png", "it's.png", "its.png"),
    "right to left": ("\u202egnp.exe.png", "\u202egnp.exe.png", "gnp.exe.png"),
    "a script": (
        "<script>alert(1)</script>.png",
        "<script>alert(1)</script>.png",
        "scriptalert1_script.png",
    ),
    "an attribute": ("x%22 onerror=alert(1).png", 'x" onerror=alert(1).png', "x_onerroralert1.png"),
}


def message(answer):
    return answer.json["error"]["message"]


def is_well(client):
    return client.get("/health/ready").status == 200


# Requests that hold no picture.


def test_a_form_without_a_picture(client):
    answer = client.post_form("/predict", Part("user", b"ada"))
    assert (answer.status, answer.text.strip()) == (400, "No file part")


def test_an_empty_body(client):
    answer = client.post("/predict", b"")
    assert (answer.status, answer.text.strip()) == (400, "No file part")


def test_a_form_with_an_empty_name(client):
    answer = client.post_form("/predict", Part("file", b"", ""))
    assert (answer.status, answer.text.strip()) == (400, "No selected file")


@pytest.mark.parametrize("path", ["/predict", "/upload"])
def test_a_browser_gets_the_form_again_with_the_message(client, path):
    answer = client.post_form(path, Part("file", b"", ""), headers=BROWSER)
    assert answer.status == 400
    assert answer.media_type == "text/html"
    assert "No selected file" in answer.text
    assert "<form" in answer.text


def test_an_error_in_json_has_code_and_message(client):
    answer = client.post_form("/predict", Part("user", b"ada"), headers=JSON)
    assert answer.status == 400
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"code", "message"}


# Files that are not what they should be.


def test_an_empty_file(client):
    assert client.predict(b"", "empty.png").status == 422


@pytest.mark.parametrize("content", [b"this is no picture", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF89a", b"\xff\xd8\xff"])
def test_a_file_that_is_no_picture(client, content):
    answer = client.post("/predict", content, JSON)
    assert answer.status == 422
    assert message(answer)


@pytest.mark.parametrize("name", ["four.exe", "four.svg", "four", "png", "four.png.html"])
def test_a_type_that_is_not_allowed(client, four, name):
    answer = client.predict(four, name)
    assert answer.status == 415
    assert "png" in message(answer), "the message says what is allowed"


@pytest.mark.parametrize(("kind", "name"), [("PNG", "four.jpg"), ("JPEG", "four.png"), ("GIF", "four.bmp")])
def test_a_name_that_contradicts_the_content(client, kind, name):
    assert client.predict(digit_file(kind), name).status == 415


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file(client, kind):
    answer = client.predict(damaged.truncated(kind), f"half.{kind}")
    assert answer.status == 422, answer.text
    assert message(answer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrupt_file(client, kind):
    answer = client.predict(damaged.corrupt(kind), f"corrupt.{kind}")
    assert answer.status == 422, answer.text
    assert message(answer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_at_any_byte_is_answered(client, kind):
    file = digit_file(kind, size=28)
    for length in range(1, len(file), 1 + len(file) // 150):
        assert client.post("/predict", file[:length], JSON).status in (200, 422), f"cut at {length}"
    assert is_well(client)


# Pictures that hold nothing.


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("make", [damaged.one_pixel, damaged.blank])
def test_a_picture_of_nothing_is_answered_and_recorded(client, kind, make):
    picture = make(kind)
    answer = client.predict(picture, f"nothing.{kind}")
    assert answer.status == 200, answer.text
    assert answer.json["result"] is None
    assert answer.json["reason"]
    recorded = client.get(f"/api/predictions/{answer.json['id']}")
    assert recorded.json == answer.json
    assert client.get(f"/uploads/{answer.json['id']}/image").body == picture


def test_nothing_reads_as_a_dash_in_text(client):
    assert client.predict(damaged.blank("PNG"), headers={}).text == "识别结果: -\n"


# Too much.


@pytest.mark.parametrize("kind", KINDS)
def test_a_decompression_bomb_is_refused_without_the_memory_it_asks_for(server, client, kind):
    before = server.peak_memory()
    answer = client.predict(damaged.bomb(kind), f"bomb.{kind}")
    assert answer.status in (413, 422), answer.text
    assert server.peak_memory() - before < 64 * MEGABYTE
    assert is_well(client)


def test_packed_text_beside_the_pixels_is_not_unpacked(server, client):
    before = server.peak_memory()
    assert client.predict(damaged.text_bomb(), "text.png").status in (200, 413, 422)
    assert server.peak_memory() - before < 64 * MEGABYTE


def too_large_head(expect):
    return (
        "POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: 1000000000000\r\n{expect}\r\n"
    ).encode()


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(server, client, expect):
    with connect(server.url) as connection:
        connection.sendall(too_large_head(expect))
        assert read_response(connection).status == 413, "and not 100 Continue first"
    assert is_well(client)


def test_a_chunked_body_over_the_limit_is_cut_off(make_server, four):
    server = make_server("--max-body-bytes", "64KiB")
    with connect(server.url) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"1000\r\n" + bytes(0x1000) + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may hang up while this still sends
        try:
            assert read_response(connection).status == 413
        except ConnectionResetError:
            pass
    with Client(server.url) as client:
        assert client.predict(four).status == 200
        assert client.predict(four + bytes(70_000)).status == 413


def test_a_client_that_asks_first_is_told_to_go_on(server, four):
    body, headers = form(Part("file", four, "4.png"))
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {headers['Content-Type']}\r\n"
    head += f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    with connect(server.url) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        answer = read_response(connection)
    assert (answer.status, answer.text) == (200, "识别结果: 4\n")


def test_too_many_parts(client, four):
    parts = [Part(f"field{i}", b"") for i in range(200)]
    assert client.post_form("/predict", *parts, Part("file", four, "4.png")).status in (400, 413)


def test_a_head_that_never_ends(server, client):
    with connect(server.url) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n" + b"X-Filler: 1234567890\r\n" * 20_000)
            assert read_response(connection).status in (413, 431)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server hung up first, which is as good
    assert is_well(client)


@pytest.mark.parametrize("request_bytes", [b"\x16\x03\x01\x02\0\x01\0", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_not_http(server, client, request_bytes):
    with connect(server.url) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 505"))
    assert is_well(client)


def test_a_client_that_goes_away_in_the_middle(server, client, four):
    body, headers = form(Part("file", four, "4.png"))
    head = f"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Type: {headers['Content-Type']}\r\n"
    for cut in range(0, len(body), 20):
        with connect(server.url) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:cut])
    assert is_well(client)


# Names that are meant to do harm.


@pytest.mark.parametrize(("sent", "recorded", "safe"), HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_a_hostile_name_is_kept_and_shown_escaped(server, client, four, sent, recorded, safe):
    answer = client.predict(four, sent)
    assert answer.status == 200, answer.text
    assert answer.json["filename"] == recorded
    assert answer.json["safe_filename"] == safe
    assert client.get(f"/api/predictions/{answer.json['id']}").json["filename"] == recorded

    for path in (f"/uploads/{answer.json['id']}", "/"):
        page = client.get(path, BROWSER)
        assert page.status == 200
        assert "<script" not in page.text
        assert "onerror=alert(1).png" not in page.text.replace("&quot; onerror=", "").replace("&#34; onerror=", "")
    image = client.get(f"/uploads/{answer.json['id']}/image")
    assert image.body == four
    assert image.headers["Content-Type"] == "image/png"
    assert set(image.headers.get("Content-Disposition", "")).isdisjoint("\r\n\0<>\u202e")


def test_a_name_never_becomes_a_path(server, client, four):
    before = set(server.folder.parent.rglob("*"))
    for sent, _, _ in HOSTILE_NAMES.values():
        client.predict(four, sent)
    names = {path.name for path in set(server.folder.parent.rglob("*")) - before}
    assert not [name for name in names if "passwd" in name or name.endswith(".png")]


def test_a_name_of_10000_characters(client, four):
    name = "四" * 9_996 + ".png"
    answer = client.predict(four, name)
    assert answer.status == 200, answer.text
    assert name.startswith(answer.json["filename"])
    assert len(answer.json["filename"]) >= 255
    assert client.get(f"/uploads/{answer.json['id']}", BROWSER).status == 200


def test_a_name_that_is_no_utf8_is_still_answered_in_utf8(server, four):
    body, headers = form(Part("file", four, "NAME.png"))
    with Client(server.url) as client:
        answer = client.post("/predict", body.replace(b"NAME", b"\xff\xfe\x80"), {**headers, **JSON})
    assert answer.status == 200
    assert answer.json["filename"].endswith(".png")


def test_no_message_tells_where_the_server_keeps_things(server, client):
    answers = [
        client.get("/uploads/../../etc/passwd"),
        client.get("/uploads/%2e%2e%2f%2e%2e%2fetc%2fpasswd/image"),
        client.get("/api/predictions/00000000-0000-0000-0000-000000000000"),
        client.post("/predict", damaged.corrupt("PNG"), JSON),
    ]
    for answer in answers:
        assert 400 <= answer.status < 500
        assert str(server.folder) not in answer.text
        assert "/src/" not in answer.text


def test_too_many_are_told_once_when_to_come_back(make_server):
    server = make_server("--max-connections", "1")
    with Client(server.url) as first, Client(server.url) as second:
        assert is_well(first)
        answer = second.get("/predict")
        assert answer.status == 503
        assert answer.headers.get_all("Retry-After") == ["1"]
