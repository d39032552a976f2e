"""A picture in, an answer out: every way of sending one, every form of the answer."""

import io
import subprocess

import pytest
from harness.client import BROWSER, JSON, Part, form
from harness.pictures import CLEAR_DIGITS, digit_file, digit_png
from PIL import Image

TEXT_ANSWER = "识别结果: 4\n"
FIELDS = {
    "id",
    "time",
    "model",
    "version",
    "result",
    "confidence",
    "candidates",
    "filename",
    "user",
    "image",
    "latency_ms",
    "label",
}


def curl(*arguments):
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("field", ["file", "photo"])
def test_the_form_with_either_field_is_answered_in_text(client, four, field):
    answer = client.post_form("/predict", Part(field, four, "4.png"))
    assert answer.status == 200
    assert answer.text == TEXT_ANSWER
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_curl_posts_a_form(server, tmp_path, four):
    picture = tmp_path / "4.png"
    picture.write_bytes(four)
    assert curl("-F", f"file=@{picture}", f"{server.url}/predict") == TEXT_ANSWER


def test_curl_posts_a_picture_that_makes_it_wait_for_100_continue(server, tmp_path):
    picture = tmp_path / "4.bmp"
    picture.write_bytes(digit_file("BMP", size=1400))
    output = curl("-v", "-F", f"file=@{picture}", "-H", "Expect: 100-continue", f"{server.url}/predict")
    assert output == TEXT_ANSWER


def test_curl_sends_the_raw_picture(server, tmp_path, four):
    picture = tmp_path / "4.png"
    picture.write_bytes(four)
    assert curl("-X", "POST", "-T", str(picture), f"{server.url}/predict") == TEXT_ANSWER


def test_curl_sends_the_raw_picture_in_chunks(server, tmp_path, four):
    picture = tmp_path / "4.png"
    picture.write_bytes(four)
    chunked = ["-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", str(picture)]
    assert curl(*chunked, f"{server.url}/predict") == TEXT_ANSWER


@pytest.mark.parametrize("label", sorted(CLEAR_DIGITS))
def test_clear_digits_are_right(client, label):
    assert client.predict(digit_png(label)).json["result"] == label


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_every_format_gives_the_same_answer(client, kind):
    answer = client.predict(digit_file(kind), f"4.{kind.lower()}")
    assert answer.status == 200, answer.text
    assert answer.json["result"] == "4"


def test_an_ending_counts_in_any_case(client, four):
    assert client.predict(four, "FOUR.PNG").status == 200


def test_json_by_accept_has_every_field(client, four):
    answer = client.predict(four, "4.png")
    assert answer.media_type == "application/json"
    assert set(answer.json) >= FIELDS
    assert answer.json["result"] == "4"
    assert answer.json["filename"] == "4.png"
    assert 0.5 < answer.json["confidence"] <= 1
    assert answer.json["candidates"][0]["label"] == "4"
    assert answer.json["latency_ms"] > 0
    assert answer.json["label"] is None


def test_candidates_come_in_order_of_probability(client, four):
    probabilities = [each["probability"] for each in client.predict(four).json["candidates"]]
    assert len(probabilities) > 1
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_browser_gets_a_page_with_the_answer(client, four):
    answer = client.predict(four, headers=BROWSER)
    assert answer.status == 200
    assert answer.media_type == "text/html"
    assert ">4<" in answer.text
    assert "<script" not in answer.text


def test_the_raw_picture_has_no_name(client, four):
    answer = client.post("/predict", four, JSON)
    assert answer.json["result"] == "4"
    assert answer.json["filename"] is None


def test_the_model_is_chosen_by_query(client, four):
    answer = client.post("/predict?model=digits-softmax", four, JSON)
    assert answer.status == 200
    assert answer.json["model"] == "digits-softmax"


def test_an_unknown_model_is_named(client, four):
    answer = client.post("/predict?model=no-such-model", four, JSON)
    assert answer.status == 404
    assert "no-such-model" in answer.json["error"]["message"]


def test_the_user_comes_from_the_form_field(client, four):
    answer = client.post_form("/predict", Part("user", "zoë".encode()), Part("file", four, "4.png"), headers=JSON)
    assert answer.json["user"] == "zoë"


def test_the_user_comes_from_the_header(client, four):
    assert client.post("/predict", four, {**JSON, "X-Vidi-User": "ada"}).json["user"] == "ada"


def test_a_connection_is_kept_for_many_requests(client, four):
    client.predict(four)
    socket = client.connection.sock
    for _ in range(20):
        assert client.predict(four).status == 200
    assert client.connection.sock is socket


def test_the_bare_form_has_the_field_photo(client):
    answer = client.get("/predict", BROWSER)
    assert answer.status == 200
    assert 'name="photo"' in answer.text


def test_an_upload_leads_to_its_own_page(client, four):
    answer = client.post_form("/upload", Part("file", four, "4.png"), headers=BROWSER)
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/uploads/")
    page = client.get(answer.headers["Location"], BROWSER)
    assert page.status == 200
    assert ">4<" in page.text
    assert client.get(answer.headers["Location"] + "/image").body == four


def test_an_upload_is_explained_in_a_picture(client):
    answer = client.predict(digit_file("JPEG"), "photo.jpg").json
    assert f'/uploads/{answer["id"]}/explanation' in client.get(f"/uploads/{answer['id']}", BROWSER).text
    explanation = client.get(f"/uploads/{answer['id']}/explanation")
    assert (explanation.status, explanation.headers["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(explanation.body)) as picture:
        assert picture.mode == "RGB"
        assert picture.size[0] == 280 and picture.size[1] > 280 + 4 * 28, "the picture, and below it the form"


def test_an_explanation_of_nothing_is_404(client):
    assert client.get("/uploads/01920000-0000-7000-8000-000000000000/explanation").status == 404


def test_the_home_page_shows_the_latest_answers(client, four):
    shown = client.predict(four, "latest-of-all.png").json
    page = client.get("/", BROWSER)
    assert page.status == 200
    assert "latest-of-all.png" in page.text
    assert f"/uploads/{shown['id']}" in page.text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health(client, path):
    assert client.get(path).status == 200


def test_an_unknown_path_and_a_wrong_method_are_told_apart(client):
    assert client.get("/no-such-page").status == 404
    wrong = client.request("DELETE", "/predict")
    assert wrong.status == 405
    assert "POST" in wrong.headers["Allow"]


def test_several_pictures_in_one_form(client):
    """Each is a record of its own, answered in the order of the form."""
    body, headers = form(Part("user", b"ann"), *(Part("file", digit_png(each), f"{each}.png") for each in "472"))
    answer = client.post("/predict", body, headers)
    assert (answer.status, answer.text) == (200, "识别结果: 4\n识别结果: 7\n识别结果: 2\n")
    found = client.post("/predict", body, headers | JSON).json["predictions"]
    assert [each["result"] for each in found] == ["4", "7", "2"]
    assert [each["filename"] for each in found] == ["4.png", "7.png", "2.png"]
    assert len({each["id"] for each in found}) == 3
    for each in found:
        recorded = client.get(f"/api/predictions/{each['id']}").json
        assert (recorded["result"], recorded["user"]) == (each["result"], "ann")


def test_one_bad_picture_among_several_is_named_and_none_recorded(client):
    newest = client.get("/api/predictions?limit=1").json["predictions"]
    body, headers = form(Part("file", digit_png("4"), "4.png"), Part("file", b"no picture", "bad.png"))
    answer = client.post("/predict", body, headers | JSON)
    assert answer.status == 422
    assert "picture 1 (bad.png)" in answer.json["error"]["message"]
    assert client.get("/api/predictions?limit=1").json["predictions"] == newest
    body, headers = form(*(Part("file", digit_png("4"), "4.png") for _ in range(2)))
    answer = client.post("/upload", body, headers | JSON)
    assert answer.status == 400 and "2 pictures" in answer.json["error"]["message"]
