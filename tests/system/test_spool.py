"""What waits for Cassandra on this machine's disk: when there is no room for more, and when the disk has torn it."""

import pytest
from harness.client import Client
from harness.load import Outcome
from harness.pictures import heavy_png, mnist_png
from harness.spool import cut_last, garble_last, newest_file, small_disk
from harness.stored import prove, wait_until_handed_over, waiting

pytestmark = pytest.mark.services("cassandra")

# So that a record fills a disk in fewer requests.
LONG_NAME = "n" * 200 + ".png"
# What fills the spool: many records, or the pictures that wait with them.
KINDS = {"records": mnist_png, "pictures": heavy_png}


def post(client, kind, number):
    return client.predict(KINDS[kind](number), filename=LONG_NAME)


def post_until_refused(server, kind, most=9_000):
    """What was answered, and the refusal."""
    outcome = Outcome()
    with Client(server.url) as client:
        for number in range(most):
            response = post(client, kind, number)
            if response.status != 200:
                return outcome, response
            outcome.answers.append((response.json, number))
    raise AssertionError(f"{most} requests were taken: there is no end")


def assert_refused_well(server, refusal):
    assert refusal.status == 503, refusal.text
    assert int(refusal.headers["Retry-After"]) >= 1
    with Client(server.url) as client:
        ready = client.get("/health/ready")
        assert ready.status == 503 and ready.json["ready"] is False, ready.text


def fill_twice(server, node, keyspace, kind):
    """Fills the spool while Cassandra does not answer, lets it be emptied, and does that again; the counts of all."""
    outcomes = []
    for _ in range(2):
        wait_until_handed_over(server)
        node.freeze()
        outcome, refusal = post_until_refused(server, kind)
        assert_refused_well(server, refusal)
        outcomes.append(outcome)
        node.thaw()
    full_after = [len(outcome.answers) for outcome in outcomes]
    wait_until_handed_over(server)
    outcomes.append(Outcome())
    with Client(server.url) as client:
        assert client.get("/health/ready").status == 200
        for number in range(50):
            response = post(client, kind, number)
            assert response.status == 200
            outcomes[-1].answers.append((response.json, number))
    counts = prove(server, node, outcomes, keyspace, KINDS[kind])
    # What has been handed over makes room again.
    assert full_after[1] > full_after[0] / 2, full_after
    return f"{counts}; full after {full_after[0]}, then after {full_after[1]}"


def stores(node, keyspace, kind):
    at = f"cassandra://{node.address}/{keyspace}"
    return ("--records", at, "--objects", at) if kind == "pictures" else ("--records", at)


@pytest.mark.parametrize("kind, size", [("records", "2m"), ("pictures", "16m")])
def test_the_disk_is_full(make_server, node, keyspace, tmp_path, kind, size, report):
    with small_disk(tmp_path / "small", size) as folder:
        if folder is None:
            pytest.skip("only root may mount a small file system")
        server = make_server(*stores(node, keyspace, kind), "--spool", folder)
        report(fill_twice(server, node, keyspace, kind))
        server.stop()


@pytest.mark.parametrize("kind, limit", [("records", "1MiB"), ("pictures", "8MiB")])
def test_as_much_waits_as_may(make_server, node, keyspace, kind, limit, report):
    server = make_server(*stores(node, keyspace, kind), "--spool-max-bytes", limit)
    report(fill_twice(server, node, keyspace, kind))
    server.stop()


@pytest.mark.parametrize("tear", [cut_last, garble_last])
def test_a_torn_last_entry_is_left_out(make_server, node, keyspace, tear, report):
    server = make_server(*stores(node, keyspace, "pictures"))
    wait_until_handed_over(server)
    node.freeze()
    outcome = Outcome()
    with Client(server.url) as client:
        for number in range(200):
            response = client.predict(mnist_png(number))
            assert response.status == 200
            outcome.answers.append((response.json, number))
    server.kill9()
    torn = tear(newest_file(server))
    assert torn == outcome.answers.pop()[0]["id"]
    server.start()
    with Client(server.url) as client:
        spool = client.get("/health/ready").json["spool"]["records"]
        assert spool["damaged"] == 1 and waiting(client) == 199, spool
        node.thaw()
        counts = prove(server, node, [outcome], keyspace)
        assert counts.stored == 199
        assert client.get(f"/api/predictions/{torn}").status == 404
    report(f"{counts}; 1 torn and left out")
