"""vidi.Client against the real server: what its users ask, and what they are told when that cannot be."""

import io
import itertools
import os
import pickle
import subprocess
import sys
import threading
import time
from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from http.client import HTTPConnection

import pytest
from harness.client import Client as BareClient
from harness.documents import pdf
from harness.pictures import digit_png, mnist_png
from harness.python_package import SOURCES, vidi
from harness.server import ROOT, run_vidi
from PIL import Image

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def client(server):
    with vidi.Client(server.url) as connected:
        yield connected


@pytest.fixture
def connects(monkeypatch):
    """How many connections were made since."""
    made = []
    connect = HTTPConnection.connect
    monkeypatch.setattr(HTTPConnection, "connect", lambda self: (made.append(self), connect(self))[1])
    return made


def test_a_picture_is_given_as_bytes_a_path_or_a_file(client, four, tmp_path):
    path = tmp_path / "vier.png"
    path.write_bytes(four)
    for picture in (four, bytearray(four), memoryview(four), io.BytesIO(four)):
        answer = client.predict(picture)
        assert (answer.result, answer.filename) == ("4", None)
    with path.open("rb") as file:
        for picture in (path, str(path), file):
            answer = client.predict(picture)
            assert (answer.result, answer.filename) == ("4", "vier.png")
    assert client.predict(path, filename="another.png").filename == "another.png"


@pytest.mark.parametrize("name", ['a "b".png', "四.png", "new\nline.png", "a;b=c.png", "100%.png", "back\\slash.png"])
def test_names_arrive_as_they_are(client, four, name):
    assert client.predict(four, filename=name).filename == name


def test_a_prediction_has_all_that_its_json_has(server, client, four):
    answer = client.predict(four, user="zoë", filename="4.png")
    with BareClient(server.url) as bare:
        json = bare.get(f"/api/predictions/{answer.id}").json
    assert {"reason", "digits", "information"} >= {each.name for each in fields(answer)} - set(json)
    for name in set(json) - {"time", "candidates", "digits"}:
        assert getattr(answer, name) == json[name], name
    assert answer.time.tzinfo is timezone.utc
    assert answer.time.isoformat(timespec="microseconds") == json["time"].replace("Z", "+00:00")
    assert abs(datetime.now(timezone.utc) - answer.time) < timedelta(minutes=5)
    assert [(each.label, each.probability) for each in answer.candidates] == [
        (each["label"], each["probability"]) for each in json["candidates"]
    ]
    (digit,), (told,) = answer.digits, json["digits"]
    assert (digit.label, digit.probability, digit.page) == (told["label"], told["probability"], None)
    assert [digit.box.x, digit.box.y, digit.box.width, digit.box.height] == told["box"]
    assert answer.user == "zoë"
    assert client.prediction(answer.id) == answer
    with pytest.raises(AttributeError):
        answer.result = "7"
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_digits_of_a_document_have_their_page(client):
    answer = client.predict(pdf("4", "7"), filename="scan.pdf")
    assert answer.result == "4\f7" and [(digit.label, digit.page) for digit in answer.digits] == [("4", 1), ("7", 2)]


def test_nothing_to_see_has_a_reason(client):
    file = io.BytesIO()
    Image.new("L", (28, 28), 255).save(file, "PNG")
    answer = client.predict(file.getvalue())
    assert answer.result is None and answer.reason and answer.digits == ()
    assert [each.id for each in itertools.islice(client.predictions(result=""), 1)] == [answer.id]


def test_a_model_is_chosen_and_those_that_there_are_are_listed(client, four):
    listed = {each.name: each for each in client.models()}
    assert {"digits", "digits-cnn", "digits-softmax"} <= set(listed)
    answer = client.predict(four, model="digits-cnn")
    assert (answer.model, answer.version, answer.result) == ("digits-cnn", listed["digits-cnn"].version, "4")
    assert (listed["digits-cnn"].state, listed["digits-cnn"].reason) == ("READY", "")


def test_a_model_tells_of_its_answer_in_the_language_asked_for(client):
    fruit = next((ROOT / "models/fruits").glob("**/*.jpg"), None) or ROOT / "tests/data/pictures/photograph-100x100.jpg"
    every = client.predict(fruit, model="fruits")
    french = client.prediction(every.id, language="fr-CH,de")
    if every.result is None:
        assert french.reason != client.prediction(every.id, language="en").reason
    else:
        assert every.information["name"]["fr"] == french.information["name"] and french.information["language"] == "fr"


def test_many_pictures_are_answered_in_their_order(client):
    wanted = [client.predict(mnist_png(index)).result for index in range(40)]
    asked = []

    def pictures():
        for index in range(40):
            asked.append(index)
            yield mnist_png(index)

    answers = client.predict_many(pictures(), threads=3, user="many")
    assert asked == [], "nothing is asked before an answer is wanted"
    first = next(answers)
    assert len(asked) <= 12, "so many are under way and no more"
    assert [first.result, *(each.result for each in answers)] == wanted
    assert sum(1 for _ in client.predictions(user="many", page_size=7)) == 40
    assert list(client.predict_many([])) == []


def test_one_bad_picture_among_many_ends_it_or_stands_in_its_place(client, four, tmp_path):
    pictures = [four, b"no picture", tmp_path / "missing.png", four]
    one, bad, missing, another = client.predict_many(pictures, return_errors=True)
    assert (one.result, another.result) == ("4", "4")
    assert isinstance(bad, vidi.Undecodable) and isinstance(missing, FileNotFoundError)
    answers = client.predict_many(pictures)
    assert next(answers).result == "4"
    with pytest.raises(vidi.Undecodable):
        next(answers)
    assert not [each for each in threading.enumerate() if each.name.startswith("vidi-client")]


@pytest.fixture(scope="module")
def recorded(client):
    """Seven predictions of "pages", the newest first."""
    return [client.predict(mnist_png(index), user="pages") for index in range(7)][::-1]


def test_all_pages_follow_one_another(client, recorded):
    for size in (1, 3, 7, 1000):
        assert list(client.predictions(user="pages", page_size=size)) == recorded
    assert list(itertools.islice(client.predictions(user="pages", page_size=2), 3)) == recorded[:3]
    assert list(client.predictions(user="nobody")) == []


def test_filters(client, recorded):
    assert list(client.predictions(user="pages", model="another")) == []
    result = recorded[0].result
    expected = [each for each in recorded if each.result == result]
    assert list(client.predictions(user="pages", result=result)) == expected
    middle = recorded[3].time
    for moment in (middle, middle.astimezone(timezone(timedelta(hours=8))), middle.isoformat()):
        assert list(client.predictions(user="pages", to=moment)) == recorded[4:]
        assert list(client.predictions(user="pages", from_=moment)) == recorded[:4]
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).date()
    assert list(client.predictions(user="pages", to=tomorrow)) == recorded
    assert list(client.predictions(user="pages", from_=tomorrow)) == []
    with pytest.raises(vidi.InvalidArgument, match="has no time zone"):
        client.predictions(from_=datetime(2026, 1, 1))


def test_a_correction_stands_beside_the_answer(client, four):
    answer = client.predict(four)
    corrected = client.correct(answer.id, "sieben 七", user="anna")
    assert (corrected.result, corrected.label) == ("4", "sieben 七")
    assert client.prediction(answer.id) == corrected
    for label in ("", "7" * 257):
        with pytest.raises(vidi.InvalidArgument, match=f"the label has {len(label)} characters"):
            client.correct(answer.id, label)


def test_the_picture_and_how_it_was_read(client, four):
    answer = client.predict(four)
    assert client.image(answer.id) == four
    assert Image.open(io.BytesIO(client.explanation(answer.id))).format == "PNG"


def test_what_is_deleted_is_gone(client):
    answer = client.predict(digit_png("7"))
    client.delete(answer.id)
    for ask in (client.prediction, client.image, client.explanation, client.delete):
        with pytest.raises(vidi.NotFound, match="there is no such prediction"):
            ask(answer.id)


def test_what_is_counted(client):
    before = client.statistics()
    answers = [client.predict(picture) for picture in (digit_png("4"), digit_png("4"), digit_png("7"))]
    counted = client.statistics()
    assert counted.predictions == before.predictions + 3 == sum(counted.by_day.values())
    assert {each.time.date() for each in answers} <= set(counted.by_day)
    assert counted.by_model["digits"] == before.by_model["digits"] + 3
    assert counted.by_result["4"] == before.by_result["4"] + 2
    assert counted.by_result[None] == before.by_result[None] > 0
    empty = client.statistics(from_=date(2100, 1, 1))
    assert (empty.predictions, empty.by_day, empty.by_model, empty.by_result) == (0, {}, {}, {})
    assert client.statistics(from_="2020-01-01", to=date(2100, 1, 1)) == counted


def test_errors_say_what_was_asked_and_what_was_answered(server, client, four):
    for ask, kind, status, said in [
        (lambda: client.predict(b"no picture"), vidi.Undecodable, 422, ""),
        (lambda: client.predict(b""), vidi.InvalidArgument, 400, "No file part"),
        (lambda: client.predict(four, filename=""), vidi.InvalidArgument, 400, "No selected file"),
        (lambda: client.predict(four, filename="4.exe"), vidi.UnsupportedMedia, 415, "exe"),
        (lambda: client.predict(four, model="none"), vidi.NotFound, 404, "'none'"),
        (lambda: client.predict(four, user="u" * 257), vidi.InvalidArgument, 400, "longer than 256 bytes"),
        (lambda: client.prediction(NOBODY), vidi.NotFound, 404, "no such prediction"),
        (lambda: client.prediction("../../etc/passwd"), vidi.NotFound, 404, ""),
        (lambda: client.prediction("a?b#c d"), vidi.NotFound, 404, "no such prediction"),
        (lambda: next(client.predictions(page_size=0)), vidi.InvalidArgument, 400, "'0' is not a limit"),
        (lambda: next(client.predictions(from_="yesterday")), vidi.InvalidArgument, 400, "'yesterday'"),
        (lambda: client.statistics(to="tomorrow"), vidi.InvalidArgument, 400, "'tomorrow'"),
    ]:
        with pytest.raises(vidi.Error) as told:
            ask()
        error = told.value
        assert (type(error), error.status) == (kind, status), error
        assert said in error.message and error.message in str(error)
        assert server.url in str(error) and str(status) in str(error)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.status, again.url) == (kind, str(error), status, error.url)


def test_what_makes_no_sense_is_refused_before_it_is_sent(client, tmp_path):
    for url in ("localhost:4000", "ftp://a", "http://", "http://a:b", "http://u:p@a", "http://a/?b", "http://a b", "http://ü"):
        with pytest.raises(vidi.InvalidArgument, match="expected one such as http://localhost:4000"):
            vidi.Client(url)
    for wrong in ({"timeout": 0}, {"timeout": float("nan")}, {"retries": -1}, {"key": ""}, {"key": "a\r\nb"}, {"ca": "x.pem"}):
        with pytest.raises(vidi.InvalidArgument):
            vidi.Client(**wrong)
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(vidi.InvalidArgument, match="ca.pem"):
        vidi.Client("https://localhost", ca=tmp_path / "ca.pem")
    for picture in (7, None, io.StringIO("4"), ["a.png"]):
        with pytest.raises(vidi.InvalidArgument, match="a picture is bytes, a path or a file"):
            client.predict(picture)
    with pytest.raises(vidi.InvalidArgument, match="a name in one line"):
        client.predict(b"x", user="a\r\nX-Evil: b")
    with pytest.raises(vidi.InvalidArgument, match="threads"):
        client.predict_many([], threads=0)
    with pytest.raises(vidi.InvalidArgument, match="id is empty"):
        client.delete("")
    with pytest.raises(FileNotFoundError):
        client.predict(tmp_path / "missing.png")


def test_every_code_of_the_server_has_its_class():
    source = (ROOT / "src/platform/core/result.hpp").read_text().split("enum class ErrorCode {")[1].split("};")[0]
    codes = [line.split(",")[0].strip() for line in source.splitlines() if "," in line.split("//")[0]]
    assert len(codes) >= 13
    for code in codes:
        error = vidi.errors.from_code(code, "why")
        assert (error.code, type(error).__name__.lower(), str(error)) == (code, code.replace("_", ""), "why")
        assert getattr(vidi, type(error).__name__) is type(error)
    assert type(vidi.errors.from_code("new", "why")) is vidi.Internal


def test_over_the_limit_is_told_although_the_server_does_not_read_it(client, four):
    """The server answers and closes while most of the picture is still on its way."""
    large = bytes(40_000_000)
    for _ in range(5):
        with pytest.raises(vidi.TooLarge, match="longer than 33554432 bytes"):
            client.predict(large)
    assert client.predict(four).result == "4"


def test_one_connection_is_kept_for_what_follows(server, connects, four):
    with vidi.Client(server.url) as client:
        for _ in range(5):
            answer = client.predict(four)
            client.prediction(answer.id)
            client.delete(answer.id)
            with pytest.raises(vidi.NotFound):
                client.image(answer.id)
        assert len(connects) == 1
    with pytest.raises(vidi.InvalidArgument, match="the client is closed"):
        client.models()


def test_several_threads_share_a_client(client, connects):
    wanted = [client.predict(mnist_png(index)).result for index in range(8)]
    answers = [[] for _ in range(8)]

    def ask(index):
        for _ in range(10):
            answers[index].append(client.predict(mnist_png(index)).result)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[result] * 10 for result in wanted]
    assert len(connects) <= 8


def test_a_forked_process_has_connections_of_its_own(client, four):
    assert client.predict(four).result == "4"
    child = os.fork()
    if child == 0:
        os._exit(0 if all(client.predict(digit_png("7")).result == "7" for _ in range(20)) else 1)
    assert all(client.predict(four).result == "4" for _ in range(20))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def add_key(server, name, *flags):
    done = run_vidi("keys", "add", name, *flags, "--data", server.folder / "data", folder=server.folder)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def wait_until_known(server, key):
    """The server reads its keys twice a second."""
    end = time.monotonic() + 30
    with vidi.Client(server.url, key=key) as client:
        while True:
            try:
                return client.models()
            except vidi.Unauthorized:
                assert time.monotonic() < end
                time.sleep(0.02)


def test_keys(make_server, digits_alone, four):
    server = make_server("--auth-mode", "keys", models=digits_alone)
    keys = {"alice": add_key(server, "alice"), "few": add_key(server, "few", "--quota", "3/h")}
    keys["quick"] = add_key(server, "quick", "--quota", "4/s")
    keys["root"] = add_key(server, "root", "--role", "admin")
    wait_until_known(server, keys["root"])
    with vidi.Client(server.url) as nobody, vidi.Client(server.url, key="wrong") as wrong:
        for client in (nobody, wrong):
            with pytest.raises(vidi.Unauthorized) as told:
                client.predict(four)
            assert told.value.status == 401 and told.value.code == "unauthorized"
            assert client.ready()
    with vidi.Client(server.url, key=keys["alice"]) as alice, vidi.Client(server.url, key=keys["root"], user="bob") as root:
        assert keys["alice"] not in repr(alice)
        hers = alice.predict(four, user="bob")
        his = root.predict(four)
        assert (hers.user, his.user, root.predict(four, user="carol").user) == ("alice", "bob", "carol")
        assert list(alice.predictions()) == [hers]
        with pytest.raises(vidi.NotFound):
            alice.prediction(his.id)
        for ask in (alice.statistics, lambda: next(alice.predictions(user="bob"))):
            with pytest.raises(vidi.Forbidden):
                ask()
        assert root.statistics().predictions == 3
    with vidi.Client(server.url, key=keys["few"]) as few:
        for _ in range(3):
            few.models()
        with pytest.raises(vidi.TooManyRequests) as told:
            few.predict(four)
        assert 1100 < told.value.retry_after <= 1200, "it is told at once, since no pause within the timeout would help"
    with vidi.Client(server.url, key=keys["quick"]) as quick:
        assert [each.result for each in quick.predict_many([four] * 8, threads=4)] == ["4"] * 8
    assert "status=429" in server.log, "the quota was felt"


@pytest.fixture
def certificate(tmp_path):
    command = "openssl req -x509 -days 2 -subj /CN=vidi -addext subjectAltName=IP:127.0.0.1 -noenc -newkey ec"
    command += " -pkeyopt ec_paramgen_curve:P-256 -keyout server.key -out server.pem"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "server.pem"


def test_https_is_verified(make_server, digits_alone, certificate, connects, four):
    server = make_server("--tls-certificate", certificate, "--tls-key", certificate.with_suffix(".key"), models=digits_alone)
    assert server.url.startswith("https://")
    with vidi.Client(server.url, ca=certificate) as client:
        for _ in range(5):
            answer = client.predict(four)
            assert client.image(answer.id) == four
        assert len(connects) == 1, "a connection over TLS is kept too"
        assert sum(1 for each in client.predict_many([four] * 20) if each.result == "4") == 20
    with vidi.Client(server.url) as trusting, pytest.raises(vidi.InvalidArgument, match="cannot be trusted.*ca names"):
        trusting.predict(four)
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    with vidi.Client(elsewhere, ca=certificate) as client, pytest.raises(vidi.InvalidArgument, match="localhost"):
        client.predict(four)
    with vidi.Client(server.url.replace("https", "http")) as clear, pytest.raises(vidi.InvalidArgument, match="use https://"):
        clear.predict(four)


def test_https_where_there_is_none(server, certificate):
    with vidi.Client(server.url.replace("http", "https"), ca=certificate, retries=0) as client:
        with pytest.raises(vidi.Unavailable, match="cannot be reached"):
            client.models()
        assert not client.ready()


def test_nothing_but_python_itself_is_needed(server, four, tmp_path):
    (tmp_path / "4.png").write_bytes(four)
    program = f"""
import sys, vidi
assert "http.client" not in sys.modules, "importing vidi brings what only the client needs"
with vidi.Client({server.url!r}) as client:
    print(client.predict("4.png").result)
"""
    # -S: without the folders of installed packages.
    command = [sys.executable, "-S", "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


def test_the_guides_example_does_what_it_says(server, four, tmp_path):
    guide = (ROOT / "docs/how-to/python.md").read_text()
    example = guide.split("## A client")[1].split("```python\n")[1].split("```")[0]
    for name in ("4.png", "a.png", "b.png"):
        (tmp_path / name).write_bytes(four)
    program = example.replace("http://localhost:4000", server.url)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:1] == ["4"]
