"""scripts/fetch_data.sh against files served from loopback."""

import contextlib
import functools
import http.server
import io
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import threading

import pytest
from PIL import Image

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
    homes = {"MNIST_HOME": address, "FRUITS_HOME": address}
    environment = {**os.environ, "FOLDER": str(target), **homes, "no_proxy": "127.0.0.1"}
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


# ---- Fruits-360 -----------------------------------------------------------------------------------------------------


def jpeg(size=(100, 100)):
    content = io.BytesIO()
    Image.new("RGB", size, "orange").save(content, "JPEG")
    return content.getvalue()


def pack(path, counts, picture, top=""):
    """An archive as GitHub packs one: `counts` pictures of each split, in as many classes."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for split, (classes, pictures) in counts.items():
            for index in range(pictures):
                entry = tarfile.TarInfo(f"{top}{split}/Fruit {index % classes}/{index}_100.jpg")
                entry.size = len(picture)
                archive.addfile(entry, io.BytesIO(picture))


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The release of 33 classes, in names and numbers; every picture is the same."""
    path = tmp_path_factory.mktemp("release") / "fruits-360-33.tar.gz"
    pack(path, {"Training": (33, 15_506), "Test": (33, 5_195)}, jpeg(), top="Fruit-Images-Dataset-8f127c5/")
    return path


class CutOff(http.server.BaseHTTPRequestHandler):
    """Sends half of what is asked for, the first time; later parts of it, as they are asked for."""

    def do_GET(self):
        content = self.server.content
        begin = int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-")).group(1))
        self.server.begins.append(begin)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[begin : len(content) // 2 if len(self.server.begins) == 1 else None])

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler, content=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.content, server.begins = content, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def serving_folder(folder):
    return serving(functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder))


def test_fruits_that_were_cut_off_go_on_where_they_were(release, tmp_path):
    content = release.read_bytes()
    with serving(CutOff, content) as (server, address):
        first = fetch(tmp_path, address, "fruits", "33")
        assert first.returncode == 1
        assert "cannot be fetched" in first.stderr
        second = fetch(tmp_path, address, "fruits", "33")
        assert second.returncode == 0, second.stderr
        assert server.begins == [0, len(content) // 2]
        assert "33 classes, 15506 and 5195 pictures" in second.stdout
        assert (tmp_path / "fruits-360-33" / "Test" / "Fruit 7" / "40_100.jpg").read_bytes() == jpeg()
        assert [path.name for path in tmp_path.iterdir()] == ["fruits-360-33"], "nothing is left over"
        assert "is there" in fetch(tmp_path, address, "fruits", "33").stdout
        assert len(server.begins) == 2


def test_fruits_are_fetched_anew_where_no_parts_are_sent_and_then_counted(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    pack(home / "8f127c5043b29237313f87268f16106b16cbd8c6.tar.gz", {"Training": (2, 6), "Test": (2, 4)}, jpeg())
    (tmp_path / "fruits-360-131.tar.gz").write_bytes(b"of something else")
    with serving_folder(home) as (_, address):
        result = fetch(tmp_path, address, "fruits")
    assert result.returncode == 1
    assert "Training has 2 classes; the release has 131" in result.stderr
    assert not (tmp_path / "fruits-360-131").exists()


@pytest.mark.parametrize("picture", [jpeg()[:-2], jpeg((64, 64)), b"", b"\xff\xd8\xff\xe0"], ids=["cut", "small", "empty", "head"])
def test_fruits_that_are_no_pictures_are_named(picture, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    pack(home / "fruits-360-33.tar.gz", {"Training": (1, 1), "Test": (1, 1)}, picture)
    with serving_folder(home) as (_, address):
        result = fetch(tmp_path, address, "fruits", "33")
    assert result.returncode == 1
    assert "no whole JPEG of 100 x 100 pixels" in result.stderr and "Training/Fruit 0/0_100.jpg" in result.stderr


def test_what_is_no_archive_of_fruits_is_refused(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "fruits-360-33.tar.gz").write_bytes(b"this is no archive")
    with serving_folder(home) as (_, address):
        assert "is no whole archive" in fetch(tmp_path, address, "fruits", "33").stderr
        assert "FRUITS_HOME" in fetch(tmp_path, address + "/none", "fruits", "33").stderr
    assert "FRUITS_HOME" in fetch(tmp_path, "", "fruits", "33").stderr, "it has no public home by itself"
