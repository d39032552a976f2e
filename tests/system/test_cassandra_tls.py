"""A Cassandra that speaks only TLS and asks for a password: vidi gets in, or says why not and keeps what it answers."""

import re
import ssl
import subprocess
import time

import pytest
from cassandra.auth import PlainTextAuthProvider
from harness.client import Client
from harness.load import Load
from harness.server import run_vidi
from harness.services import SMALL, Service
from harness.stored import prove, waiting

pytestmark = pytest.mark.services("cassandra")

PASSWORD = "cassandra"  # of the user that a new cluster has
YAML = """
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
client_encryption_options:
  enabled: true
  optional: false
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: {keystore}
  truststore: {truststore}
  require_client_auth: {ask}
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificate(folder, name, *options):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", f"{name}.key"]
    openssl(folder, "req", "-x509", "-days", "2", "-subj", f"/CN={name}", *key, "-out", f"{name}.pem", *options)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Two authorities; one of them has signed for the node, for a node at another address, and for vidi."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("authority", "stranger"):
        make_certificate(folder, name)
    signed = ["-CA", "authority.pem", "-CAkey", "authority.key", "-addext", "basicConstraints=critical,CA:FALSE"]
    for name, address in {"node": "127.0.0.1", "elsewhere": "127.0.0.9", "vidi": "127.0.0.1"}.items():
        make_certificate(folder, name, *signed, "-addext", f"subjectAltName=IP:{address}")
        (folder / f"{name}-with-key.pem").write_bytes(
            (folder / f"{name}.key").read_bytes() + (folder / f"{name}.pem").read_bytes()
        )
    openssl(folder, "ec", "-in", "vidi.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key")
    (folder / "nonsense.pem").write_text("no certificate\n")
    return folder


@pytest.fixture(scope="module")
def start_node(certificates, tmp_path_factory):
    """Starts the node of these tests, or starts it again when it is to be another."""
    java = SMALL["JAVA_FLAGS"] + " -Dcassandra.superuser_setup_delay_ms=0"
    node = Service("cassandra.sh", tmp_path_factory.mktemp("cassandra") / "node", **SMALL | {"JAVA_FLAGS": java})
    context = ssl.create_default_context(cafile=certificates / "authority.pem")
    context.check_hostname = False
    context.load_cert_chain(certificates / "vidi-with-key.pem")
    node.driver = {"ssl_context": context, "auth_provider": PlainTextAuthProvider("cassandra", PASSWORD)}

    def start(name="node", ask="false"):
        keystore = certificates / f"{name}-with-key.pem"
        yaml = YAML.format(keystore=keystore, truststore=certificates / "authority.pem", ask=ask)
        if node.environment.get("YAML") != yaml and node.runs:
            node.kill9()
        node.environment["YAML"] = yaml
        return node.ensure()

    yield start
    if node.runs:
        node.kill9()


@pytest.fixture
def node(start_node):
    return start_node()


@pytest.fixture
def access(certificates, tmp_path):
    """The settings with which vidi is let in."""
    return flags_of(tmp_path, user="cassandra", tls="on", authorities=certificates / "authority.pem")


def flags_of(folder, password=PASSWORD, **settings):
    file = folder / f"{password}.toml"
    file.write_text(f'cassandra_password = "{password}"\n')
    flags = ["--config", file]
    for name, value in settings.items():
        flags += [f"--cassandra-{name}", value]
    return flags


def stores(node, keyspace):
    url = f"cassandra://{node.address}/{keyspace}"
    return "--records", url, "--objects", url


def load_for(server, seconds):
    load = Load(server.url, pause=0.02).start()
    time.sleep(seconds)
    outcome = load.stop()
    assert outcome.answers and not outcome.refused and not outcome.broken and not outcome.closed
    return outcome


def reasons(server):
    """Why there is no connection, as the log says of the records, each time that it says it."""
    return re.findall(r"records: (.*); it is tried again$", server.log, re.MULTILINE)


def assert_kept_and_told(server, outcome, reason, seconds=30):
    """The log says the reason once, though several attempts fail, and everything waits on this machine."""
    end = time.monotonic() + seconds
    while not reasons(server):
        assert time.monotonic() < end, server.log
        time.sleep(0.05)
    time.sleep(2)
    assert len(reasons(server)) == 1 and reason in reasons(server)[0], server.log
    with Client(server.url) as client:
        assert waiting(client) == waiting(client, "objects") == len(outcome.answers)
        assert client.get("/api/predictions").status == 503


def assert_let_in_after(server, node, keyspace, flags, outcome, report):
    server.stop()
    server.flags = [*stores(node, keyspace), *flags]
    server.start()
    report(prove(server, node, [outcome, load_for(server, 0.5)], keyspace))


def test_records_and_pictures_go_through_tls(make_server, node, keyspace, access, report):
    server = make_server(*stores(node, keyspace), *access)
    report(prove(server, node, [load_for(server, 2)], keyspace))
    listing = run_vidi("records", *stores(node, keyspace), *access, "--format", "json", folder=server.folder)
    assert listing.returncode == 0 and listing.stdout.count(b"\n") == 50, listing.stderr.decode()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"authorities": "stranger.pem"}, "a node's certificate is not accepted: "),
        ({"authorities": "absent.pem"}, "absent.pem cannot be read: No such file"),
        ({"authorities": "nonsense.pem"}, "nonsense.pem holds no certificates in PEM"),
        ({"authorities": None}, "a node's certificate is not accepted: "),
        ({"tls": "off", "authorities": None}, "perhaps it speaks only TLS"),
        ({"password": "wrong"}, "Provided username cassandra and/or password are incorrect"),
        ({"user": None}, "it asks for a user and a password"),
    ],
    ids=lambda value: "_".join(map(str, [*value, *value.values()])) if isinstance(value, dict) else "",
)
def test_not_let_in(make_server, node, keyspace, certificates, access, tmp_path, settings, reason, report):
    wanted = {"user": "cassandra", "tls": "on", "authorities": "authority.pem"} | settings
    given = {name: value for name, value in wanted.items() if value is not None}
    if "authorities" in given:
        given["authorities"] = certificates / given["authorities"]
    server = make_server(*stores(node, keyspace), *flags_of(tmp_path, **given))
    outcome = load_for(server, 0.5)
    assert_kept_and_told(server, outcome, reason)
    assert_let_in_after(server, node, keyspace, access, outcome, report)


def test_the_certificate_must_name_the_address(make_server, start_node, keyspace, access, report):
    node = start_node("elsewhere")
    server = make_server(*stores(node, keyspace), *access)
    outcome = load_for(server, 0.5)
    assert_kept_and_told(server, outcome, "a node's certificate is not accepted: IP address mismatch")
    node = start_node()
    report(prove(server, node, [outcome], keyspace))


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (None, "perhaps it asks for a certificate"),
        (("stranger.pem", "stranger.key"), "perhaps it does not accept the certificate"),
        (("vidi.pem", "authority.key"), "authority.key holds no key without a passphrase for that certificate"),
        (("vidi.pem", "locked.key"), "locked.key holds no key without a passphrase for that certificate"),
    ],
    ids=["none", "of_a_stranger", "with_another_key", "with_a_locked_key"],
)
def test_a_node_that_asks_for_a_certificate(
    make_server, start_node, keyspace, certificates, access, own, reason, report
):
    def with_own(certificate, key):
        return [*access, "--cassandra-certificate", certificates / certificate, "--cassandra-key", certificates / key]

    node = start_node(ask="true")
    server = make_server(*stores(node, keyspace), *(with_own(*own) if own else access))
    outcome = load_for(server, 0.5)
    assert_kept_and_told(server, outcome, reason)
    assert_let_in_after(server, node, keyspace, with_own("vidi.pem", "vidi.key"), outcome, report)


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--cassandra-authorities", "a.pem"], "cassandra-tls"),
        (["--cassandra-certificate", "a.pem", "--cassandra-key", "a.key"], "cassandra-tls"),
        (["--cassandra-tls", "on", "--cassandra-certificate", "a.pem"], "cassandra-key"),
        (["--cassandra-tls", "yes"], "on or off"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, flags, named):
    done = run_vidi("records", "--records", "cassandra://127.0.0.1:1/k", *flags, folder=tmp_path)
    assert done.returncode == 2 and named in done.stderr.decode()
