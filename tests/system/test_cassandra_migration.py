"""A keyspace that an older vidi has filled is brought up to date when a newer one connects to it."""

import json
import time

import pytest
from harness.client import JSON, Client, Part
from harness.pictures import mnist_png
from harness.stored import Reader, wait_until_handed_over

pytestmark = pytest.mark.services("cassandra")

# The tables as version 1 had them, and of each the columns that are copied from the newer one.
RECORD = "id uuid, record blob, label text, label_user text, label_time bigint"
FIRST = {
    "prediction_by_day": (f"day date, shard tinyint, {RECORD}, PRIMARY KEY ((day, shard), id)", "id DESC"),
    "image_by_user": (
        f"user_key text, month date, time timestamp, filename text, result text, model text, image text, {RECORD}, "
        "PRIMARY KEY ((user_key, month), id)",
        "id DESC",
    ),
    "prediction_by_result": (
        f"model_key text, result_key text, day date, shard tinyint, {RECORD}, "
        "PRIMARY KEY ((model_key, result_key, day, shard), id)",
        "id DESC",
    ),
    "prediction_by_image": ("image text, id uuid, PRIMARY KEY (image, id)", "id ASC"),
    "correction_by_prediction": (
        "id uuid, time bigint, label text, label_user text, PRIMARY KEY (id, time)",
        "time DESC",
    ),
    "period_by_subject": ("subject text, period date, PRIMARY KEY (subject, period)", "period DESC"),
}
SIMPLE = {
    "demandtable": "time text PRIMARY KEY, filename text, result text",
    "vidi_schema": "name text PRIMARY KEY, value int",
}
REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': 1}"


def copy_rows(session, table, source, target):
    for row in session.execute(f"SELECT * FROM {source}.{table}"):
        columns = [column for column in row._fields if column != "image" or table == "image_by_user"]
        marks = ", ".join("%s" for _ in columns)
        values = [getattr(row, column) for column in columns]
        stamp = " USING TIMESTAMP 1000" if table != "vidi_schema" else ""
        session.execute(f"INSERT INTO {target}.{table} ({', '.join(columns)}) VALUES ({marks}){stamp}", values)


def make_first_version(session, source, target):
    """What a vidi of version 1 would have in `target` after the requests whose records are in `source`."""
    session.execute(f"CREATE KEYSPACE {target} WITH replication = {REPLICATION}")
    for table, (columns, order) in FIRST.items():
        session.execute(f"CREATE TABLE {target}.{table} ({columns}) WITH CLUSTERING ORDER BY ({order})")
    for table, columns in SIMPLE.items():
        session.execute(f"CREATE TABLE {target}.{table} ({columns})")
    for table in (*(name for name in FIRST if name not in ("prediction_by_result", "prediction_by_image")), *SIMPLE):
        copy_rows(session, table, source, target)
    session.execute(f"INSERT INTO {target}.vidi_schema (name, value) VALUES ('version', 1)")


def wait_until_version(reader, keyspace, version, seconds=60):
    end = time.monotonic() + seconds
    statement = f"SELECT value FROM {keyspace}.vidi_schema WHERE name = 'version'"
    while reader.rows(statement)[0].value != version:
        assert time.monotonic() < end, "the tables are not brought up to date"
        time.sleep(0.2)


def predict(client, picture, user):
    return client.post_form("/predict", Part("file", picture, "picture.png"), Part("user", user.encode()), headers=JSON)


def everything(client):
    """What can be asked about all predictions."""
    paths = ["/api/statistics", "/api/predictions?limit=1000", "/api/predictions?user=ann"]
    paths += [f"/api/predictions?model=digits&result={digit}" for digit in range(10)]
    return [client.get(path).json for path in paths]


def test_the_tables_of_version_1_become_those_of_version_2(make_server, node, keyspace):
    first = make_server("--records", f"cassandra://{node.address}/{keyspace}")
    with Client(first.url) as client:
        answers = [predict(client, mnist_png(index % 40), "ann" if index % 3 else "").json for index in range(60)]
        wait_until_handed_over(first)
        correction = json.dumps({"label": "7", "user": "bob"})
        corrected = client.request("PATCH", f"/api/predictions/{answers[1]['id']}", correction, JSON)
        assert corrected.status == 200, corrected.text
        before = everything(client)
    first.stop()
    older = f"{keyspace[:40]}_one"
    with Reader(node) as reader:
        make_first_version(reader.session, keyspace, older)
        plain = sorted(reader.rows(f"SELECT time, filename, result FROM {older}.demandtable"))
        second = make_server(
            "--records", f"cassandra://{node.address}/{older}", "--objects", f"file:{first.folder}/data/objects"
        )
        wait_until_version(reader, older, 2)
        wait_until_handed_over(second)
        with Client(second.url) as client:
            assert everything(client) == before
            # The picture of the first and the 41st is one: it goes with the second of them.
            picture = f"/uploads/{answers[40]['id']}/image"
            assert client.request("DELETE", f"/api/predictions/{answers[0]['id']}").status == 204
            assert client.get(picture).body == mnist_png(0)
            assert client.request("DELETE", f"/api/predictions/{answers[40]['id']}").status == 204
            assert client.get(picture).status == 404
        assert sorted(reader.rows(f"SELECT time, filename, result FROM {older}.demandtable")) == [
            row for row in plain if not row.time.endswith((answers[0]["id"][-8:], answers[40]["id"][-8:]))
        ]
        tables = reader.rows(f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{older}'")
        assert {"prediction_by_result", "prediction_by_image"}.isdisjoint(row.table_name for row in tables)
    # Nothing is to be done the next time.
    assert "brought up to date" in second.log
    second.stop()
    third = make_server("--records", f"cassandra://{node.address}/{older}")
    wait_until_handed_over(third)
    assert "brought up to date" not in third.log
