"""What is counted, and what a monitoring system reads."""

import re
import time
from datetime import datetime, timezone

import pytest
from harness.client import Client
from harness.pictures import mnist_png
from harness.server import run_vidi


@pytest.fixture(scope="module")
def answers(server):
    with Client(server.url) as client:
        return [client.predict(mnist_png(index)).json for index in range(12)]


def counted(answers, field):
    counts = {}
    for answer in answers:
        counts[answer[field]] = counts.get(answer[field], 0) + 1
    return counts


def test_predictions_are_counted_by_day_model_and_result(client, answers):
    body = client.get("/api/statistics").json
    assert body["predictions"] == len(answers)
    assert {each["result"]: each["predictions"] for each in body["by_result"]} == counted(answers, "result")
    assert {each["model"]: each["predictions"] for each in body["by_model"]} == {"digits": len(answers)}
    days = counted([{"day": answer["time"][:10]} for answer in answers], "day")
    assert {each["day"]: each["predictions"] for each in body["by_day"]} == days


def test_days_bound_what_is_counted(client, answers):
    tomorrow = datetime.fromtimestamp(time.time() + 86400, timezone.utc).strftime("%Y-%m-%d")
    assert client.get(f"/api/statistics?from={tomorrow}").json["predictions"] == 0
    assert client.get(f"/api/statistics?to={tomorrow}").json["predictions"] == len(answers)
    refused = client.get("/api/statistics?from=yesterday")
    assert refused.status == 400
    assert "'yesterday' is not a day for 'from'; expected one such as 2019-01-29" in refused.text


def test_metrics_name_the_spool_of_each_remote_store(make_server):
    server = make_server("--records", "cassandra://127.0.0.1:1/nowhere")
    with Client(server.url) as client:
        for index in range(3):
            assert client.predict(mnist_png(index)).status == 200
        text = client.get("/metrics").text
    samples = dict(re.findall(r'^(\w+)\{store="records"\} (\S+)$', text, re.M))
    assert float(samples["vidi_spool_entries"]) == 3
    assert float(samples["vidi_spool_bytes"]) > 0
    assert 0 < float(samples["vidi_spool_oldest_seconds"]) < 600
    assert float(samples["vidi_spool_damaged_total"]) == 0
    assert "# TYPE vidi_spool_entries gauge" in text


def test_predictions_that_are_too_old_are_forgotten_with_their_pictures(make_server, tmp_path):
    """A record of 2020 is imported, and the server started with a retention of a year."""
    old = tmp_path / "old"
    old.mkdir()
    server = make_server()
    with Client(server.url) as client:
        kept = client.predict(mnist_png(0)).json
    server.stop()
    record = tmp_path / "one.parquet"
    done = run_vidi("records", "--format", "parquet", "--out", record, folder=server.folder)
    assert done.returncode == 0, done.stderr
    make_older(record, old / "older.parquet")
    done = run_vidi("records", "import", old / "older.parquet", folder=server.folder)
    assert done.returncode == 0 and b"1 added" in done.stdout, done.stdout + done.stderr
    server.flags += ("--retention", "365")
    server.start()
    with Client(server.url) as client:
        for _ in range(100):
            listed = client.get("/api/predictions").json["predictions"]
            if len(listed) == 1:
                break
            time.sleep(0.1)
        assert [each["id"] for each in listed] == [kept["id"]]
        assert client.get(f"/uploads/{kept['id']}/image").status == 200
    assert "1 predictions were older than they are kept" in server.log


def make_older(source, target):
    """The same prediction as of 2020-02-03."""
    import pyarrow
    import pyarrow.parquet as parquet

    table = parquet.read_table(source)
    moment = datetime(2020, 2, 3, tzinfo=timezone.utc)
    milliseconds = int(moment.timestamp() * 1000)
    identifier = f"{milliseconds:012x}"
    identifier = f"{identifier[:8]}-{identifier[8:]}-7000-8000-000000000001"
    columns = {
        name: pyarrow.array(value, table.schema.field(name).type)
        for name, value in (("id", [identifier]), ("time", [moment]))
    }
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    parquet.write_table(table, target)
