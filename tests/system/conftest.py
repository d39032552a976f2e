"""Fixtures of the system tests: each drives the real program as its users do."""

import pytest
from harness.client import Client
from harness.pictures import digit_png
from harness.server import Server


@pytest.fixture
def make_server(tmp_path):
    """Starts `vidi serve` with the flags it is given, in a folder of its own; ends it after the test."""
    servers = []

    def make(*flags):
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        servers.append(Server(folder, *flags))
        return servers[-1].start()

    yield make
    for server in servers:
        server.kill9()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for all tests of a file. It must end well."""
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def client(server):
    with Client(server.url) as connected:
        yield connected


@pytest.fixture
def four():
    """MNIST's clearest 4, as a PNG file."""
    return digit_png("4")
