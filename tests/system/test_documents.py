"""PDFs, page by page, and pictures written as numbers."""

import io
import threading

import pytest
from harness.client import BROWSER, JSON, Client, Part
from harness.documents import pdf
from harness.pictures import CLEAR_DIGITS, mnist
from harness.server import ROOT, run_vidi
from PIL import Image

DOCUMENTS = ROOT / "tests/data/documents"


def numbers(label, separator=" ", line_end="\n", scale=1):
    rows = mnist()[0][CLEAR_DIGITS[label]]
    return line_end.join(separator.join(f"{value / scale:g}" for value in row) for row in rows).encode()


def test_every_page_of_a_pdf_is_read(client):
    answer = client.predict(pdf("4", None, "7"), "scan.pdf")
    assert answer.status == 200, answer.text
    assert answer.json["result"] == "4\f\f7"
    assert [(digit["label"], digit["page"]) for digit in answer.json["digits"]] == [("4", 1), ("7", 3)]
    x, y, width, height = answer.json["digits"][0]["box"]
    assert 340 <= x <= x + width <= 900 and 600 <= y <= y + height <= 1160, "in dots of the page, 150 an inch"


def test_a_pdf_of_one_page_is_answered_as_a_picture_is(client):
    answer = client.predict(pdf("4"), "scan.pdf")
    assert answer.json["result"] == "4"
    assert len(answer.json["candidates"]) == 5


def test_a_pdf_is_kept_and_shown(client):
    file = pdf("4", "7")
    prediction = client.predict(file, "scan.pdf").json
    kept = client.get(f"/uploads/{prediction['id']}/image")
    assert kept.body == file
    assert kept.media_type == "application/pdf"
    shown = client.get(f"/uploads/{prediction['id']}", BROWSER)
    assert "4 | 7" in shown.text
    explanation = Image.open(io.BytesIO(client.get(f"/uploads/{prediction['id']}/explanation").body))
    assert explanation.height > 2 * 500


def test_an_encrypted_pdf_is_422_and_says_so(client):
    answer = client.post_form("/predict", Part("file", (DOCUMENTS / "password.pdf").read_bytes(), "a.pdf"))
    assert answer.status == 422
    assert "encrypted: remove its password" in answer.text


@pytest.mark.parametrize("keep", [9, 100, 1000])
def test_a_broken_pdf_is_422(client, keep):
    answer = client.post_form("/predict", Part("file", pdf("4")[:keep], "a.pdf"))
    assert answer.status == 422, answer.text
    assert "PDF" in answer.text


def test_a_pdf_of_too_many_pages_is_413(client):
    answer = client.post_form("/predict", Part("file", pdf(*[None] * 51), "a.pdf"))
    assert answer.status == 413
    assert "51 pages; at most 50 are read (setting pdf-max-pages)" in answer.text


def slow_pdf():
    """A page of minutes' work: a large gradient painted two thousand times."""
    gradient = "/ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 1 1] /Extend [true true]"
    function = "/Function << /FunctionType 2 /Domain [0 1] /N 1 >>"
    painting = "/S sh " * 2000
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 4000 4000] /Contents 4 0 R "
        "/Resources << /Shading << /S 5 0 R >> >> >>",
        f"<< /Length {len(painting)} >>\nstream\n{painting}\nendstream",
        f"<< {gradient} {function} >>",
    ]
    body = "%PDF-1.7\n" + "".join(f"{i} 0 obj\n{text}\nendobj\n" for i, text in enumerate(objects, 1))
    return (body + "trailer\n<< /Root 1 0 R >>\n").encode()


def test_pictures_are_answered_while_pdfs_take_their_time(make_server, four):
    server = make_server("--pdf-timeout", "3s", "--pdf-workers", "1", "--pdf-queue", "1")
    answers = []

    def send():
        with Client(server.url) as client:
            answers.append(client.post_form("/predict", Part("file", slow_pdf(), "a.pdf")))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    with Client(server.url) as client:
        for _ in range(20):
            assert client.predict(four).json["result"] == "4"
        assert client.get("/health/ready").status == 200
    for thread in threads:
        thread.join()
    assert sorted({answer.status for answer in answers}) == [413, 503], [answer.text for answer in answers]
    for answer in answers:
        if answer.status == 413:
            assert "longer than the 3 s allowed" in answer.text
        else:
            assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    "text",
    [
        numbers("4"),
        numbers("4", ", ", "\r\n"),
        numbers("4", " ", " "),
        numbers("4", ",", ",", scale=255),
        numbers("4", "\t", "\n", scale=255),
    ],
    ids=["lines", "commas", "row", "row-of-fractions", "lines-of-fractions"],
)
def test_a_picture_written_as_numbers_is_read(client, text):
    assert client.predict(text, "four.txt").json["result"] == "4"
    assert client.request("POST", "/predict", text, JSON).json["result"] == "4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (numbers("4")[:-2], "line 28 holds 27 numbers, 28 are expected"),
        (b"0 " * 783, "783 numbers were found, 784 are expected (28x28)"),
        (b"0 " * 783 + b"x", "'x' in line 1 is not a number"),
        (b"0 " * 783 + b"300", "300 in line 1 is out of range"),
        (b"hello", "'hello' in line 1 is not a number"),
    ],
)
def test_other_texts_are_422_and_say_what_is_wrong(client, text, message):
    answer = client.post_form("/predict", Part("file", text, "four.txt"))
    assert answer.status == 422
    assert message in answer.text


def test_the_command_line_reads_both(tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf("4", "7"))
    (tmp_path / "b.txt").write_bytes(numbers("4"))
    run = run_vidi("predict", "--models", ROOT / "models", "a.pdf", "b.txt", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    lines = [line.split("\t") for line in run.stdout.decode().splitlines()]
    assert [line[:2] for line in lines] == [["a.pdf", "4\\f7"], ["b.txt", "4"]]
