"""A backup of a busy server brings back what was answered before it was made, on one machine and in Cassandra and S3."""

import hashlib
import re
import shutil
import threading
import time

import pytest
from harness.client import Client
from harness.load import Load, missing
from harness.pictures import heavy_png, mnist_png
from harness.server import run_vidi
from harness.services import s3
from harness.stored import listed, wait_until_connected, waiting


class Forgetting:
    """A client that deletes, one after another, the predictions that it is given, until it is stopped."""

    def __init__(self, url, answers):
        self.gone = set()
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self._forget, args=(url, [answer["id"] for answer, _ in answers]))
        self.thread.start()

    def _forget(self, url, identifiers):
        with Client(url) as client:
            for identifier in identifiers:
                if self.enough.is_set():
                    return
                self.gone.add(identifier)
                assert client.request("DELETE", f"/api/predictions/{identifier}").status == 204

    def stop(self):
        self.enough.set()
        self.thread.join()
        return self.gone


def back_up(server, folder, *flags):
    done = run_vidi("backup", "--data", "data", *flags, folder, folder=server.folder)
    assert done.returncode == 0, done.stderr.decode()
    assert (server.folder / folder).stat().st_mode & 0o777 == 0o700
    return done.stdout.decode()


def assert_complete(printed):
    """Every prediction in the backup has its picture; how many there are."""
    predictions, pictures = re.match(r"(\d+) predictions, (\d+) with their pictures\n", printed).groups()
    assert predictions == pictures and "not kept" not in printed, printed
    return int(predictions)


def some_answers(server, count, threads=6):
    load = Load(server.url, threads).start()
    while sum(len(outcome.answers) for outcome in load.outcomes) < count:
        time.sleep(0.01)
    outcome = load.stop()
    assert not outcome.refused and not outcome.broken and not outcome.closed
    return outcome.answers


def without_picture(server):
    """The identifiers of listed predictions whose picture is not there, or not what its digest says."""
    found = []
    with Client(server.url) as client:
        for prediction in listed(server):
            picture = client.get(f"/uploads/{prediction['id']}/image")
            if picture.status != 200 or hashlib.sha256(picture.body).hexdigest() != prediction["image"]:
                found.append(prediction["id"])
    return found


def test_a_backup_of_a_busy_server_is_a_data_folder(make_server, report):
    server = make_server()
    assert run_vidi("keys", "add", "ada", "--data", "data", folder=server.folder).returncode == 0
    with Client(server.url) as client:
        large = client.predict(heavy_png(0, 100_000)).json  # a file of its own
    before = some_answers(server, 400)

    # Again and again into the same folder, which then has what was answered since, and no longer what was forgotten.
    load = Load(server.url, pictures=range(1000, 9000)).start()
    forgetting = Forgetting(server.url, before[:200])
    for _ in range(8):
        assert_complete(back_up(server, "backup"))
    gone = forgetting.stop()
    between = load.stop().answers
    load = Load(server.url, pictures=range(9000, 10_000)).start()
    forgetting = Forgetting(server.url, before[200:300])
    printed = back_up(server, "backup")
    gone |= forgetting.stop()
    load.stop()

    server.kill9()
    shutil.rmtree(server.folder / "data")
    # `cp -a`, as docs/how-to/backup.md says.
    shutil.copytree(server.folder / "backup", server.folder / "data")
    server.start()
    kept = [(answer, index) for answer, index in before + between if answer["id"] not in gone]
    assert not missing(server.url, kept), "what was answered before the backup is not in it as it was"
    assert not without_picture(server)
    identifiers = {prediction["id"] for prediction in listed(server)}
    assert large["id"] in identifiers
    assert assert_complete(printed) == len(identifiers)
    still_there = identifiers & {answer["id"] for answer, _ in before[:200]}
    assert not still_there & gone, "the second backup brings back what was forgotten before it"
    assert b"ada" in run_vidi("keys", "list", "--data", "data", folder=server.folder).stdout
    assert not missing(server.url, some_answers(server, 20)), "the restored server does not keep what is new"
    report(f"{len(identifiers)} predictions restored of {len(before) + len(between)} answered before, {len(gone)} forgotten")
    server.stop()


@pytest.mark.services("cassandra", "s3")
def test_out_of_cassandra_and_s3_and_back(make_server, node, keyspace, tmp_path, monkeypatch, report):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testtest")

    with s3(tmp_path / "s3") as bucket:

        def stores(name):
            return (
                *("--records", f"cassandra://{node.address}/{keyspace}_{name}"),
                *("--objects", f"s3://pictures/{name}?endpoint=http://{bucket.address}"),
            )

        server = make_server(*stores("old"))
        answers = some_answers(server, 150)
        with Client(server.url) as client:
            while waiting(client, "records") + waiting(client, "objects") > 0:
                time.sleep(0.05)
        printed = back_up(server, "backup", *stores("old"))
        server.stop()

        # The old stores are never looked at again: it could be another cluster, and a folder on one machine.
        for flags in (stores("new"), ("--data", "single")):
            restored = run_vidi("restore", *flags, "backup", folder=server.folder)
            assert restored.returncode == 0, restored.stderr.decode()
            counts = f"{len(answers)} predictions read, {len(answers)} added"
            assert counts in restored.stdout.decode()
        again = run_vidi("restore", *stores("new"), "backup", folder=server.folder)
        assert again.stdout.decode() == f"{len(answers)} predictions read, 0 added, 0 pictures added\n"
        on_new_stores = make_server(*stores("new"))
        wait_until_connected(on_new_stores)
        assert not missing(on_new_stores.url, answers)
        assert not without_picture(on_new_stores)
        on_new_stores.stop()
        (server.folder / "data").rename(server.folder / "data of the old")
        (server.folder / "single").rename(server.folder / "data")
        server.flags = ()
        server.start()
        assert not missing(server.url, answers)
        server.stop()
    assert printed == f"{len(answers)} predictions, {len(answers)} with their pictures\n"
    report(f"{len(answers)} predictions out of Cassandra and S3, and back into both, and into SQLite and files")


def test_what_cannot_be_a_backup_is_refused(make_server):
    server = make_server()
    with Client(server.url) as client:
        client.predict(mnist_png(0))

    def refusal(*arguments):
        done = run_vidi(*arguments, folder=server.folder)
        assert done.returncode == 2 and not done.stdout
        return done.stderr.decode()

    assert "name another folder" in refusal("backup", "--data", "data", "data")
    assert "memory:" in refusal("backup", "--data", "data", "--records", "memory:", "backup")
    assert "there is no database" in refusal("backup", "--data", "nowhere", "backup")
    assert "holds no backup" in refusal("restore", "--data", "other", "nowhere")
    assert "in use by another process" in restore_into_running(server)
    back_up(server, "backup")
    backup = server.folder / "backup"
    on_the_backup = make_server("--records", f"sqlite:{backup}/records.db", "--objects", f"file:{backup}/objects")
    assert "another folder" in refusal("backup", "--data", "data", "backup")
    on_the_backup.stop()
    assert "1 predictions, 1 with" in back_up(server, "backup")
    server.stop()


def restore_into_running(server):
    """Pictures in a folder belong to the server that runs on it."""
    back_up(server, "first")
    done = run_vidi("restore", "--data", "data", "first", folder=server.folder)
    assert done.returncode == 2
    return done.stderr.decode()
