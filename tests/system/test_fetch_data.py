"""scripts/fetch_data.sh against files served from loopback."""

import functools
import http.server
import os
import pathlib
import shutil
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MNIST = ROOT / "tests" / "data" / "mnist"


@pytest.fixture
def home(tmp_path):
    """A folder and the address that it is served at."""
    folder = tmp_path / "home"
    shutil.copytree(MNIST, folder)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def fetch(target, address, *arguments):
    environment = {**os.environ, "FOLDER": str(target), "MNIST_HOME": address, "no_proxy": "127.0.0.1"}
    return subprocess.run([ROOT / "scripts" / "fetch_data.sh", *arguments], env=environment, capture_output=True, text=True)


def test_fetches_the_files_and_fetches_none_twice(home, tmp_path):
    _, address = home
    first = fetch(tmp_path / "data", address, "mnist", "t10k")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("fetching") == 2
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        assert (tmp_path / "data" / "mnist" / name).read_bytes() == (MNIST / name).read_bytes()
    second = fetch(tmp_path / "data", address, "mnist", "t10k")
    assert second.stdout.count("is there") == 2


def test_refuses_a_file_that_is_not_the_right_one(home, tmp_path):
    folder, address = home
    shutil.copy(MNIST / "t10k-labels-idx1-ubyte.gz", folder / "t10k-images-idx3-ubyte.gz")
    result = fetch(tmp_path / "data", address, "mnist", "t10k")
    assert result.returncode == 1
    assert "its checksum differs" in result.stderr
    assert not (tmp_path / "data" / "mnist" / "t10k-images-idx3-ubyte.gz").exists()


def test_says_what_cannot_be_fetched(home, tmp_path):
    _, address = home
    result = fetch(tmp_path / "data", address, "mnist", "train")
    assert result.returncode == 1
    assert "train-" in result.stderr and "MNIST_HOME" in result.stderr


def test_says_how_it_is_used(tmp_path):
    result = fetch(tmp_path, "http://127.0.0.1:9", "imagenet")
    assert result.returncode == 2
    assert "fetch_data.sh mnist" in result.stderr
