"""Predictions as files and data sets, and from store to store."""

import json
import time
import uuid

import pyarrow.parquet as parquet
import pytest
from cassandra.cluster import Cluster
from cassandra.policies import RoundRobinPolicy
from harness.client import Client
from harness.pictures import digit_file, encode, mnist, mnist_png
from harness.server import Server, digit_models, run_vidi
from PIL import Image

COUNT = 30
DATA = "data/records.db"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with the data of a server that has ended: 30 predictions of MNIST's first digits, every third one bob's,
    one corrected, one without a result, and their pictures. The predictions as they are listed, the newest first."""
    folder = tmp_path_factory.mktemp("recorded")
    with Server(folder) as server, Client(server.url) as client:
        answers = [
            client.post(
                "/predict",
                mnist_png(index),
                {"Accept": "application/json", "X-Vidi-User": "bob" if index % 3 == 0 else "Zoë \U0001f600".encode()},
            ).json
            for index in range(COUNT)
        ]
        client.predict(encode(Image.new("L", (60, 40), 255)), "blank.png")
        client.request("PATCH", f"/api/predictions/{answers[7]['id']}", '{"label":"5"}', {"X-Vidi-User": "ann"})
    return folder


def vidi(folder, *arguments, status=0):
    done = run_vidi("records", *arguments, folder=folder)
    assert done.returncode == status, done.stderr.decode()
    return done


def listed(folder, *arguments):
    lines = vidi(folder, "--all", "--format", "json", *arguments).stdout.decode().splitlines()
    return [json.loads(line) for line in lines]


def out(done):
    return done.stdout.decode()


def test_parquet_holds_what_the_list_shows(recorded, tmp_path):
    file = tmp_path / "all.parquet"
    assert f"{COUNT + 1} predictions\n" in out(vidi(recorded, "--all", "--format", "parquet", "--out", file))
    rows = parquet.read_table(file).to_pylist()
    expected = listed(recorded)
    assert len(rows) == len(expected) == COUNT + 1
    for row, prediction in zip(rows, expected, strict=True):
        for name in ("id", "model", "version", "result", "confidence", "candidates", "label", "latency_ms"):
            assert row[name] == prediction[name], name
        assert row["user"] == (prediction["user"] or "")
        assert row["time"].isoformat().replace("+00:00", "Z") == prediction["time"]
        assert row["image"] == prediction["image"].removeprefix("sha256:")
        assert [[digit[side] for side in ("x", "y", "width", "height")] for digit in row["digits"]] == [
            digit["box"] for digit in prediction.get("digits", [])
        ]
    corrected = [row for row in rows if row["label"] is not None]
    assert [(row["label"], row["label_user"]) for row in corrected] == [("5", "ann")]
    assert str(parquet.read_schema(file).field("time").type) == "timestamp[us, tz=UTC]"


def test_parquet_has_the_same_filters(recorded, tmp_path):
    file = tmp_path / "bob.parquet"
    vidi(recorded, "--user", "bob", "--limit", "4", "--format", "parquet", "--out", file)
    rows = parquet.read_table(file, columns=["id", "user"]).to_pylist()
    assert [row["id"] for row in rows] == [each["id"] for each in listed(recorded, "--user", "bob")][:4]


def test_parquet_says_when_there_are_more(recorded, tmp_path):
    done = vidi(recorded, "--limit", "5", "--format", "parquet", "--out", tmp_path / "five.parquet")
    assert "5 predictions, the newest; with --all every one" in out(done)


@pytest.mark.parametrize(
    "arguments", [["--format", "parquet"], ["--format", "csv", "--out", "x.csv"], ["--format", "orc", "--out", "x"]]
)
def test_a_file_and_its_format_belong_together(recorded, arguments):
    done = vidi(recorded, *arguments, status=2)
    assert b"--out" in done.stderr or b"--format" in done.stderr


def test_a_file_comes_back_as_the_same_predictions(recorded, tmp_path):
    file = tmp_path / "all.parquet"
    vidi(recorded, "--all", "--format", "parquet", "--out", file)
    store = ["--records", f"sqlite:{tmp_path}/new/records.db"]
    total = COUNT + 1
    assert out(vidi(tmp_path, "import", file, *store)) == (
        f"{total} read, {total} added, 0 corrected, 0 were there already\n"
    )
    assert listed(tmp_path, *store) == listed(recorded)
    again = tmp_path / "again.parquet"
    vidi(tmp_path, *store, "--all", "--format", "parquet", "--out", again)
    assert parquet.read_table(again).equals(parquet.read_table(file))
    assert out(vidi(tmp_path, "import", file, *store)) == (
        f"{total} read, 0 added, 0 corrected, {total} were there already\n"
    )


def test_from_store_to_store_and_again(recorded, tmp_path):
    total = COUNT + 1
    move = ["import", "--from", f"sqlite:{recorded}/{DATA}", "--to", f"sqlite:{tmp_path}/other.db"]
    assert out(vidi(tmp_path, *move)) == f"{total} read, {total} added, 0 corrected, 0 were there already\n"
    assert out(vidi(tmp_path, *move)) == f"{total} read, 0 added, 0 corrected, {total} were there already\n"
    assert listed(tmp_path, "--records", f"sqlite:{tmp_path}/other.db") == listed(recorded)


def test_a_correction_that_came_later_is_taken_over_and_an_older_one_is_not(make_server, tmp_path):
    server = make_server()
    with Client(server.url) as client:
        made = client.predict(mnist_png(1)).json
        source = f"sqlite:{server.folder}/{DATA}"
        vidi(tmp_path, "import", "--from", source, "--to", f"sqlite:{tmp_path}/other.db")
        client.request("PATCH", f"/api/predictions/{made['id']}", '{"label":"3"}')
        done = vidi(tmp_path, "import", "--from", source, "--to", f"sqlite:{tmp_path}/other.db")
        assert out(done) == "1 read, 0 added, 1 corrected, 0 were there already\n"
        assert listed(tmp_path, "--records", f"sqlite:{tmp_path}/other.db")[0]["label"] == "3"
        client.request("PATCH", f"/api/predictions/{made['id']}", '{"label":"9"}')
        back = vidi(tmp_path, "import", "--from", f"sqlite:{tmp_path}/other.db", "--to", source)
        assert out(back) == "1 read, 0 added, 0 corrected, 1 were there already\n"
        assert client.get(f"/api/predictions/{made['id']}").json["label"] == "9"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["import"], "--from URL"),
        (["import", "absent.parquet"], "absent.parquet"),
        (["import", "--from", "sqlite:absent.db"], "absent.db"),
        (["import", "--from", "memory:"], "memory:"),
        (["import", "--from", f"sqlite:{DATA}", "--to", "memory:"], "memory:"),
        (["import", "--from", f"sqlite:{DATA}"], "into itself"),
        (["import", "a.parquet", "--from", f"sqlite:{DATA}"], "either"),
        (["import", "a.parquet", "--user", "bob"], "--user"),
        (["import", "a.parquet", "--plain-table"], "--from cassandra:"),
        (["export", "set", "--format", "folders", "--out", "x"], "--out"),
        (["export", "set", "--format", "csv"], "--format"),
        (["export", "--format", "idx"], "DIR"),
    ],
)
def test_what_makes_no_sense_is_told_why_and_makes_nothing(recorded, arguments, named):
    before = sorted(recorded.rglob("*"))
    assert named in vidi(recorded, *arguments, status=2).stderr.decode()
    assert sorted(recorded.rglob("*")) == before


def test_a_database_that_is_missing_is_told_and_not_made(tmp_path):
    assert "there is no database absent.db" in vidi(tmp_path, "--records", "sqlite:absent.db", status=2).stderr.decode()
    assert "there is no database data/records.db" in vidi(tmp_path, status=2).stderr.decode()
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_refused(recorded, tmp_path):
    file = tmp_path / "all.parquet"
    vidi(recorded, "--all", "--format", "parquet", "--out", file)
    file.write_bytes(file.read_bytes()[:-20])
    done = vidi(tmp_path, "import", file, "--to", f"sqlite:{tmp_path}/other.db", status=2)
    assert "cannot be read as Parquet" in done.stderr.decode()


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """The data of a server that has ended, with 40 corrected pictures in MNIST's form, and others that no data set of
    single digits can hold. The labels by the picture's file."""
    folder = tmp_path_factory.mktemp("corrected")
    labels = {}
    with Server(folder) as server, Client(server.url) as client:

        def correct(picture, *given, filename="picture.png"):
            made = client.predict(picture, filename).json
            for label in given:
                body = json.dumps({"label": label})
                assert client.request("PATCH", f"/api/predictions/{made['id']}", body).status == 200
            labels[picture] = given[-1]

        for index in range(40):
            correct(mnist_png(index), str(mnist()[1][index]))
        correct(digit_file("JPEG", "7"), "1", "7", filename="seven.jpg")
        correct(mnist_png(50), "../evil")
        two = Image.new("L", (120, 60), 255)
        for place, index in enumerate((0, 1)):
            two.paste(Image.fromarray(255 - mnist()[0][index]), (10 + 60 * place, 15))
        correct(encode(two), "7")
        correct(encode(Image.new("L", (60, 40), 255)), "4")
        client.predict(mnist_png(0))  # the same picture again, not corrected
        client.predict(mnist_png(60))
    return folder, labels


def export(folder, *arguments, status=0):
    return vidi(folder, "export", *arguments, "--models", digit_models(), status=status)


def test_a_set_in_folders_of_labels(corrected, tmp_path):
    folder, labels = corrected
    done = export(folder, "--corrected", "--format", "folders", tmp_path / "set")
    assert f"{tmp_path}/set: 44 pictures; 0 left out" in out(done)
    found = {path.read_bytes(): path.relative_to(tmp_path / "set") for path in (tmp_path / "set").rglob("*.*") if path.is_file()}
    assert set(found) == set(labels)
    for picture, path in found.items():
        expected = labels[picture].replace("../", "%2e.%2f")
        assert path.parts[0] == expected and len(path.parts) == 2
    assert found[digit_file("JPEG", "7")].suffix == ".jpg"
    assert not (tmp_path / "evil").exists()


def test_without_corrected_the_result_is_the_label(corrected, tmp_path):
    folder, labels = corrected
    done = export(folder, "--format", "folders", tmp_path / "set")
    assert "45 pictures; 0 left out, 1 of a picture that is there already" in out(done)
    found = {path.read_bytes(): path.parent.name for path in (tmp_path / "set").rglob("*.png")}
    assert found[mnist_png(60)] == listed(folder, "--limit", "1")[0]["result"]
    assert found[mnist_png(0)] == "7", "what a person said is worth more than a newer result"


def test_a_set_as_a_table(corrected, tmp_path):
    folder, labels = corrected
    export(folder, "--corrected", "--format", "parquet", tmp_path / "set")
    rows = parquet.read_table(tmp_path / "set/pictures.parquet").to_pylist()
    assert {row["image"]: row["label"] for row in rows} == labels
    by_id = {each["id"]: each for each in listed(folder)}
    assert all(by_id[row["id"]]["label"] == row["label"] for row in rows)


def idx(path, header):
    content = path.read_bytes()
    return content[header:]


def test_a_set_as_mnist_is_read_by_evaluate(corrected, tmp_path):
    folder, labels = corrected
    done = export(folder, "--corrected", "--format", "idx", tmp_path / "set", "--test-percent", "40")
    left_out = [line.split(": ", 1)[1] for line in done.stderr.decode().splitlines()]
    assert sorted(left_out) == [
        "its label is not one digit",
        "not exactly one digit was found in it",
        "not exactly one digit was found in it",
    ]
    assert "41 pictures: " in out(done) and "; 3 left out" in out(done)
    digits = {}
    for part in ("train", "t10k"):
        pixels = idx(tmp_path / f"set/{part}-images-idx3-ubyte", 16)
        for number, label in enumerate(idx(tmp_path / f"set/{part}-labels-idx1-ubyte", 8)):
            digits[pixels[784 * number : 784 * number + 784]] = (part, str(label))
    assert len(digits) == 41
    assert all(digits[mnist()[0][index].tobytes()][1] == str(mnist()[1][index]) for index in range(40))
    tested = sum(part == "t10k" for part, _ in digits.values())
    assert 5 <= tested <= 30
    measured = run_vidi("evaluate", "--models", digit_models(), "--data", tmp_path / "set", folder=tmp_path)
    assert measured.returncode == 0, measured.stderr.decode()
    assert f" of {tested} test images" in measured.stdout.decode().splitlines()[0]
    again = tmp_path / "again"
    export(folder, "--corrected", "--format", "idx", again, "--test-percent", "40")
    for path in again.iterdir():
        assert path.read_bytes() == (tmp_path / "set" / path.name).read_bytes()


def test_a_folder_with_something_in_it_is_left_alone(corrected, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    done = export(corrected[0], "--format", "folders", tmp_path, status=2)
    assert str(tmp_path) in done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_to_export_makes_no_folder(recorded, tmp_path):
    done = export(recorded, "--user", "nobody", "--format", "folders", tmp_path / "set", status=2)
    assert "nothing to export" in done.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_a_picture_that_is_gone_is_named(corrected, tmp_path):
    folder, _ = corrected
    objects = f"file:{tmp_path}/empty"
    done = export(folder, "--corrected", "--objects", objects, "--format", "folders", tmp_path / "set", status=2)
    assert "44 left out" in done.stderr.decode()
    assert done.stderr.decode().count("its picture is not in the object store") == 44


needs_cassandra = pytest.mark.services("cassandra")


@pytest.fixture
def session(node):
    host, port = node.address.split(":")
    cluster = Cluster([host], port=int(port), protocol_version=4, load_balancing_policy=RoundRobinPolicy())
    yield cluster.connect()
    cluster.shutdown()


def keyspace(node, name):
    return f"cassandra://{node.address}/{name}"


@needs_cassandra
def test_sqlite_to_cassandra_and_back(node, recorded, tmp_path):
    store = keyspace(node, "moved")
    total = COUNT + 1
    move = ["import", "--from", f"sqlite:{recorded}/{DATA}", "--to", store]
    assert out(vidi(tmp_path, *move)) == f"{total} read, {total} added, 0 corrected, 0 were there already\n"
    assert listed(tmp_path, "--records", store) == listed(recorded)
    assert out(vidi(tmp_path, *move)) == f"{total} read, 0 added, 0 corrected, {total} were there already\n"
    back = vidi(tmp_path, "import", "--from", store, "--to", f"sqlite:{tmp_path}/back.db")
    assert f"{total} added" in out(back)
    for name, records in (("there", store), ("back", f"sqlite:{tmp_path}/back.db")):
        vidi(tmp_path, "--records", records, "--all", "--format", "parquet", "--out", tmp_path / f"{name}.parquet")
    assert parquet.read_table(tmp_path / "there.parquet").equals(parquet.read_table(tmp_path / "back.parquet"))


OLD_ROWS = {
    "2019-01-29 16:55:06.393990": ("four.png", "4"),
    "2019-01-29 16:55:07": ("my seven.png", "7"),
    "2019-01-30T08:00:00+08:00": ("none.png", None),
}
SELECT = "SELECT time, filename, result FROM {}.demandtable"


def rows_of(session, name):
    return sorted(tuple(row) for row in session.execute(SELECT.format(name)))


@pytest.fixture
def old_table(session):
    """A keyspace with a plain table that was made and filled by hand."""
    name = f"old_{uuid.uuid4().hex[:8]}"
    session.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")
    session.execute(f"CREATE TABLE {name}.demandtable (time text PRIMARY KEY, filename text, result text)")
    rows = [(key, *rest) for key, rest in OLD_ROWS.items()] + [("yesterday\n", "bad.png", "1")]
    for row in rows:
        # By a machine whose clock was wrong: whatever is written with the request's time would win.
        insert = f"INSERT INTO {name}.demandtable (time, filename, result) VALUES (%s, %s, %s) USING TIMESTAMP 1000"
        session.execute(insert, row)
    return name


def wait_until(client, path):
    """Until the server has found Cassandra, and handed over what it was asked to keep before."""
    end = time.monotonic() + 60
    while client.get(path).status != 200:
        assert time.monotonic() < end, f"{path} is not answered"
        time.sleep(0.1)


@needs_cassandra
def test_old_rows_become_predictions_and_stay_as_they_are(node, session, old_table, tmp_path, make_server):
    store = keyspace(node, old_table)
    server = make_server("--records", store)
    with Client(server.url) as client:
        new = client.predict(mnist_png(0)).json
        wait_until(client, f"/api/predictions/{new['id']}")
    server.stop()
    before = rows_of(session, old_table)
    assert len(before) == len(OLD_ROWS) + 2

    move = ["import", "--from", store, "--plain-table", "--to", store]
    done = vidi(tmp_path, *move)
    assert out(done) == (
        "3 read, 3 added, 0 corrected, 0 were there already\n"
        "1 more rows are vidi's own, 1 have no time that can be read\n"
    )
    assert done.stderr.decode().count("'yesterday?' is no time") == 1
    assert rows_of(session, old_table) == before, "no old row is written again, in another key or with other values"
    assert out(vidi(tmp_path, *move)).startswith("3 read, 0 added, 0 corrected, 3 were there already\n")

    predictions = listed(tmp_path, "--records", store)
    assert [each["id"] for each in predictions][0] == new["id"]
    assert [(each["time"], each["filename"], each["safe_filename"], each["result"]) for each in predictions[1:]] == [
        ("2019-01-30T00:00:00.000000Z", "none.png", "none.png", None),
        ("2019-01-29T16:55:07.000000Z", "my seven.png", "my_seven.png", "7"),
        ("2019-01-29T16:55:06.393990Z", "four.png", "four.png", "4"),
    ]
    assert all(each["model"] == "demandtable" and each["version"] in OLD_ROWS for each in predictions[1:])


@needs_cassandra
def test_old_rows_move_to_another_cluster_under_their_keys(node, session, old_table, tmp_path):
    database, other = f"sqlite:{tmp_path}/old.db", f"{old_table}_other"
    vidi(tmp_path, "import", "--from", keyspace(node, old_table), "--plain-table", "--to", database)
    tables = session.execute(f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{old_table}'")
    assert [row.table_name for row in tables] == ["demandtable"], "reading makes no tables"
    assert len(listed(tmp_path, "--records", database)) == len(OLD_ROWS)
    vidi(tmp_path, "import", "--from", database, "--to", keyspace(node, other))
    assert rows_of(session, other) == sorted((key, name, result or "") for key, (name, result) in OLD_ROWS.items())


@needs_cassandra
def test_a_forgotten_old_row_is_gone_from_the_plain_table(node, session, old_table, tmp_path, make_server):
    store = keyspace(node, old_table)
    vidi(tmp_path, "import", "--from", store, "--plain-table", "--to", store)
    oldest = listed(tmp_path, "--records", store)[-1]
    server = make_server("--records", store)
    with Client(server.url) as client:
        wait_until(client, f"/api/predictions/{oldest['id']}")
        assert client.request("DELETE", f"/api/predictions/{oldest['id']}").status == 204
    assert [row[0] for row in rows_of(session, old_table)] == sorted([*list(OLD_ROWS)[1:], "yesterday\n"])
    again = vidi(tmp_path, "import", "--from", store, "--plain-table", "--to", store)
    assert out(again).startswith("2 read, 0 added, 0 corrected, 2 were there already\n")


def keyspaces(session):
    return {row[0] for row in session.execute("SELECT keyspace_name FROM system_schema.keyspaces")}


@needs_cassandra
@pytest.mark.parametrize(
    "command",
    [
        ["import", "--to", "sqlite:x.db", "--from"],
        ["--records"],
        ["--all", "--format", "parquet", "--out", "x.parquet", "--records"],
        ["export", "x", "--format", "folders", "--records"],
    ],
    ids=lambda command: " ".join(command),
)
def test_a_keyspace_without_records_is_told_and_not_made(node, session, tmp_path, command):
    before = keyspaces(session)
    done = vidi(tmp_path, *command, keyspace(node, "absent"), status=2)
    assert "the keyspace absent holds no records" in done.stderr.decode()
    assert keyspaces(session) == before
    assert not list(tmp_path.iterdir())


@needs_cassandra
def test_somebody_elses_keyspace_stays_as_it_is(node, session, old_table, tmp_path):
    done = vidi(tmp_path, "--records", keyspace(node, old_table), status=2)
    assert f"the keyspace {old_table} holds no records of vidi" in done.stderr.decode()
    tables = session.execute(f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{old_table}'")
    assert [row.table_name for row in tables] == ["demandtable"]


@needs_cassandra
def test_an_export_from_a_keyspace_without_pictures_makes_none(node, session, recorded, tmp_path):
    before = keyspaces(session)
    command = ["export", tmp_path / "set", "--format", "folders", "--objects", keyspace(node, "absent")]
    assert "the keyspace absent holds no pictures" in vidi(recorded, *command, status=2).stderr.decode()
    assert keyspaces(session) == before and not list(tmp_path.iterdir())


@needs_cassandra
def test_pictures_in_cassandra_are_exported_beside_a_running_server(node, tmp_path, make_server):
    store = keyspace(node, "beside")
    with Client(make_server("--records", store, "--objects", store).url) as client:
        made = [client.predict(mnist_png(index)).json for index in range(20)]
        for each in made:
            wait_until(client, f"/api/predictions/{each['id']}")
            assert client.request("PATCH", f"/api/predictions/{each['id']}", '{"label":"3"}').status == 200
        folders = ["--corrected", "--format", "folders", tmp_path / "set"]
        assert "20 pictures; 0 left out" in out(export(tmp_path, *folders, "--records", store, "--objects", store))
    found = {path.read_bytes() for path in (tmp_path / "set/3").iterdir()}
    assert found == {mnist_png(index) for index in range(20)}


@needs_cassandra
def test_a_plain_table_that_is_missing_is_told(node, tmp_path):
    done = vidi(tmp_path, "import", "--from", keyspace(node, "absent"), "--plain-table", "--to", "sqlite:x.db", status=2)
    assert "absent" in done.stderr.decode()
    assert not (tmp_path / "x.db").exists()
