"""HTTPS: with curl and Python's own TLS, and a certificate that is replaced while the server runs."""

import http.client
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest
import tritonclient.grpc as triton
from harness.client import Client, connect, read_response
from harness.pictures import digit_png
from harness.server import digit_models, run_vidi
from PIL import Image

NOTICED_SECONDS = 30


def make_certificate(folder, name, *options, into=None):
    """A certificate that is signed by itself, for 127.0.0.1, in INTO.pem and INTO.key."""
    target = into or name
    command = ["openssl", "req", "-x509", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", *options]
    command += ["-keyout", folder / f"{target}.key", "-out", folder / f"{target}.pem"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "-i", *map(str, arguments)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def folder(tmp_path):
    make_certificate(tmp_path, "first", into="server")
    (tmp_path / "4.png").write_bytes(digit_png("4"))
    return tmp_path


@pytest.fixture
def flags(folder):
    return ["--tls-certificate", folder / "server.pem", "--tls-key", folder / "server.key"]


@pytest.fixture
def secure(make_server, flags):
    return make_server(*flags)


def name_of(server):
    """The name in the certificate that a new connection is shown."""
    address = urlsplit(server.url)
    shown = ssl.get_server_certificate((address.hostname, address.port))
    subject = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=shown.encode(), capture_output=True)
    return re.search(r"CN = (\S+)", subject.stdout.decode()).group(1)


def wait_for_log(server, text):
    end = time.monotonic() + NOTICED_SECONDS
    while text not in server.log:
        assert time.monotonic() < end, server.log
        time.sleep(0.02)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_sends_a_picture_and_trusts_the_certificate(secure, folder, version):
    assert secure.url.startswith("https://")
    versions = [f"--tlsv{version}", "--tls-max", version]
    status, output, error = curl("--cacert", folder / "server.pem", *versions, "-T", folder / "4.png", f"{secure.url}/predict")
    assert status == 0 and output.endswith("识别结果: 4\n"), error
    status, _, error = curl("-T", folder / "4.png", f"{secure.url}/predict")
    assert status == 60 and "certificate" in error


def test_a_client_without_tls_is_told_what_to_do(secure, folder):
    status, output, _ = curl("-T", folder / "4.png", f"{secure.url}/predict".replace("https", "http"))
    assert status == 0 and output.startswith("HTTP/1.1 400 ")
    assert output.endswith("This port speaks TLS: use https://, not http://.\n")
    status, output, _ = curl("--cacert", folder / "server.pem", f"{secure.url}/health/live")
    assert status == 0 and output.startswith("HTTP/1.1 200 ")


def test_health_is_asked_over_tls(secure, folder):
    """The certificate names another host than this machine's address, and need not."""
    listen = secure.url.removeprefix("https://")
    done = run_vidi("health", "--listen", listen, "--tls-certificate", folder / "server.pem", folder=folder)
    assert done.returncode == 0, done.stderr


def test_a_client_with_tls_is_refused_where_there_is_none(server):
    status, output, error = curl("-k", f"{server.url}/health/live".replace("http", "https"))
    assert status != 0 and output == "" and error


def test_large_pictures_and_many_clients(secure, folder):
    large = folder / "large.bmp"
    with Image.open(folder / "4.png") as picture:
        picture.resize((1400, 1400)).convert("RGB").save(large)
    assert large.stat().st_size > 5_000_000
    answers = []

    def send():
        answers.append(curl("-k", "-F", f"file=@{large}", f"{secure.url}/predict"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [output.endswith("识别结果: 4\n") for _, output, _ in answers] == [True] * 8


def test_sighup_takes_the_new_certificate_and_drops_nobody(secure, folder):
    address = urlsplit(secure.url)
    trusting = ssl._create_unverified_context()
    kept = http.client.HTTPSConnection(address.hostname, address.port, context=trusting, timeout=60)
    kept.request("PUT", "/predict", digit_png("4"))
    assert kept.getresponse().read() == "识别结果: 4\n".encode()
    waiting = trusting.wrap_socket(connect(secure.url))
    picture = digit_png("7")
    waiting.sendall(f"PUT /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(picture)}\r\n\r\n".encode())

    make_certificate(folder, "second", into="server")
    assert name_of(secure) == "first"
    secure.signal(signal.SIGHUP)
    end = time.monotonic() + NOTICED_SECONDS
    while name_of(secure) != "second":
        assert time.monotonic() < end
        time.sleep(0.02)
    kept.request("PUT", "/predict", digit_png("4"))
    assert kept.getresponse().read() == "识别结果: 4\n".encode()
    waiting.sendall(picture)
    assert read_response(waiting).text == "识别结果: 7\n"
    waiting.close()


@pytest.mark.parametrize("broken", ["nonsense", "another's key", "gone"])
def test_a_broken_certificate_keeps_the_old_one(secure, folder, broken):
    if broken == "nonsense":
        (folder / "server.pem").write_text("no certificate\n")
    elif broken == "another's key":
        make_certificate(folder, "second")
        (folder / "second.key").rename(folder / "server.key")
    else:
        (folder / "server.pem").unlink()
    secure.signal(signal.SIGHUP)
    wait_for_log(secure, "the certificate stays as it was")
    assert name_of(secure) == "first"
    make_certificate(folder, "third", into="server")
    secure.signal(signal.SIGHUP)
    end = time.monotonic() + NOTICED_SECONDS
    while name_of(secure) != "third":
        assert time.monotonic() < end
        time.sleep(0.02)


def test_sighup_without_tls_does_no_harm(make_server, four):
    server = make_server()
    server.signal(signal.SIGHUP)
    with Client(server.url) as client:
        assert client.predict(four).json["result"] == "4"
    server.stop()


def test_stopping_finishes_what_was_begun(secure):
    trusting = ssl._create_unverified_context()
    begun = trusting.wrap_socket(connect(secure.url))
    picture = digit_png("7")
    begun.sendall(f"PUT /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(picture)}\r\n\r\n".encode())
    silent = connect(secure.url)
    secure.signal(signal.SIGTERM)
    wait_for_log(secure, "stopping")
    begun.sendall(picture)
    answer = read_response(begun)
    assert answer.text == "识别结果: 7\n" and answer.headers["Connection"] == "close"
    assert secure.wait() == 0
    silent.close()


def test_a_certificate_that_cannot_be_used_is_named_at_the_start(folder, flags):
    (folder / "nonsense.pem").write_text("no certificate\n")
    subprocess.run(
        ["openssl", "ec", "-in", "server.key", "-aes256", "-passout", "pass:secret", "-out", "locked.key"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    for certificate, key, message in [
        ("nonsense.pem", "server.key", "nonsense.pem cannot be used"),
        ("missing.pem", "server.key", "missing.pem cannot be used: No such file or directory"),
        ("server.pem", "nonsense.pem", "nonsense.pem cannot be used"),
        ("server.pem", "locked.key", "locked.key cannot be used"),
    ]:
        chosen = ["--tls-certificate", folder / certificate, "--tls-key", folder / key]
        assert message in start_fails(folder, *chosen)
    assert "give both or neither" in start_fails(folder, "--tls-key", folder / "server.key")


def start_fails(folder, *flags):
    done = run_vidi("serve", "--listen", "127.0.0.1:0", "--models", digit_models(), *flags, folder=folder, timeout=60)
    assert done.returncode == 2
    return done.stderr.decode()


def test_keys_are_asked_for_over_tls_too(make_server, flags, folder):
    server = make_server("--auth-mode", "keys", *flags)
    _, output, _ = curl("--cacert", folder / "server.pem", "-T", folder / "4.png", f"{server.url}/predict")
    assert output.startswith("HTTP/1.1 401 ")
    key = run_vidi("keys", "add", "alice", "--data", server.folder / "data", folder=folder).stdout.decode().strip()
    wait_for_log(server, "the keys were read anew")
    header = f"Authorization: Bearer {key}"
    _, output, _ = curl("--cacert", folder / "server.pem", "-H", header, "-T", folder / "4.png", f"{server.url}/predict")
    assert output.endswith("识别结果: 4\n")


def test_a_client_that_stops_in_the_middle_of_the_handshake_is_cut_off(make_server, flags):
    server = make_server(*flags, "--header-timeout", "200ms", "--idle-timeout", "200ms")
    for first_bytes in (b"", b"\x16\x03\x01\x02\x00\x01"):
        with connect(server.url) as begun:
            begun.sendall(first_bytes)
            begun.settimeout(NOTICED_SECONDS)
            assert begun.recv(1) == b""
    assert name_of(server) == "first"


def test_nonsense_in_place_of_a_handshake_ends_the_connection(secure):
    for nonsense in (b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"ssh-2.0-x\r\n"):
        with connect(secure.url) as client:
            try:
                client.sendall(nonsense)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:  # the connection is at its end already
                pass
    assert name_of(secure) == "first"


@pytest.fixture
def secure_grpc(make_server, flags):
    return make_server(*flags, "--grpc-listen", "127.0.0.1:0")


def ask_over_grpc(server, certificate):
    with triton.InferenceServerClient(server.grpc_address, ssl=True, root_certificates=str(certificate)) as client:
        return client.is_server_ready()


def test_grpc_speaks_tls_where_http_does(secure_grpc, folder):
    assert ask_over_grpc(secure_grpc, folder / "server.pem")
    with triton.InferenceServerClient(secure_grpc.grpc_address) as clear:
        with pytest.raises(triton.InferenceServerException, match="UNAVAILABLE"):
            clear.is_server_ready()
    make_certificate(folder, "another")
    with pytest.raises(triton.InferenceServerException, match="UNAVAILABLE"):
        ask_over_grpc(secure_grpc, folder / "another.pem")


def test_grpc_takes_the_new_certificate_by_itself(secure_grpc, folder):
    make_certificate(folder, "second", into="server")
    end = time.monotonic() + NOTICED_SECONDS
    while True:
        try:
            assert ask_over_grpc(secure_grpc, folder / "server.pem")
            break
        except triton.InferenceServerException:
            assert time.monotonic() < end
            time.sleep(0.1)
