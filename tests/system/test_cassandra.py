"""Predictions in a real Cassandra: what was answered is there, whatever happens to either program."""

import time

import pytest
from harness.client import Client
from harness.load import Load
from harness.services import Silent, cassandra
from harness.stored import prove, wait_until_connected, wait_until_handed_over, waiting

pytestmark = pytest.mark.services("cassandra")


def records(node, keyspace):
    return "--records", f"cassandra://{node.address}/{keyspace}"


def load_for(server, seconds):
    load = Load(server.url, pause=0.02).start()
    time.sleep(seconds)
    return all_answered(load.stop())


def all_answered(outcome):
    assert outcome.answers
    assert not outcome.refused and not outcome.broken and not outcome.closed
    return outcome


def test_every_answer_is_in_cassandra(make_server, node, keyspace, report):
    server = make_server(*records(node, keyspace))
    outcome = load_for(server, 2)
    report(prove(server, node, [outcome], keyspace))
    other = make_server(*records(node, keyspace), "--objects", f"file:{server.folder}/data-of-the-other")
    wait_until_connected(other)
    with Client(other.url) as client:
        for answer, _ in outcome.answers[:50]:
            assert client.get(f"/api/predictions/{answer['id']}").json == answer


def test_the_server_starts_before_cassandra_and_catches_up(make_server, node, keyspace, report):
    node.kill9()
    server = make_server(*records(node, keyspace))
    outcome = load_for(server, 1)
    with Client(server.url) as client:
        ready = client.get("/health/ready")
        assert ready.status == 200 and waiting(client) == len(outcome.answers)
        assert client.get("/api/predictions").status == 503
    node.start()
    report(prove(server, node, [outcome], keyspace))


def test_health_says_whether_cassandra_is_there_without_any_request(make_server, node, keyspace):
    at = records(node, keyspace)
    with Client(make_server(*at, "--objects", at[1]).url) as client:
        for act, state in ((lambda: None, "connected"), (node.kill9, "unreachable"), (node.start, "connected")):
            act()
            wait_for_state(client, state)


def wait_for_state(client, state, seconds=30):
    end = time.monotonic() + seconds
    while True:
        ready = client.get("/health/ready")
        assert ready.status == 200 and ready.json["ready"] is True
        states = [spool["store"] for spool in ready.json["spool"].values()]
        assert len(states) == 2
        if set(states) == {state}:
            break
        assert time.monotonic() < end, states
        time.sleep(0.1)
    value = 1 if state == "connected" else 0
    for store in ("records", "objects"):
        assert f'vidi_store_connected{{store="{store}"}} {value}\n' in client.get("/metrics").text


def test_killed_and_started_again_under_load(make_server, node, keyspace, report):
    server = make_server(*records(node, keyspace))
    before = load_for(server, 1)
    wait_until_handed_over(server)
    load = Load(server.url, pause=0.02).start()
    time.sleep(1)
    node.kill9()
    time.sleep(2)
    node.start()
    time.sleep(2)
    report(prove(server, node, [before, all_answered(load.stop())], keyspace))


def test_frozen_under_load(make_server, node, keyspace, report):
    server = make_server(*records(node, keyspace))
    before = load_for(server, 1)
    wait_until_handed_over(server)
    load = Load(server.url, pause=0.02).start()
    time.sleep(1)
    node.freeze()
    time.sleep(3)
    outcome = all_answered(load.stop())
    with Client(server.url) as client:
        assert waiting(client) > 0
    node.thaw()
    report(prove(server, node, [before, outcome], keyspace))


def test_something_that_never_answers_is_replaced_by_cassandra(make_server, tmp_path, keyspace, report):
    node = cassandra(tmp_path / "cassandra")
    with Silent() as silent:
        node.reserve(silent.port)
        at = records(node, keyspace)
        server = make_server(*at, "--objects", at[1])
        outcome = load_for(server, 2)
        assert silent.connections, "it was never asked"
        with Client(server.url) as client:
            assert waiting(client) == waiting(client, "objects") == len(outcome.answers)
    with node:
        report(prove(server, node, [outcome], keyspace))


def test_the_server_killed_while_cassandra_is_away(make_server, node, keyspace, report):
    server = make_server(*records(node, keyspace))
    outcomes = [load_for(server, 1)]
    wait_until_handed_over(server)
    node.kill9()
    for _ in range(3):
        load = Load(server.url, pause=0.02).start()
        time.sleep(0.7)
        server.kill9()
        outcomes.append(load.join())
        server.start()
    node.start()
    report(prove(server, node, outcomes, keyspace))


@pytest.mark.parametrize("state", ["frozen", "killed"])
def test_the_server_stops_well_while_cassandra_is_away(make_server, node, keyspace, state, report):
    server = make_server(*records(node, keyspace))
    before = load_for(server, 1)
    wait_until_handed_over(server)
    {"frozen": node.freeze, "killed": node.kill9}[state]()
    outcome = load_for(server, 1)
    begin = time.monotonic()
    server.stop()
    seconds = time.monotonic() - begin
    node.ensure()
    server.start()
    report(f"{prove(server, node, [before, outcome], keyspace)}; stopped in {seconds:.1f} s")
