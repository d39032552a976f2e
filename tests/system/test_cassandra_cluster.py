"""Several nodes with three copies of everything: one may go and another come, and no client sees it."""

import time

import pytest
from harness.client import Client
from harness.load import Load
from harness.services import cassandra, start_together
from harness.stored import Reader, prove, wait_until_handed_over, waiting

pytestmark = pytest.mark.services("cassandra")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Three of one cluster, on 127.0.0.1 to .3."""
    folder = tmp_path_factory.mktemp("cluster")
    first = cassandra(folder / "1")
    members = [first]
    try:
        first.start()
        members += [cassandra(folder / str(number), number, first) for number in (2, 3)]
        start_together(members[1:])
        wait_until_they_know_each_other(members)
        yield members
    finally:
        for node in members:
            if node.runs:
                node.kill9()


def wait_until_they_know_each_other(nodes, seconds=30):
    """Until a driver that asks any of them is told of all."""
    end = time.monotonic() + seconds
    for node in nodes:
        with Reader(node) as reader:
            while len(reader.rows("SELECT peer FROM system.peers_v2")) < len(nodes) - 1:
                assert time.monotonic() < end, f"{node.address} does not know the others"
                time.sleep(0.2)


def serve(make_server, nodes, keyspace):
    at = f"cassandra://{nodes[0].address}/{keyspace}?replication=3&consistency=local_quorum"
    server = make_server("--records", at, "--objects", at)
    wait_until_handed_over(server)
    return server


def stop(load):
    outcome = load.stop()
    assert outcome.answers and not outcome.refused and not outcome.broken and not outcome.closed
    return outcome


def listed_every_time(server, seconds):
    """Asks for the latest page for so long; how often it was refused, and the most that waited meanwhile."""
    end = time.monotonic() + seconds
    refused = most = 0
    with Client(server.url) as client:
        while time.monotonic() < end:
            refused += client.get("/api/predictions?limit=10").status != 200
            most = max(most, waiting(client))
            time.sleep(0.05)
    return refused, most


def test_one_of_three_killed_under_load(make_server, nodes, keyspace, report):
    server = serve(make_server, nodes, keyspace)
    load = Load(server.url, pause=0.02).start()
    time.sleep(1)
    nodes[1].kill9()
    refused, most = listed_every_time(server, 4)
    # The two others are a quorum: what waited is taken while the third is away.
    wait_until_handed_over(server)
    outcome = stop(load)
    assert refused == 0, f"{refused} reads failed"
    counts = prove(server, nodes[0], [outcome], keyspace)
    report(f"{counts}; with two of three nodes; at most {most} waited")
    nodes[1].start()


def test_one_of_three_frozen_under_load(make_server, nodes, keyspace, report):
    nodes[1].ensure()
    server = serve(make_server, nodes, keyspace)
    load = Load(server.url, pause=0.02).start()
    time.sleep(1)
    nodes[2].freeze()
    try:
        refused, most = listed_every_time(server, 4)
        wait_until_handed_over(server)
        outcome = stop(load)
    finally:
        nodes[2].thaw()
    assert refused == 0, f"{refused} reads failed"
    counts = prove(server, nodes[0], [outcome], keyspace)
    report(f"{counts}; with two of three nodes; at most {most} waited")


def test_a_fourth_added_under_load(make_server, nodes, keyspace, report):
    nodes[1].ensure()
    server = serve(make_server, nodes, keyspace)
    fourth = cassandra(nodes[0].folder.parent / "4", 4, nodes[0])
    load = Load(server.url, pause=0.02).start()
    time.sleep(1)
    nodes.append(fourth)
    fourth.start()
    refused, most = listed_every_time(server, 2)
    outcome = stop(load)
    assert refused == 0, f"{refused} reads failed"
    counts = prove(server, nodes[0], [outcome], keyspace)
    with Reader(fourth) as reader:
        copies = len(reader.rows(f"SELECT time FROM {keyspace}.demandtable"))
    assert copies == counts.stored
    report(f"{counts}; the fourth node sees {copies}; at most {most} waited")
