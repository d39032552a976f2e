"""GET /openapi.json says what the server does: schemathesis makes requests from it and checks the answers."""

import subprocess
import sys
from pathlib import Path

import pytest
from harness.client import Client
from harness.pictures import mnist_png

# Random bytes are no picture, so a form that fits the description is refused all the same, and rightly.
PICTURES = ("/predict", "/upload")
CONFIGURATION = """
[generation]
max-examples = 25
database = "none"
allow-x00 = false
deterministic = true

[phases.stateful]
enabled = true

[[operations]]
include-path-regex = "^/(predict|upload)$"
checks.positive_data_acceptance.enabled = false
"""


def schemathesis(server, folder, *flags):
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", str(folder / "schemathesis.toml"), "run", f"{server.url}/openapi.json", *flags]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)


def test_the_description_is_openapi(client):
    document = client.get("/openapi.json")
    assert document.media_type == "application/json"
    assert document.json["openapi"] == "3.1.0"
    version = document.json["info"]["version"]
    assert f'vidi_build_info{{version="{version}"}} 1' in client.get("/metrics").text
    operations = [operation for path in document.json["paths"].values() for name, operation in path.items() if name != "parameters"]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_schemathesis_finds_nothing(make_server, tmp_path):
    server = make_server("--log-requests", "off")
    with Client(server.url) as client:
        for index in range(3):
            assert client.predict(mnist_png(index)).status == 200
    done = schemathesis(server, tmp_path)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-4000:]
    server.stop()
    assert " 500" not in server.log and "error" not in server.log
