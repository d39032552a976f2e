"""The image: what is in it, and one container of it as its users run it."""

import io
import json
import re
import shutil
import subprocess
import tarfile
import time
from types import SimpleNamespace

import pytest
from harness import docker
from harness.client import Client, Part
from harness.docker import Container
from harness.documents import pdf
from harness.load import Load, missing
from harness.server import ROOT, run_vidi
from harness.stored import wait_until_handed_over

MOST_BYTES = 300_000_000  # beyond the base image, with all models
FOUR = (ROOT / "tests/data/pictures/4.png").read_bytes()
TEXT_ANSWER = "识别结果: 4\n"


def curl(url):
    """What the command of the README prints."""
    file = ROOT / "tests/data/pictures/4.png"
    done = subprocess.run(["curl", "--silent", "-F", f"file=@{file}", f"{url}/predict"], capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def files(image):
    """The image's files: name, and what tar says of it."""
    name = docker.docker("create", "--label", docker.LABEL, image).stdout.strip()
    try:
        exported = subprocess.run(["docker", "export", name], stdout=subprocess.PIPE, check=True).stdout
    finally:
        docker.docker("rm", name)
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        sbom = archive.extractfile("usr/share/doc/vidi/sbom.cdx.json").read()
        return {member.name: member for member in archive}, json.loads(sbom)


def test_its_size(image, report):
    history = docker.docker("history", "--no-trunc", "--format", "{{.Size}}\t{{.CreatedBy}}", "--human=false", image)
    layers = [line.split("\t") for line in history.stdout.splitlines()]
    base = json.loads(docker.docker("image", "inspect", "debian:bookworm-slim").stdout)[0]["Size"]
    whole = json.loads(docker.docker("image", "inspect", image).stdout)[0]["Size"]
    for size, made_by in layers:
        if int(size):
            report(f"{int(size):>11,} bytes  {made_by[:100]}")
    report(f"{whole - base:,} bytes beyond the base image's {base:,}")
    assert 100_000_000 < whole - base <= MOST_BYTES


def test_what_is_in_it(image, files):
    names, _ = files
    assert "usr/bin/vidi" in names
    assert "usr/lib/vidi/vidi-pdf" in names
    for model in sorted(path.name for path in (ROOT / "models").iterdir() if path.is_dir()):
        assert f"usr/share/vidi/models/{model}/model.toml" in names
    assert not [name for name in names if "vidi-train" in name or "libtorch" in name or "libc10" in name]
    assert not [name for name in names if "gpu_plugin" in name or "npu_plugin" in name]
    ours = [member for name, member in names.items() if name.startswith(("usr/bin/vidi", "usr/lib/vidi", "usr/share/vidi"))]
    assert not [member.name for member in ours if not member.issym() and member.mode & 0o6022], "set-id, or writable by others"
    assert not [member.name for member in ours if member.uid or member.gid]


def test_its_labels_and_user(image):
    config = json.loads(docker.docker("image", "inspect", image).stdout)[0]["Config"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.version"] == docker.version()
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.title"] == "vidi"
    assert len(labels["org.opencontainers.image.revision"]) == 40
    assert config["User"] == "10001:10001"
    assert "/var/lib/vidi" in config["Volumes"]
    assert "80/tcp" in config["ExposedPorts"]


def test_its_bill_of_materials_names_every_library(files):
    names, bill = files
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    components = {component["name"]: component["version"] for component in bill["components"]}
    assert len(components) > 100
    for name in ("openvino", "pyarrow", "pypdfium2", "scylla", "libssl3", "libsqlite3-0", "libboost1.81-dev"):
        assert components[name]
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references)
    licenses = [name for name in names if name.startswith("usr/share/doc/vidi/licences/")]
    for name in ("libssl3.txt", "libopencv-core406.txt"):
        assert f"usr/share/doc/vidi/licences/{name}" in licenses


def test_a_picture_in_an_answer_out(run, report):
    begin = time.monotonic()
    container = run(options=("--memory", "256m"))
    returned = time.monotonic() - begin
    container.ready()
    report(f"ready {time.monotonic() - begin:.2f} s after `docker run` began, {time.monotonic() - begin - returned:.2f} s "
           "after it returned")
    assert curl(container.url) == TEXT_ANSWER
    with Client(container.url) as client:
        answer = client.predict(pdf("7"), "seven.pdf")
        assert (answer.status, answer.json["result"]) == (200, "7"), answer.text
    docker.wait_until(lambda: container.state["Health"]["Status"] == "healthy", "Docker calls it healthy")
    status = docker.docker("exec", container.id, "/usr/bin/vidi", "records").stdout
    assert "4.png" in status and "seven.pdf" in status
    assert container.stop() == 0


def test_nobody_but_the_volume_is_written_to(run):
    container = run().ready()
    assert docker.docker("exec", container.id, "id", "-u").stdout.strip() == "10001"
    for path in ("/etc/x", "/usr/x", "/tmp/x", "/x"):
        assert docker.docker("exec", container.id, "touch", path, check=False).returncode != 0, path
    assert curl(container.url) == TEXT_ANSWER
    changed = docker.docker("diff", container.id).stdout
    assert changed.strip() == ""


def test_what_was_recorded_outlives_the_container(run):
    with docker.volume() as volume:
        options = ("--volume", f"{volume}:/var/lib/vidi")
        first = run(options=options).ready()
        with Client(first.url) as client:
            answer = client.predict(FOUR, "4.png").json
        docker.docker("restart", first.id)
        with Client(first.ready().url) as client:
            assert client.get(f"/api/predictions/{answer['id']}").json == answer
        assert first.stop() == 0
        first.remove()
        second = run(options=options).ready()
        with Client(second.url) as client:
            assert client.get(f"/api/predictions/{answer['id']}").json == answer
            assert client.get(f"/uploads/{answer['id']}/image").body == FOUR
        second.remove()


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("VIDI_LISTEN=nonsense", 'Cannot listen on "nonsense"'),
        ("VIDI_MAX_BODY_BYTES=12 apples", 'max-body-bytes'),
        ("VIDI_MODELS=/nowhere", "/nowhere"),
        ("VIDI_CONFIG=/nowhere.toml", "/nowhere.toml"),
        ("VIDI_DATA=/proc/nowhere", "/proc/nowhere"),
    ],
)
def test_a_wrong_setting_ends_it_with_a_reason(image, variable, says):
    done = docker.docker("run", "--rm", "--label", docker.LABEL, "--env", variable, image, check=False)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr


def test_every_setting_reads_its_variable(image, tmp_path):
    table = run_vidi("settings", "--markdown", folder=tmp_path).stdout.decode().splitlines()[2:]
    variables = {}
    for row in table:
        _, _, flag, variable, default, *_ = (cell.strip().strip("`") for cell in row.split("|"))
        variables[variable] = default
    options = [word for variable, default in variables.items() for word in ("--env", f"{variable}={default}")]
    done = docker.docker("run", "--rm", "--label", docker.LABEL, *options, image, "settings")
    assert len(variables) > 60
    for variable in variables:
        assert f"({variable})" in done.stdout, variable


def test_stopping_under_load_fails_no_request(run, report):
    with docker.volume() as volume:
        container = run(options=("--volume", f"{volume}:/var/lib/vidi")).ready()
        load = Load(container.url).start()
        time.sleep(1)
        assert container.stop() == 0, container.log
        outcome = load.join()
        assert outcome.answers and not outcome.broken and not outcome.refused
        container.start().ready()
        assert not missing(container.url, outcome.answers)
        report(f"{len(outcome.answers)} answered, 0 failed, all there after the restart")
        container.remove()


def test_256_megabytes_are_enough(run, report):
    container = run(options=("--memory", "256m", "--memory-swap", "256m")).ready()
    load = Load(container.url, threads=16).start()
    document = pdf("7")
    with Client(container.url) as client:
        for _ in range(5):
            assert client.post_form("/predict", Part("file", document, "seven.pdf")).status == 200
    time.sleep(3)
    used = docker.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", container.id).stdout.strip()
    outcome = load.stop()
    assert not outcome.broken and not outcome.refused and not outcome.closed
    state = container.state
    assert state["Running"] and not state["OOMKilled"]
    report(f"{len(outcome.answers)} answered with {used}")


def test_the_network_of_another_container(run, image):
    """docker run --network=container:NAME: both have one network, and find each other at localhost."""
    container = run().ready()
    done = docker.docker("run", "--rm", "--network", f"container:{container.id}", image, "health")
    assert json.loads(done.stdout)["ready"] is True


def test_the_network_of_the_host(run):
    port = docker.free_port()
    container = run(options=("--network", "host", "--env", f"VIDI_LISTEN=127.0.0.1:{port}", "--env", "VIDI_GRPC_LISTEN=off"),
                    publish=False).ready()
    assert curl(f"http://127.0.0.1:{port}") == TEXT_ANSWER
    assert container.stop() == 0


def test_no_network(run):
    container = run(options=("--network", "none", "--volume", f"{ROOT}/tests/data/pictures:/pictures:ro"), publish=False).ready()
    done = docker.docker("exec", container.id, "/usr/bin/vidi", "predict", "/pictures/4.png")
    assert done.stdout.split("\t")[1] == "4"


def test_a_link(run, image):
    """docker run --link: the other container is found by its name, and the variables that Docker sets do no harm."""
    container = run().ready()
    name = container.inspect()["Name"].lstrip("/")
    address = container.inspect()["NetworkSettings"]["IPAddress"]
    with Container(image, options=("--link", f"{name}:vidi")) as other:
        other.ready()
        docker.wait_until(lambda: re.search("unknown.*VIDI_PORT", other.log), "it says what it does not know")
        hosts = docker.docker("exec", other.id, "cat", "/etc/hosts").stdout
        assert any(line.split()[0] == address and "vidi" in line.split() for line in hosts.splitlines() if line.strip())
        # Asked from the linked container, at the name that the link gave.
        done = docker.docker("exec", other.id, "/usr/bin/vidi", "health", "--listen", "vidi:80")
        assert json.loads(done.stdout)["ready"] is True


def test_cassandra_by_a_link_and_by_its_own_network(image, services, report):
    """As people ran the two containers before: both vidi record in the one Cassandra, and see each other's rows."""
    heap = ("--env", "MAX_HEAP_SIZE=320M")
    with Container(services["cassandra"], options=("--publish", "127.0.0.1::80", *heap)) as cassandra:
        name = cassandra.inspect()["Name"].lstrip("/")
        linked = ("--link", f"{name}:cassandra", "--publish", "127.0.0.1::80")
        shared = ("--network", f"container:{cassandra.id}", "--env", "VIDI_GRPC_LISTEN=off")
        records = "VIDI_RECORDS=cassandra://{}/demandkeyspace"
        with (
            Container(image, options=(*linked, "--env", records.format("cassandra"))) as first,
            Container(image, options=(*shared, "--env", records.format("127.0.0.1"))) as second,
        ):
            servers = [first.ready(), SimpleNamespace(url=f"http://{cassandra.address(80)}", log=second.ready().log)]
            for server in servers:
                assert curl(server.url) == TEXT_ANSWER
            for server in servers:
                wait_until_handed_over(server, seconds=120)
            for server in servers:
                with Client(server.url) as client:
                    found = client.get("/api/predictions").json["predictions"]
                assert [prediction["filename"] for prediction in found] == ["4.png", "4.png"]
            report(f"{len(found)} rows, seen by both")


@pytest.mark.skipif(not shutil.which("docker-registry"), reason="docker-registry is not installed (setup.sh container)")
def test_pushed_deleted_pulled_and_run(image, report, tmp_path):
    """A registry on loopback: Debian's docker-registry."""
    port = docker.free_port()
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {tmp_path}/registry\n"
        f"http:\n  addr: 127.0.0.1:{port}\n"
    )
    registry = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    name = f"localhost:{port}/vidi:{docker.version()}"
    try:
        docker.wait_until(lambda: docker_registry_answers(port), "the registry answers")
        docker.docker("tag", image, name)
        pushed = docker.docker("push", name).stdout
        digest = pushed.split("digest: ")[1].split()[0]
        docker.docker("rmi", name)
        docker.docker("pull", f"localhost:{port}/vidi@{digest}")
        pulled = docker.docker("pull", name).stdout
        assert digest in pulled
        with Container(name, options=("--publish", "127.0.0.1::80")) as container:
            assert curl(container.ready().url) == TEXT_ANSWER
        report(f"{name}@{digest} pushed, deleted, pulled and run")
    finally:
        docker.docker("rmi", "--force", name, f"localhost:{port}/vidi", check=False)
        registry.terminate()
        registry.wait(timeout=20)


def docker_registry_answers(port):
    done = subprocess.run(["curl", "--silent", f"http://127.0.0.1:{port}/v2/"], capture_output=True, check=False)
    return done.returncode == 0
