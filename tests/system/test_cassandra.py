"""Predictions in a real Cassandra: what was answered is there, whatever happens to either program."""

import time

import pytest
from harness.client import Client
from harness.load import Load, missing
from harness.services import cassandra


@pytest.fixture
def node(tmp_path):
    with cassandra(tmp_path / "cassandra") as running:
        yield running


def records(node, keyspace="demandkeyspace"):
    return "--records", f"cassandra://{node.address}/{keyspace}"


def waiting(client):
    """How many predictions wait for their store."""
    return client.get("/health/ready").json["spool"]["records"]["entries"]


def wait_until_handed_over(server, seconds=60):
    with Client(server.url) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if waiting(client) == 0 and client.get("/api/predictions?limit=1").status == 200:
                return
            time.sleep(0.1)
        raise AssertionError(f"{waiting(client)} wait; the server wrote:\n{server.log[-2000:]}")


def load_for(server, seconds):
    load = Load(server.url).start()
    time.sleep(seconds)
    return load.stop()


def assert_all_there(server, outcome):
    assert outcome.answers
    assert not outcome.refused and not outcome.broken
    wait_until_handed_over(server)
    assert not missing(server.url, outcome.answers)


def test_every_answer_is_in_cassandra(make_server, node):
    server = make_server(*records(node))
    outcome = load_for(server, 2)
    assert_all_there(server, outcome)
    other = make_server(*records(node), "--objects", f"file:{server.folder}/data-of-the-other")
    wait_until_handed_over(other)
    with Client(other.url) as client:
        for answer, _ in outcome.answers[:50]:
            assert client.get(f"/api/predictions/{answer['id']}").json == answer


def test_the_server_starts_before_cassandra_and_catches_up(make_server, tmp_path):
    node = cassandra(tmp_path / "cassandra")
    with node:
        pass  # so that its port is known
    server = make_server(*records(node))
    outcome = load_for(server, 1)
    with Client(server.url) as client:
        ready = client.get("/health/ready")
        assert ready.status == 200 and waiting(client) == len(outcome.answers)
        assert client.get("/api/predictions").status == 503
    with node:
        assert_all_there(server, outcome)


def test_cassandra_killed_and_started_again_under_load(make_server, node):
    server = make_server(*records(node))
    load_for(server, 1)
    wait_until_handed_over(server)
    load = Load(server.url).start()
    time.sleep(1)
    node.kill9()
    time.sleep(2)
    node.start()
    time.sleep(2)
    assert_all_there(server, load.stop())


def test_a_cassandra_that_never_answers(make_server, node):
    server = make_server(*records(node))
    load_for(server, 1)
    wait_until_handed_over(server)
    load = Load(server.url).start()
    time.sleep(1)
    node.freeze()
    time.sleep(3)
    outcome = load.stop()
    node.thaw()
    assert_all_there(server, outcome)


def test_the_server_killed_while_cassandra_is_away(make_server, node):
    server = make_server(*records(node))
    load_for(server, 1)
    answers = []
    node.kill9()
    for _ in range(3):
        load = Load(server.url).start()
        time.sleep(0.7)
        server.kill9()
        answers += load.join().answers
        server.start()
    node.start()
    wait_until_handed_over(server)
    assert answers and not missing(server.url, answers)
