"""deploy/aws/vidi.yaml: what CloudFormation, the shell and vidi would say of it, and a role that allows what vidi does.

Nothing here needs an account. The S3 server is a real one that keeps to the role's policy; only the service from which a
machine learns its role's keys is imitated.
"""

import base64
import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest
import yaml
from harness.client import Client
from harness.server import ROOT, Server, run_vidi
from harness.services import listens

TEMPLATE = ROOT / "deploy/aws/vidi.yaml"
# What the references in the user data stand for.
VALUES = {
    "AWS::Region": "eu-central-1",
    "Bucket": "stack-bucket-1abc",
    "Data": "vol-0123456789abcdef0",
    "DomainName": "vidi.example.org",
    "PackageVersion": "0.1.0",
}


def _tag(loader, suffix, node):
    """!Sub and its kin as the long forms that they are short for."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


class Loader(yaml.SafeLoader):
    pass


Loader.add_multi_constructor("!", _tag)


@pytest.fixture(scope="module")
def template():
    return yaml.load(TEMPLATE.read_text(), Loader)


def properties(template, name):
    return template["Resources"][name]["Properties"]


@pytest.fixture(scope="module")
def user_data(template):
    """The script, as the machine gets it."""
    text = properties(template, "Machine")["UserData"]["Fn::Base64"]["Fn::Sub"]
    return re.sub(r"\$\{(.*?)\}", lambda found: VALUES[found.group(1)], text)


def written(user_data, path):
    """What the script writes into a file, by the shell itself."""
    variables = re.findall(r"^(?:bucket|region|domain)=.*$", user_data, re.MULTILINE)
    document = re.search(rf"^cat >{path} <<END\n.*?^END$", user_data, re.MULTILINE | re.DOTALL).group()
    script = "\n".join([*variables, document.replace(f">{path} ", "")])
    return subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True).stdout


def lint(text, tmp_path):
    """What cfn-lint finds, hints included."""
    file = tmp_path / "template.yaml"
    file.write_text(text)
    command = [sys.executable, "-c", "from cfnlint.runner import main; main()"]
    command += ["--include-checks", "I", "--format", "json", "--", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return [f"{found['Rule']['Id']}: {found['Message']}" for found in json.loads(done.stdout)]


def test_cloudformation_accepts_it(tmp_path):
    assert not lint(TEMPLATE.read_text(), tmp_path)
    # CloudFormation takes no more from a command line (Amazon's limit of --template-body).
    assert TEMPLATE.stat().st_size < 51_200


def test_a_property_that_does_not_exist_is_found(tmp_path):
    wrong = TEMPLATE.read_text().replace("HttpTokens:", "HttpToken:").replace("ec2:recover", "ec2:recover/${Nothing}")
    found = lint(wrong, tmp_path)
    assert any("HttpToken" in each for each in found) and any("Nothing" in each for each in found), found


def test_the_user_data_is_sound(user_data):
    subprocess.run(["bash", "-n"], input=user_data, text=True, check=True)
    assert len(base64.b64encode(user_data.encode())) < 16_384
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed (scripts/setup.sh lint)")
    done = subprocess.run(["shellcheck", "-"], input=user_data, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_vidi_knows_the_settings_that_are_written(user_data, tmp_path):
    file = tmp_path / "vidi.toml"
    file.write_text(written(user_data, "/etc/vidi/vidi.toml"))
    done = run_vidi("settings", "--config", file, folder=tmp_path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    values = dict(re.findall(r"^(\S+) = (.*?)  \(", done.stdout.decode(), re.MULTILINE))
    assert values["auth.mode"] == "keys"
    assert values["objects"] == f"s3://{VALUES['Bucket']}/pictures?region={VALUES['AWS::Region']}"
    assert values["data"] == "/var/lib/vidi"
    assert f"reverse_proxy {values['listen']}\n" in written(user_data, "/etc/caddy/Caddyfile")
    assert values["listen"].startswith("127.0.0.1:")


def test_the_package_is_of_this_version(template):
    version = re.search(r"project\(vidi VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert template["Parameters"]["PackageVersion"]["Default"] == version


def test_what_is_kept_is_encrypted_and_outlives_the_stack(template):
    data, bucket = template["Resources"]["Data"], template["Resources"]["Bucket"]
    assert (data["DeletionPolicy"], data["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert data["Properties"]["Encrypted"] is True
    assert all(device["Ebs"]["Encrypted"] for device in properties(template, "Machine")["BlockDeviceMappings"])
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())
    assert properties(template, "Machine")["MetadataOptions"]["HttpTokens"] == "required"


def test_only_https_is_open_to_everybody(template):
    rules = properties(template, "Access")["SecurityGroupIngress"]
    always = [rule for rule in rules if "CidrIp" in rule]
    assert {(rule["FromPort"], rule["ToPort"]) for rule in always} == {(80, 80), (443, 443)}
    (condition, ssh, otherwise) = next(rule for rule in rules if "Fn::If" in rule)["Fn::If"]
    assert (condition, ssh["CidrIp"], otherwise) == ("HasSsh", {"Ref": "SshCidr"}, {"Ref": "AWS::NoValue"})
    pattern = template["Parameters"]["SshCidr"]["AllowedPattern"]
    assert re.fullmatch(pattern, "203.0.113.7/32") and re.fullmatch(pattern, "")
    assert not re.fullmatch(pattern, "0.0.0.0/0")


class RoleService(BaseHTTPRequestHandler):
    """Amazon's instance metadata service, version 2, as far as a role's keys go:
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html"""

    FOLDER = "/latest/meta-data/iam/security-credentials"
    KEYS = {
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "role", "SecretAccessKey": "rolesecret", "Token": "",
        "LastUpdated": "2026-01-01T00:00:00Z", "Expiration": "2126-01-01T00:00:00Z",
    }

    def answer(self, status, text=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):
        self.answer(200, "token")

    def do_GET(self):
        if self.headers.get("X-aws-ec2-metadata-token") != "token":
            self.answer(401)
        elif self.path.rstrip("/") == self.FOLDER:
            self.answer(200, "vidi")
        elif self.path == f"{self.FOLDER}/vidi":
            self.answer(200, json.dumps(self.KEYS))
        else:
            self.answer(404)

    def log_message(self, *_):
        pass


@contextmanager
def role_service():
    with ThreadingHTTPServer(("127.0.0.1", 0), RoleService) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Bucket:
    """versitygw with the bucket `pictures`, its owner, and the user `role`, who may do what a policy says."""

    PROGRAM = ROOT / "build/services/versitygw-v1.8.0/versitygw"
    OWNER = ("--access", "test", "--secret", "testtest")

    def __init__(self, folder):
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{self.address}"
        for name in ("buckets/pictures", "users"):
            (folder / name).mkdir(parents=True)

    def __enter__(self):
        command = [self.PROGRAM, *self.OWNER, "--port", self.address, "--iam-dir", self.folder / "users"]
        command += ["--access-log", self.folder / "access.log", "--quiet", "posix", self.folder / "buckets"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while not listens(self.address):
            assert self.process.poll() is None and time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.05)
        user = ["create-user", "--access", "role", "--secret", "rolesecret", "--role", "user"]
        subprocess.run(
            [self.PROGRAM, "admin", *self.OWNER, "--endpoint-url", self.url, *user], check=True, capture_output=True
        )
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def allow(self, statements):
        """`statements`: those of a role's policy."""
        owned = [statement | {"Principal": {"AWS": ["role"]}} for statement in statements]
        policy = json.dumps({"Version": "2012-10-17", "Statement": owned}).encode()
        # The header is part of what is signed, and curl 7.88 does not send it by itself.
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--aws-sigv4", "aws:amz:us-east-1:s3"]
            + ["--user", "test:testtest", "--header", f"x-amz-content-sha256: {hashlib.sha256(policy).hexdigest()}"]
            + ["--request", "PUT", "--data-binary", "@-", "--header", "Content-Type:", f"{self.url}/pictures?policy="],
            input=policy, capture_output=True, check=False,
        )
        assert done.returncode == 0, done

    def operations(self):
        """What was asked of it: operation, key, status."""
        found = re.findall(r" s3_(\w+) (\S+) /\S* (\d{3}) ", (self.folder / "access.log").read_text())
        return {(operation, key, int(status)) for operation, key, status in found}


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
ACTIONS = {
    "HeadBucket": {"s3:ListBucket"},
    "ListObjectsV2": {"s3:ListBucket"},
    "HeadObject": {"s3:GetObject"},
    "GetObject": {"s3:GetObject"},
    "PutObject": {"s3:PutObject"},
    # Who begins an upload in parts must be able to break it off.
    "CreateMultipartUpload": {"s3:PutObject", "s3:AbortMultipartUpload"},
    "UploadPart": {"s3:PutObject"},
    "CompleteMultipartUpload": {"s3:PutObject"},
    "DeleteObject": {"s3:DeleteObject"},
}


def role_statements(template):
    """What the role allows in the bucket `pictures`."""
    text = json.dumps(properties(template, "Role")["Policies"][0]["PolicyDocument"]["Statement"])
    text = text.replace('{"Fn::GetAtt": "Bucket.Arn"}', '"arn:aws:s3:::pictures"')
    text = re.sub(r'\{"Fn::Sub": "\$\{Bucket\.Arn\}([^"]*)"\}', r'"arn:aws:s3:::pictures\1"', text)
    return json.loads(text)


def large_picture():
    """A BMP of noise that is sent to S3 in several parts."""
    width, height = 2048, 2048
    pixels = Random(1).randbytes(width * height * 3)
    head = b"BM" + (54 + len(pixels)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    size = [40, width, height]
    info = b"".join(value.to_bytes(4, "little") for value in size) + b"\x01\x00\x18\x00" + bytes(24)
    return head + info + pixels


def wait_until_kept(client):
    end = time.monotonic() + 30
    while True:
        spool = client.get("/health/ready").json["spool"]["objects"]
        if (spool["store"], spool["entries"]) == ("connected", 0):
            return
        assert time.monotonic() < end, spool
        time.sleep(0.1)


@pytest.mark.services("s3")
def test_the_role_allows_what_vidi_does_and_no_more(template, tmp_path, four, monkeypatch):
    statements = role_statements(template)
    pictures = [four, large_picture()]
    (tmp_path / "s3").mkdir()
    with role_service() as metadata, Bucket(tmp_path / "s3") as bucket:
        # As on the machine: no keys in the environment or in a file.
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
        bucket.allow(statements)
        objects = f"s3://pictures/pictures?endpoint={bucket.url}&region=us-east-1"
        with Server(tmp_path, "--objects", objects) as server, Client(server.url) as client:
            identifiers = []
            for picture in pictures:
                answer = client.request("PUT", "/predict", picture, {"Accept": "application/json"})
                assert answer.status == 200
                identifiers.append(answer.json["id"])
            wait_until_kept(client)
            for identifier, picture in zip(identifiers, pictures, strict=True):
                assert client.get(f"/uploads/{identifier}/image").body == picture
                assert client.request("DELETE", f"/api/predictions/{identifier}").status == 204
        asked = {each for each in bucket.operations() if each[0] != "PutBucketPolicy"}
    assert not [each for each in asked if each[2] == 403], "the role may not do what vidi does"
    assert {key.split("/")[0] for _, key, _ in asked} == {"-", "pictures"}
    allowed = set()
    for statement in statements:
        if statement["Sid"] != "FetchThePackage":
            actions = statement["Action"]
            allowed |= set([actions] if isinstance(actions, str) else actions)
    assert set().union(*(ACTIONS[operation] for operation, _, _ in asked)) == allowed, asked


@pytest.mark.services("s3")
def test_without_the_role_nothing_is_kept_in_the_bucket(template, tmp_path, four, monkeypatch):
    """The S3 server of these tests does keep to the policy."""
    (tmp_path / "s3").mkdir()
    with Bucket(tmp_path / "s3") as bucket:
        bucket.allow([each for each in role_statements(template) if each["Sid"] != "KeepPictures"])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "role")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rolesecret")
        objects = f"s3://pictures/pictures?endpoint={bucket.url}&region=us-east-1&attempts=1"
        with Server(tmp_path, "--objects", objects) as server, Client(server.url) as client:
            assert client.request("PUT", "/predict", four).status == 200
            assert client.get("/health/ready").json["spool"]["objects"]["entries"] == 1
        assert {status for operation, _, status in bucket.operations() if operation == "HeadObject"} == {403}
