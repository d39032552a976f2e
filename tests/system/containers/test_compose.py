"""The systems of deploy/compose.yaml, driven from outside."""

import json
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
from harness import docker
from harness.client import JSON, Client
from harness.compose import Project
from harness.cqlsh import cqlsh
from harness.load import Load, missing
from harness.server import ROOT
from harness.stored import demand_key, prove, wait_until_handed_over

KEYSPACE = "demandkeyspace"
SERVERS = ("vidi-1", "vidi-2", "vidi-3")
FOUR = ROOT / "tests/data/pictures/4.png"


@pytest.fixture(scope="module")
def system(services):
    """Everything, brought up once; the tests of this file use it one after another, as they stand here."""
    with Project("system", "three") as project:
        yield project.up().wait("cassandra", "s3", "proxy", "vidi-1", "vidi-2", "vidi-3")


def ask_prometheus(project, query):
    address = f"http://127.0.0.1:{project.ports['PROMETHEUS']}/api/v1/query?query={urllib.parse.quote(query)}"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)["data"]["result"]
    except OSError:
        return []


def test_three_servers_are_replaced_without_a_failed_request(system, report):
    docker.wait_until(lambda: healthy(system.url), "the proxy knows a server")
    before = {name: system.container(name).id for name in SERVERS}
    load = Load(system.url).start()
    time.sleep(1)
    begin = time.monotonic()
    system.compose(program=[ROOT / "deploy/update.sh"])
    seconds = time.monotonic() - begin
    time.sleep(1)
    outcome = load.stop()
    after = {name: system.container(name) for name in SERVERS}
    assert all(before[name] != after[name].id for name in SERVERS)
    failed = len(outcome.refused) + len(outcome.broken) + outcome.closed
    assert failed == 0, outcome
    for server in after.values():
        wait_until_handed_over(server)
    counts = prove(after["vidi-1"], system.container("cassandra"), [outcome], KEYSPACE)
    taken = {name: requests(server.url) for name, server in after.items()}
    assert all(taken.values()), "each successor was given some"
    report(f"three replaced in {seconds:.0f} s: {len(outcome.answers)} requests, {failed} failed; {counts}")


def healthy(url):
    try:
        with Client(url, timeout=5) as client:
            return client.get("/health/ready").status == 200
    except OSError:
        return False


def requests(url):
    with Client(url) as client:
        lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("vidi_predictions_total"))


def test_the_whole_system(system, report):
    system.compose("rm", "--stop", "--force", *SERVERS, "proxy")
    system.profiled("full").up().wait("vidi", "prometheus")
    done = subprocess.run(["curl", "-s", "-F", f"file=@{FOUR}", f"{system.url}/predict"], capture_output=True, check=True)
    assert done.stdout.decode() == "识别结果: 4\n"
    with Client(system.url) as client:
        answer = client.predict(FOUR.read_bytes(), "my 4.png", headers=JSON | {"X-Vidi-User": "ada"}).json
    vidi, cassandra = system.container("vidi"), system.container("cassandra")
    wait_until_handed_over(vidi)
    rows = cqlsh(cassandra, f"select * from {KEYSPACE}.demandtable where time = '{demand_key(answer)}'")
    assert [(row["filename"], row["result"]) for row in rows] == [(answer["safe_filename"], "4")]
    (setting,) = cqlsh(cassandra, "select value from system_views.settings where name = 'commitlog_sync'")
    assert setting["value"] == "group", "an acknowledged row is on the disk"
    stored = docker.docker("exec", system.container("s3").id, "find", "/data/pictures", "-type", "f").stdout
    assert answer["image"] in stored
    up = docker.wait_until(lambda: ask_prometheus(system, 'up{job="vidi"} == 1'), "Prometheus has asked vidi")
    counted = docker.wait_until(
        lambda: ask_prometheus(system, "sum(vidi_predictions_total) >= 2"), "Prometheus has counted the predictions"
    )
    report(f"rows {rows}; Prometheus: {len(up)} server up, {counted[0]['value'][1]} predictions")


def test_what_was_recorded_outlives_down_and_up(system):
    with Client(system.url) as client:
        answer = client.predict(FOUR.read_bytes()).json
    wait_until_handed_over(system.container("vidi"))
    system.compose("down")
    system.up().wait("vidi", "cassandra")
    wait_until_handed_over(system.container("vidi"))
    with Client(system.url) as client:
        assert client.get(f"/api/predictions/{answer['id']}").json == answer
        assert client.get(f"/uploads/{answer['id']}/image").body == FOUR.read_bytes()


def test_a_network_that_is_cut_loses_nothing(system, report):
    cassandra = system.container("cassandra")
    network = f"{system.name}_default"
    load = Load(system.url, threads=4).start()
    time.sleep(1)
    docker.docker("network", "disconnect", network, cassandra.id)
    time.sleep(5)
    while_cut = sum(len(outcome.answers) for outcome in load.outcomes)
    docker.docker("network", "connect", "--alias", "cassandra", network, cassandra.id)
    time.sleep(2)
    outcome = load.stop()
    assert not outcome.refused and not outcome.broken and not outcome.closed, outcome
    vidi = system.container("vidi")
    wait_until_handed_over(vidi, seconds=120)
    assert not missing(system.url, outcome.answers)
    rows = cqlsh(system.container("cassandra"), f"select count(*) from {KEYSPACE}.prediction_by_day")
    report(f"{len(outcome.answers)} answered, {while_cut} when the network was whole again; {rows[0]['count']} rows")


def test_cassandra_two_minutes_late(late, report):
    """The profile `cassandra`; vidi was started before all these tests, and Cassandra is started now."""
    first = Load(late.project.url, threads=2, pictures=range(100)).start()
    time.sleep(2)
    first = first.stop()
    late.wait()
    seconds = time.monotonic() - late.began
    second = Load(late.project.url, threads=2, pictures=range(100)).start()
    late.project.up().wait("cassandra")
    time.sleep(2)
    second = second.stop()
    for outcome in (first, second):
        assert not outcome.refused and not outcome.broken and not outcome.closed
    counts = prove(
        late.project.container("vidi-with-cassandra"), late.project.container("cassandra"), [first, second], KEYSPACE
    )
    report(f"Cassandra was started {seconds:.0f} s after vidi: {counts}")
