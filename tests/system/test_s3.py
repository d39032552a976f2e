"""Pictures in a real S3 server: what was answered is there, whatever happens to the server."""

import hashlib
import os
import time

import pytest
from harness.client import Client
from harness.load import Load
from harness.pictures import mnist_png
from harness.services import Silent, s3
from harness.stored import waiting, wrong_pictures

pytestmark = pytest.mark.services("s3")

OUTAGE_SECONDS = float(os.environ.get("VIDI_TEST_S3_OUTAGE_SECONDS", "15"))


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testtest")
    service = s3(tmp_path / "s3")
    try:
        yield service
    finally:
        service.__exit__()


def objects(service, more=""):
    return "--objects", f"s3://pictures?endpoint=http://{service.address}{more}"


def in_bucket(service):
    """The names of the bucket's objects, each of which must be its content's digest."""
    names = []
    for path in (service.folder / "buckets/pictures").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
            names.append(path.name)
    return names


def wait_until_handed_over(server, seconds=120):
    with Client(server.url) as client:
        end = time.monotonic() + seconds
        while waiting(client, "objects") > 0:
            assert time.monotonic() < end, f"{waiting(client, 'objects')} wait; {server.log[-2000:]}"
            time.sleep(0.1)


def all_answered(outcome):
    assert outcome.answers and not outcome.refused and not outcome.broken and not outcome.closed
    return outcome.answers


def prove(server, service, answers):
    """Asserts that every picture can be read and that the bucket holds each once, and nothing else; the counts."""
    wait_until_handed_over(server)
    wrong, pictures = wrong_pictures(server, answers, mnist_png)
    stored = in_bucket(service)
    expected = {answer["image"] for answer, _ in answers}
    counts = (
        f"{len(answers)} acknowledged, {pictures} different pictures, {len(stored)} in the bucket, "
        f"{len(stored) - len(set(stored))} twice, {len(expected - set(stored))} lost"
    )
    assert not wrong, f"{counts}; {len(wrong)} cannot be read as they were sent: {wrong[:3]}"
    assert sorted(stored) == sorted(expected), counts
    return counts


def test_every_picture_is_in_the_bucket(make_server, bucket, report):
    bucket.start()
    server = make_server(*objects(bucket))
    load = Load(server.url, pause=0.05).start()
    time.sleep(2)
    report(prove(server, bucket, all_answered(load.stop())))
    server.stop()


def test_away_for_a_while_under_load(make_server, bucket, report):
    bucket.start()
    server = make_server(*objects(bucket))
    first = Load(server.url, pictures=range(300), pause=0.05).start()
    time.sleep(1)
    bucket.kill9()
    end = time.monotonic() + OUTAGE_SECONDS
    time.sleep(1)
    answers = all_answered(first.stop())
    during = []
    while time.monotonic() < end:
        # Others than before: they are nowhere but here.
        load = Load(server.url, pictures=range(300 + len(during), 2300 + len(during)), pause=0.05).start()
        time.sleep(min(3, max(0.5, end - time.monotonic())))
        during += all_answered(load.stop())
        wrong, pictures = wrong_pictures(server, during[-200:], mnist_png)
        assert not wrong, f"{len(wrong)} of {pictures} cannot be read while S3 is away: {wrong[:3]}"
    with Client(server.url) as client:
        waited = waiting(client, "objects")
        ready = client.get("/health/ready")
        assert waited > 0 and ready.status == 200
        assert ready.json["spool"]["objects"]["store"] == "unreachable"
    load = Load(server.url, pictures=range(5000, 6000), pause=0.05).start()
    bucket.start()
    time.sleep(2)
    answers += during + all_answered(load.stop())
    report(f"{prove(server, bucket, answers)}; {waited} waited after {OUTAGE_SECONDS:.0f} s")
    server.stop()


def test_something_that_never_answers_is_replaced_by_s3(make_server, bucket, report):
    with Silent() as silent:
        bucket.reserve(silent.port)
        # Otherwise its first attempts are given up only after half a minute.
        server = make_server(*objects(bucket, "&timeout_ms=2000&attempts=1"))
        load = Load(server.url, pause=0.05).start()
        time.sleep(3)
        answers = all_answered(load.stop())
        assert silent.connections, "it was never asked"
        wrong, _ = wrong_pictures(server, answers, mnist_png)
        assert not wrong
        server.kill9()
        server.start()
    bucket.start()
    report(prove(server, bucket, answers))
    server.stop()
