"""Fixtures of the system tests: each drives the real program as its users do."""

import re
import shutil

import pytest
from harness.client import Client
from harness.pictures import digit_png
from harness.server import MODELS, Server
from harness.services import cassandra, why_not
from xdist.scheduler import LoadScopeScheduling

# What takes longest goes first, so that no worker is left alone with it at the end. A name stands for a file or a folder.
FIRST = ("containers", "test_cassandra", "test_features_s3", "test_spark", "test_hard_pictures", "test_features_spark", "test_backup")


def pytest_configure(config):
    config.addinivalue_line("markers", "services(name, ...): needs real services or tools: cassandra, s3, spark, kubernetes")


class FilesOrContainers(LoadScopeScheduling):
    """What one worker runs in one piece: a file, or all files of the containers, which share images."""

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        return "containers" if "/containers/" in file else file


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return FilesOrContainers(config, log)


def pytest_collection_modifyitems(items):
    def place(item):
        names = [i for i, name in enumerate(FIRST) if f"/{name}" in item.nodeid.split("::")[0]]
        return names[0] if names else len(FIRST)

    items.sort(key=place)


def pytest_runtest_setup(item):
    for name in (name for marker in item.iter_markers("services") for name in marker.args):
        if reason := why_not(name):
            pytest.skip(f"{name} cannot be had here: {reason}")


@pytest.fixture
def make_server(tmp_path):
    """Starts `vidi serve` with the flags it is given, in a folder of its own; ends it after the test."""
    servers = []

    def make(*flags, models=None):
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, *flags, models=models))
        return servers[-1].start()

    yield make
    for server in servers:
        server.kill9()


@pytest.fixture
def digits_alone(tmp_path):
    """A folder of one model, with which a server starts faster."""
    shutil.copytree(MODELS / "digits", tmp_path / "models/digits")
    return tmp_path / "models"


@pytest.fixture(scope="session")
def shared_node(tmp_path_factory):
    with cassandra(tmp_path_factory.mktemp("cassandra") / "node") as running:
        yield running


@pytest.fixture
def node(shared_node):
    """A Cassandra that answers at the start of each test, whatever the one before has done to it."""
    return shared_node.ensure()


@pytest.fixture
def keyspace(request):
    """One of its own for each test: the nodes are shared."""
    return re.sub("[^a-z0-9]+", "_", request.node.name.removeprefix("test_")).strip("_")[-48:].lstrip("_")


@pytest.fixture
def report(request, capfd):
    """Prints a line about the test, past pytest's capture."""

    def say(text):
        with capfd.disabled():
            print(f"\n{request.node.name}: {text}", flush=True)

    return say


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server of all models, for all tests of a file. It must end well."""
    with Server(tmp_path_factory.mktemp("server"), models=MODELS) as running:
        yield running


@pytest.fixture
def client(server):
    with Client(server.url) as connected:
        yield connected


@pytest.fixture
def four():
    """MNIST's clearest 4, as a PNG file."""
    return digit_png("4")
