"""Links to pictures in a real S3 server, opened by curl."""

import subprocess

import pytest
from harness.client import Client
from harness.pictures import mnist_png
from harness.server import run_vidi
from harness.services import s3

ACCESS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "testtest"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The URL of a folder in a bucket."""
    with s3(tmp_path_factory.mktemp("s3")) as running:
        yield f"s3://pictures/of vidi?endpoint=http://{running.address}"


def presign(folder, *arguments, status=0):
    done = run_vidi("objects", "presign", *arguments, folder=folder)
    assert done.returncode == status, done.stderr.decode()
    return done


@pytest.fixture(autouse=True)
def access(monkeypatch):
    for name, value in ACCESS.items():
        monkeypatch.setenv(name, value)


def opened(link):
    done = subprocess.run(["curl", "-s", "-w", "%{stderr}%{http_code}", link], capture_output=True, check=True, timeout=30)
    return int(done.stderr), done.stdout


def test_a_link_opens_the_picture_without_credentials(make_server, pictures, tmp_path):
    server = make_server("--objects", pictures)
    with Client(server.url) as client:
        image = client.predict(mnist_png(0)).json["image"]
        for _ in range(100):
            if client.get("/health/ready").json["spool"]["objects"]["entries"] == 0:
                break
    link = presign(tmp_path, image, "--expires", "604800", "--objects", pictures).stdout.decode().strip()
    assert "X-Amz-Expires=604800" in link and "testtest" not in link
    assert opened(link) == (200, mnist_png(0))
    status, _ = opened(link.replace("X-Amz-Expires=604800", "X-Amz-Expires=604799"))
    assert status == 403, "a link that somebody has changed must not open"


def test_what_cannot_be_linked_is_said(tmp_path, pictures, monkeypatch):
    digest = "0" * 64
    assert b"604801" in presign(tmp_path, digest, "--expires", "604801", "--objects", pictures, status=2).stderr
    assert b"'12' is no digest" in presign(tmp_path, "12", "--objects", pictures, status=2).stderr
    assert b"only pictures in s3://BUCKET/PREFIX?OPTIONS have links" in presign(tmp_path, digest, "--objects", "file:x", status=2).stderr
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert b"AWS_ACCESS_KEY_ID" in presign(tmp_path, digest, "--objects", pictures, status=2).stderr
