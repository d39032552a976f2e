"""`vidi features` from a bucket and into one: a real S3 server, whatever happens to it meanwhile."""

import datetime
import hashlib
import hmac
import random
import shutil
import sqlite3
import subprocess
import time
import urllib.parse

import numpy
import pyarrow.fs
import pytest
from harness.features import command, features, kill_after, make_pictures, manifest, rejects, rows, same_table
from harness.server import environment
from harness.services import S3_KEYS, s3, s3_files

pytestmark = pytest.mark.services("s3")

FLAGS = ("--pca", 10, "--part-pictures", 64)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return make_pictures(tmp_path_factory.mktemp("pictures"), 400)


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    """Their table, made of the folder."""
    out = tmp_path_factory.mktemp("finished") / "out"
    features(pictures, out, *FLAGS)
    return out


@pytest.fixture
def server(tmp_path):
    with s3(tmp_path / "s3") as running:
        yield running


@pytest.fixture
def bucket(server, pictures):
    """The pictures in s3://pictures/fruits, and where that is."""
    pyarrow.fs.copy_files(str(pictures), "pictures/fruits", destination_filesystem=s3_files(server))
    return f"s3://pictures/fruits?endpoint=http://{server.address}"


def url(server, path):
    return f"s3://pictures/{path}?endpoint=http://{server.address}"


def download(server, path, folder):
    pyarrow.fs.copy_files(f"pictures/{path}", str(folder), source_filesystem=s3_files(server))
    return folder


def test_makes_the_same_table_of_a_bucket(bucket, finished, tmp_path):
    out = tmp_path / "out"
    features(bucket, out, *FLAGS, **S3_KEYS)
    assert same_table(out, finished)
    bill = manifest(out)["bill"]["s3"]
    assert bill["get_requests"] == 400
    assert 1 <= bill["list_requests"] <= 4
    assert bill["put_requests"] == 0


def test_takes_endpoint_and_region_from_the_usual_variables(bucket, server, tmp_path):
    variables = S3_KEYS | {"AWS_ENDPOINT_URL": f"http://{server.address}", "AWS_REGION": "us-east-1"}
    features("s3://pictures/fruits/Kiwi", tmp_path / "out", "--limit", 20, **variables)
    assert set(rows(tmp_path / "out")[1]) == {"Kiwi"}


def test_writes_into_a_bucket_what_it_writes_into_a_folder(pictures, finished, server, tmp_path):
    variables = S3_KEYS | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    features(pictures, url(server, "out"), *FLAGS, **variables)
    out = download(server, "out", tmp_path / "out")
    assert same_table(out, finished)
    assert {path.name for path in out.iterdir()} == {path.name for path in finished.iterdir() if path.name != ".vidi"}
    assert manifest(out)["bill"]["s3"]["put_requests"] > 15

    # Another machine, which has no notes of the job, adds to it, and applies it.
    variables["XDG_CACHE_HOME"] = str(tmp_path / "elsewhere")
    more = shutil.copytree(pictures, tmp_path / "pictures")
    done = features(more, url(server, "out"), *FLAGS, check=False, **variables)
    assert done.returncode == 2 and "source is" in done.stderr
    again = features(pictures, url(server, "out"), *FLAGS, **variables)
    assert again.stdout.startswith("nothing to do")
    features(make_pictures(tmp_path / "test", 9), tmp_path / "applied", "--apply", url(server, "out"), **variables)
    assert rows(tmp_path / "applied", "features_pca")[2].shape == (9, 10)


def test_goes_on_after_sigkill_with_everything_in_buckets(bucket, finished, server, tmp_path):
    variables = S3_KEYS | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    moments = random.Random(3)
    kills = 0
    for attempt in range(6):
        # The first ones come before any machine is done.
        latest = 0.2 if attempt < 3 else 0.9
        kills += kill_after(moments.uniform(0.1, latest), bucket, url(server, "out"), *FLAGS, **variables)
        if kills == 3:  # the machine is gone, and another goes on
            variables["XDG_CACHE_HOME"] = str(tmp_path / "elsewhere")
    features(bucket, url(server, "out"), *FLAGS, **variables)
    assert kills >= 2
    assert same_table(download(server, "out", tmp_path / "out"), finished)


def started(source, out, *flags):
    """A job whose listing is done."""
    job = subprocess.Popen(
        command(source, out, *flags), env=environment() | S3_KEYS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    catalogue = out / ".vidi" / "catalogue.db"
    while job.poll() is None:
        time.sleep(0.005)
        if not catalogue.exists():
            continue
        with sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True) as database:
            try:
                if database.execute("select count(*) from pictures").fetchone()[0] >= 390:
                    break
            except sqlite3.OperationalError:
                continue
    return job


def test_waits_for_a_server_that_is_killed_and_started_again(bucket, finished, server, tmp_path):
    out = tmp_path / "out"
    job = started(bucket, out, *FLAGS)
    server.kill9()
    time.sleep(3)
    assert job.poll() is None, job.communicate()
    server.start()
    _, said = job.communicate(timeout=120)
    assert job.returncode == 0, said
    assert "trying again" in said
    assert same_table(out, finished)


def test_ends_when_the_server_stays_away_and_goes_on_later(bucket, finished, server, tmp_path):
    out = tmp_path / "out"
    job = started(bucket, out, *FLAGS, "--patience", 1)
    server.kill9()
    _, said = job.communicate(timeout=120)
    assert job.returncode == 1
    assert "S3" in said
    server.start()
    features(bucket, out, *FLAGS, **S3_KEYS)
    assert same_table(out, finished)


def test_takes_objects_as_they_are_when_they_are_read(bucket, finished, server, tmp_path):
    """One is deleted, one is cut and one is replaced after they were listed."""
    out = tmp_path / "out"
    bucket_files = server.folder / "buckets" / "pictures" / "fruits" / "Kiwi"
    names = sorted(path.name for path in bucket_files.iterdir())[-3:]
    server_files = s3_files(server)
    cut = (bucket_files / names[1]).read_bytes()[:500]
    other = (bucket_files / names[0]).read_bytes() + b"\0"
    job = started(bucket, out, *FLAGS)
    server_files.delete_file(f"pictures/fruits/Kiwi/{names[0]}")
    for name, content in ((names[1], cut), (names[2], other)):
        with server_files.open_output_stream(f"pictures/fruits/Kiwi/{name}") as stream:
            stream.write(content)
    _, said = job.communicate(timeout=120)
    assert job.returncode == 0, said
    found = rejects(out)
    if len(found) < 2:
        pytest.skip("the job was faster than the changes")
    assert found == {f"Kiwi/{names[0]}": "gone", f"Kiwi/{names[1]}": "undecodable"}
    images, _, numbers = rows(out)
    kept = rows(finished)
    assert len(images) == 398
    replaced = numbers[images.index(f"Kiwi/{names[2]}")]
    assert numpy.array_equal(replaced, kept[2][kept[0].index(f"Kiwi/{names[0]}")])


def presigned(server, key, now=None):
    """A link to an object, by AWS Signature Version 4 in the query."""
    now = now or datetime.datetime.now(datetime.UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/us-east-1/s3/aws4_request"
    path = "/pictures/" + urllib.parse.quote(key)
    query = urllib.parse.urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"test/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": "600",
            "X-Amz-SignedHeaders": "host",
        }
    )
    request = "\n".join(["GET", path, query, f"host:{server.address}\n", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    signature = b"AWS4testtest"
    for part in (day, "us-east-1", "s3", "aws4_request", text):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return f"http://{server.address}{path}?{query}&X-Amz-Signature={signature.hex()}"


def test_reads_presigned_links_and_keeps_their_signatures_to_itself(bucket, server, tmp_path):
    keys = [f"fruits/Apple/{number:05}.jpg" for number in (0, 3, 6)]
    listed = tmp_path / "links.txt"
    late = presigned(server, keys[2], datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1))
    listed.write_text("".join(f"{presigned(server, key)}\n" for key in keys[:2]) + f"{late}\n")
    out = tmp_path / "out"
    features(listed, out)
    images, labels, _ = rows(out)
    assert images == [f"http://{server.address}/pictures/{key}" for key in keys[:2]]
    assert labels == ["Apple", "Apple"]
    assert list(rejects(out).values()) == ["forbidden"]
    for path in out.rglob("*"):
        assert path.is_dir() or b"X-Amz-Signature" not in path.read_bytes(), path


def test_says_what_is_wrong_with_a_bucket(server, tmp_path):
    done = features(url(server, "nothing/here"), tmp_path / "out", check=False, **S3_KEYS)
    assert done.returncode == 2
    assert "nothing" in done.stderr
    other = f"s3://no-such-bucket/out?endpoint=http://{server.address}"
    variables = S3_KEYS | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = features(make_pictures(tmp_path / "pictures", 3), other, check=False, **variables)
    assert done.returncode == 2
    assert "there is no bucket no-such-bucket" in done.stderr
