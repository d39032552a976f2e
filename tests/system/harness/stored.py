"""What a Cassandra holds, read past vidi with the Python driver, and the proof that it is what was answered."""

import time
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from cassandra import ConsistencyLevel, ReadFailure, ReadTimeout, Unavailable
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import WhiteListRoundRobinPolicy

from .client import Client
from .pictures import mnist_png

PAGE = 1000


class Reader:
    """A connection of its own to one node, which reads what a quorum has."""

    def __init__(self, node):
        host, port = node.address.split(":")
        profile = ExecutionProfile(
            WhiteListRoundRobinPolicy([host]), consistency_level=ConsistencyLevel.LOCAL_QUORUM, request_timeout=60
        )
        self.cluster = Cluster(
            [host], int(port), protocol_version=5, execution_profiles={EXEC_PROFILE_DEFAULT: profile}, **node.driver
        )

    def rows(self, statement, seconds=30):
        """All rows. A node that has just gone is asked until its neighbors have noticed."""
        end = time.monotonic() + seconds
        while True:
            try:
                return list(self.session.execute(statement))
            except (ReadFailure, ReadTimeout, Unavailable):
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def __enter__(self):
        self.session = self.cluster.connect()
        return self

    def __exit__(self, *_):
        self.cluster.shutdown()


def demand_key(answer):
    """The key of an answer's row in the plain table, as docs/reference/formats/cassandra.md says."""
    return answer["time"].replace("T", " ").removesuffix("Z") + "-" + answer["id"].replace("-", "")[-8:]


@dataclass
class Counts:
    """Of one fault: `unasked` is stored, though its client was cut off before it had an answer."""

    acknowledged: int
    stored: int
    twice: int
    lost: int
    unasked: int
    pictures: int

    def __str__(self):
        return (
            f"{self.acknowledged} acknowledged, {self.stored} stored ({self.unasked} of clients that were cut off), "
            f"{self.twice} twice, {self.lost} lost, {self.pictures} different pictures"
        )


def waiting(client, spool="records"):
    """How many entries of that spool wait for their store."""
    return client.get("/health/ready").json["spool"][spool]["entries"]


def wait_until_handed_over(server, seconds=60):
    """Until no spool holds anything and the store can be read."""
    with Client(server.url) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            spools = client.get("/health/ready").json["spool"]
            empty = all(spool["entries"] == 0 for spool in spools.values())
            if empty and client.get("/api/predictions?limit=1").status == 200:
                return
            time.sleep(0.1)
        raise AssertionError(f"{spools} wait; the server wrote:\n{server.log[-2000:]}")


def listed(server):
    """Every prediction that vidi lists, in its order."""
    with Client(server.url) as client:
        cursor = ""
        while cursor is not None:
            page = client.get(f"/api/predictions?limit={PAGE}{cursor}")
            assert page.status == 200, page.text
            yield from page.json["predictions"]
            cursor = page.json["next"] and f"&cursor={page.json['next']}"


def wait_until_connected(server, seconds=60):
    """A server answers before it has found its stores; what it is asked of them until then it cannot tell."""
    with Client(server.url) as client:
        end = time.monotonic() + seconds
        while [spool for spool in client.get("/health/ready").json["spool"].values() if spool["store"] != "connected"]:
            assert time.monotonic() < end, server.log[-2000:]
            time.sleep(0.05)


def wrong_pictures(server, answers, picture_of):
    """Those of the different pictures that cannot be fetched as they were sent, with what is given instead; and how many
    different ones there are."""
    one_of_each = {answer["image"]: (answer["id"], index) for answer, index in answers}
    wrong = []
    with Client(server.url) as client:
        for digest, (identifier, index) in one_of_each.items():
            answer = client.get(f"/uploads/{identifier}/image")
            if answer.body != picture_of(index):
                wrong.append(f"{digest}: {answer.status} {answer.body[:500]}")
    return wrong, len(one_of_each)


def prove(server, node, outcomes, keyspace, picture_of=mnist_png):
    """Asserts that what was answered is in Cassandra, once, with its picture, and nothing that nobody asked for;
    returns the counts. `outcomes`: everything that was sent into the keyspace; `picture_of` an index in an answer."""
    answers = [answer for outcome in outcomes for answer in outcome.answers]
    cut_off = sum(outcome.closed + len(outcome.broken) for outcome in outcomes)
    assert answers, "nothing was answered"
    wait_until_handed_over(server)
    with Reader(node) as reader:
        stored = Counter(row.id for row in reader.rows(f"SELECT id FROM {keyspace}.prediction_by_day"))
        by_result = Counter(row.id for row in reader.rows(f"SELECT id FROM {keyspace}.prediction_by_model"))
        plain = {row.time for row in reader.rows(f"SELECT time FROM {keyspace}.demandtable")}
    acknowledged = {UUID(answer["id"]): answer for answer, _ in answers}
    assert len(acknowledged) == len(answers), "two answers have the same identifier"
    shown = {}
    for prediction in listed(server):
        assert shown.setdefault(prediction["id"], prediction) is prediction, f"{prediction['id']} is listed twice"
    lost = [str(key) for key, answer in acknowledged.items() if key not in stored or shown.get(str(key)) != answer]
    wrong, pictures = wrong_pictures(server, [(a, i) for a, i in answers if a["id"] not in lost], picture_of)
    counts = Counts(
        acknowledged=len(acknowledged),
        stored=len(stored),
        twice=sum(count > 1 for table in (stored, by_result) for count in table.values()),
        lost=len(lost),
        unasked=len(stored.keys() - acknowledged.keys()),
        pictures=pictures,
    )
    assert not wrong, f"{len(wrong)} of {pictures} pictures are not as they were sent: {wrong[:3]}"
    assert counts.lost == 0, f"{counts}: {lost[:5]}"
    assert counts.twice == 0 and counts.unasked <= cut_off, f"{counts}, {cut_off} cut off"
    assert set(shown) == {str(key) for key in stored} and by_result.keys() == stored.keys()
    # The plain table has a row for each request, neither more nor less.
    expected = {demand_key(shown[str(key)]) for key in stored}
    assert len(expected) == len(stored), "two requests would share a row of the plain table"
    assert plain == expected, f"{len(plain ^ expected)} rows of the plain table differ"
    return counts
