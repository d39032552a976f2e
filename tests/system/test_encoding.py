"""Bodies that are sent compressed, with real clients."""

import gzip
import json
import re
import subprocess
import zlib

import pytest
from harness.client import JSON, Client, Part, form
from harness.pictures import digit_file, digit_png

MEBIBYTE = 1 << 20


def curl(*arguments):
    return subprocess.run(["curl", "-sS", *map(str, arguments)], capture_output=True, check=True).stdout


@pytest.mark.parametrize("coding, compress", [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_picture_is_answered_and_kept_as_it_was(client, coding, compress):
    picture = digit_file("BMP", size=200)
    answer = client.post("/predict", compress(picture), {**JSON, "Content-Encoding": coding})
    assert answer.json["result"] == "4"
    assert client.get(f"/uploads/{answer.json['id']}/image").body == picture
    body, headers = form(Part("photo", picture, "4.bmp"))
    answer = client.post("/predict", compress(body), {**headers, "Content-Encoding": coding})
    assert answer.text == "识别结果: 4\n"


def test_curl_sends_a_compressed_file_and_unpacks_a_compressed_page(server, tmp_path, four):
    (tmp_path / "4.png.gz").write_bytes(gzip.compress(four))
    url = f"{server.url}/predict"
    assert curl("-H", "Content-Encoding: gzip", "-T", tmp_path / "4.png.gz", url).decode() == "识别结果: 4\n"
    page = curl(server.url)
    assert curl("--compressed", server.url) == page
    compressed = curl("-H", "Accept-Encoding: gzip", server.url)
    assert gzip.decompress(compressed) == page and len(compressed) < len(page) / 2
    head = curl("-I", "--compressed", server.url).decode()
    assert re.search(r"^Content-Encoding: gzip\r$", head, re.MULTILINE)
    assert re.search(rf"^Content-Length: {len(compressed)}\r$", head, re.MULTILINE)


def test_pictures_are_not_compressed_again(client, four):
    identifier = client.predict(four).json["id"]
    explanation = client.get(f"/uploads/{identifier}/explanation", {"Accept-Encoding": "gzip"})
    assert explanation.body.startswith(b"\x89PNG") and "Content-Encoding" not in explanation.headers


def test_a_correction_may_be_compressed(client, four):
    path = f"/api/predictions/{client.predict(four).json['id']}"
    body = gzip.compress(json.dumps({"label": "9"}).encode())
    assert client.request("PATCH", path, body, {"Content-Encoding": "gzip"}).json["label"] == "9"


def test_bombs_are_413_and_take_no_memory(make_server):
    server = make_server("--max-body-bytes", "1MiB")
    bomb = gzip.compress(bytes(800 * MEBIBYTE))
    assert len(bomb) < MEBIBYTE
    with Client(server.url) as client:
        client.predict(digit_png("4"))
        before = server.peak_memory()
        for body in (bomb, gzip.compress(bytes(MEBIBYTE + 1)), zlib.compress(bytes(MEBIBYTE)) * 2):
            coding = "deflate" if body[:1] == b"x" else "gzip"
            for headers in ({}, {"Content-Type": "multipart/form-data; boundary=b"}):
                answer = client.post("/predict", body, {**JSON, **headers, "Content-Encoding": coding})
                assert answer.status == (413 if coding == "gzip" else 400), answer.text
                client.close()
        assert client.predict(digit_png("4")).json["result"] == "4"
        assert server.peak_memory() - before < 16 * MEBIBYTE


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "nonsense"])
def test_unknown_codings_are_415(server, four, coding):
    with Client(server.url) as client:
        answer = client.post("/predict", four, {**JSON, "Content-Encoding": coding})
        assert answer.status == 415 and answer.headers["Accept-Encoding"] == "gzip, deflate"
        assert answer.json["error"]["code"] == "unsupported_media"


def test_what_is_not_what_it_says_is_400(server, four):
    for body in (four, gzip.compress(four)[:-1], gzip.compress(four) + b"x", zlib.compress(four)):
        with Client(server.url) as client:
            answer = client.post("/predict", body, {**JSON, "Content-Encoding": "gzip"})
            assert answer.status == 400 and "gzip" in answer.json["error"]["message"]
