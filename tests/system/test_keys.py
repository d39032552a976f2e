"""Keys: who is let in, as whom, how often, and to what."""

import json
import re
import subprocess
import time

import pytest
from harness.client import BROWSER, JSON, Client, Part, form
from harness.pictures import digit_png
from harness.server import run_vidi

NOTICED_SECONDS = 30  # within a second when nothing else runs


def vidi_keys(server, *arguments):
    return run_vidi("keys", *arguments, "--data", server.folder / "data", folder=server.folder)


def add_key(server, name, *flags):
    done = vidi_keys(server, "add", name, *flags)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def add_known_key(server, client, name, *flags):
    """A key that the server knows, without using its quota: the file is read as a whole, so a later one is waited for."""
    key = add_key(server, name, *flags)
    wait_for_status(client, 200, add_key(server, f"after-{name}"))
    return bearer(key)


def wait_for_status(client, status, key, path="/api/predictions"):
    end = time.monotonic() + NOTICED_SECONDS
    while (answer := client.get(path, bearer(key))).status != status:
        assert time.monotonic() < end, f"still {answer.status} for {path}"
        time.sleep(0.02)


@pytest.fixture
def keyed(make_server):
    """A server that asks for keys, and has none yet."""
    return make_server("--auth-mode", "keys")


@pytest.fixture
def client(keyed):
    with Client(keyed.url) as connected:
        yield connected


@pytest.fixture
def people(keyed, client):
    """Keys of alice and bob, users, and of root, an administrator."""
    keys = {name: add_key(keyed, name) for name in ("alice", "bob")}
    keys["root"] = add_key(keyed, "root", "--role", "admin")
    wait_for_status(client, 200, keys["root"])
    return {name: bearer(key) for name, key in keys.items()}


def predict(client, headers, digit="4", **more):
    answer = client.post("/predict", digit_png(digit), {**JSON, **headers, **more})
    assert answer.status == 200, answer.text
    return answer.json


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", "-i", *map(str, arguments)], capture_output=True, timeout=60)
    output = done.stdout.decode().removeprefix("HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = output.partition("\r\n\r\n")
    return int(head.split()[1]), head, body


def test_a_key_is_printed_once_and_lets_its_holder_in_without_a_restart(keyed, client, tmp_path):
    (tmp_path / "4.png").write_bytes(digit_png("4"))
    url = f"{keyed.url}/predict"
    status, head, _ = curl("-T", tmp_path / "4.png", url)
    assert status == 401 and re.search(r"^WWW-Authenticate: Bearer\r?$", head, re.MULTILINE)

    done = vidi_keys(keyed, "add", "alice", "--quota", "100/s")
    key = done.stdout.decode().strip()
    assert re.fullmatch(r"vidi_[0-9A-Za-z]{43}", key)
    wait_for_status(client, 200, key)
    status, _, body = curl("-T", tmp_path / "4.png", "-H", f"Authorization: Bearer {key}", url)
    assert (status, body) == (200, "识别结果: 4\n")

    listed = vidi_keys(keyed, "list").stdout.decode()
    assert re.search(r"^alice +user +100/s +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +-$", listed, re.MULTILINE)
    assert key not in listed
    for file in (keyed.folder / "data").rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), f"the key itself is in {file}"


def test_a_wrong_key_is_401_in_the_form_the_client_asks_for(client, people):
    picture = digit_png("4")
    wrong = people["alice"]["Authorization"][:-1] + "_"
    for value in (None, "", "Bearer", "Bearer ", wrong, "Basic YTpi", people["alice"]["Authorization"] + "x"):
        headers = {} if value is None else {"Authorization": value}
        answer = client.post("/predict", picture, {**JSON, **headers})
        assert answer.status == 401, value
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json["error"]["code"] == "unauthorized"
    assert "Authorization: Bearer KEY" in client.post("/predict", picture).text
    page = client.post_form("/predict", Part("file", picture, "4.png"), headers=BROWSER)
    assert page.status == 401 and page.media_type == "text/html"
    assert client.get("/api/predictions", people["root"]).json["predictions"] == []


def test_a_revoked_key_is_turned_away_while_the_server_runs(keyed, client, people):
    predict(client, people["alice"])
    done = vidi_keys(keyed, "revoke", "alice")
    assert done.returncode == 0
    wait_for_status(client, 401, people["alice"]["Authorization"].removeprefix("Bearer "))
    predict(client, people["bob"])
    assert re.search(r"^alice .* \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", vidi_keys(keyed, "list").stdout.decode(), re.MULTILINE)


def test_a_key_outlives_a_restart(keyed, client, people):
    keyed.restart()
    with Client(keyed.url) as again:
        predict(again, people["alice"])


def test_over_the_quota_is_429_until_there_is_room_again(keyed, client, people):
    key = add_known_key(keyed, client, "few", "--quota", "3/h")
    statuses = [client.get("/api/predictions", key).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = client.get("/api/predictions", key)
    assert answer.json["error"]["code"] == "too_many_requests"
    assert 1100 < int(answer.headers["Retry-After"]) <= 1200
    predict(client, people["alice"])

    quick = add_known_key(keyed, client, "quick", "--quota", "5/s")
    for _ in range(50):
        if (answer := client.get("/api/predictions", quick)).status == 429:
            break
    assert answer.status == 429 and answer.headers["Retry-After"] == "1"
    time.sleep(int(answer.headers["Retry-After"]))
    assert client.get("/api/predictions", quick).status == 200


def test_the_record_carries_the_keys_name_whatever_the_request_says(client, people):
    assert predict(client, people["alice"])["user"] == "alice"
    assert predict(client, people["alice"], **{"X-Vidi-User": "bob"})["user"] == "alice"
    body, headers = form(Part("user", b"bob"), Part("file", digit_png("4"), "4.png"))
    assert client.post("/predict", body, {**JSON, **headers, **people["alice"]}).json["user"] == "alice"
    assert predict(client, people["root"])["user"] == "root"
    assert predict(client, people["root"], **{"X-Vidi-User": "carol"})["user"] == "carol"
    users = [each["user"] for each in client.get("/api/predictions", people["root"]).json["predictions"]]
    assert users == ["carol", "root", "alice", "alice", "alice"]


def test_users_see_and_change_their_own_only(client, people):
    alices = predict(client, people["alice"])["id"]
    bobs = predict(client, people["bob"], "7")["id"]
    own = client.get("/api/predictions", people["alice"]).json["predictions"]
    assert [each["id"] for each in own] == [alices]
    assert client.get("/api/predictions?user=alice", people["alice"]).status == 200
    refused = client.get("/api/predictions?user=bob", people["alice"])
    assert refused.status == 403 and "'alice'" in refused.json["error"]["message"]
    assert client.get("/api/predictions?user=", people["alice"]).status == 403
    assert client.get("/api/predictions?user=bob", people["root"]).json["predictions"][0]["id"] == bobs

    label = json.dumps({"label": "1"})
    for path in ("/api/predictions/{}", "/uploads/{}", "/uploads/{}/image", "/uploads/{}/explanation"):
        assert client.get(path.format(alices), people["alice"]).status == 200, path
        assert client.get(path.format(bobs), people["alice"]).status == 404, path
        assert client.get(path.format(bobs), people["root"]).status == 200, path
        assert client.get(path.format(bobs)).status == 401, path
    path = f"/api/predictions/{bobs}"
    assert client.request("PATCH", path, label, people["alice"]).status == 404
    assert client.request("DELETE", path, headers=people["alice"]).status == 404
    assert client.get(path, people["bob"]).json["label"] is None
    assert client.request("PATCH", path, label, {**people["bob"], "X-Vidi-User": "alice"}).status == 200
    assert client.request("DELETE", f"/api/predictions/{alices}", headers=people["alice"]).status == 204
    assert client.request("DELETE", path, headers=people["root"]).status == 204
    assert client.get("/api/predictions", people["root"]).json["predictions"] == []


def test_what_concerns_everybody_is_the_administrators(client, people):
    for path in ("/api/statistics", "/metrics"):
        assert client.get(path).status == 401, path
        refused = client.get(path, people["alice"])
        assert refused.status == 403 and "administrator" in refused.text, path
        assert client.get(path, people["root"]).status == 200, path


def test_health_and_forms_need_no_key_and_show_nothing(client, people):
    predict(client, people["alice"])
    for path in ("/health/live", "/health/ready", "/openapi.json", "/", "/predict", "/upload"):
        for headers in ({}, bearer("wrong"), people["root"]):
            assert client.get(path, headers).status == 200, path
    assert "/uploads/" not in client.get("/").text
    page = client.post("/predict", digit_png("7"), {**BROWSER, **people["bob"]}).text
    assert page.count('<td><a href="/uploads/') == 1, "another's prediction is on the page"


def test_a_page_keeps_to_its_user(client, people):
    """The cursor of an administrator's page shows a user nothing more."""
    for name in ("alice", "bob", "bob", "alice"):
        predict(client, people[name])
    cursor = client.get("/api/predictions?limit=1", people["root"]).json["next"]
    page = client.get(f"/api/predictions?cursor={cursor}", people["alice"])
    if page.status == 200:
        assert {each["user"] for each in page.json["predictions"]} <= {"alice"}
    else:
        assert page.status == 400


def test_a_broken_file_keeps_the_keys_and_is_logged(keyed, client, people):
    file = keyed.folder / "data/keys.toml"
    good = file.read_text()
    file.write_text(good + "[[key]\n")
    end = time.monotonic() + NOTICED_SECONDS
    while "the keys stay as they were" not in keyed.log:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert re.search(r"keys\.toml, line \d+: ", keyed.log)
    predict(client, people["alice"])
    done = vidi_keys(keyed, "add", "dave")
    assert done.returncode != 0 and b"keys.toml, line" in done.stderr
    file.write_text(good)
    key = add_key(keyed, "dave")
    wait_for_status(client, 200, key)


def test_bad_commands_say_what_would_be_right(keyed):
    add_key(keyed, "alice")
    for arguments, message in [
        (["add", "alice"], "'alice' has a key already"),
        (["add", "a b"], "'a b' is not a name"),
        (["add", "bob", "--quota", "fast"], "'fast' is not a quota; expected 1 to 1000000 requests by s, min or h"),
        (["add", "bob", "--role", "king"], "'king' is not a role; expected user or admin"),
        (["revoke", "alise"], "did you mean 'alice'?"),
        (["add"], "NAME is required"),
        ([], "subcommand"),
    ]:
        done = vidi_keys(keyed, *arguments) if arguments else run_vidi("keys", folder=keyed.folder)
        assert done.returncode != 0, arguments
        assert message in done.stderr.decode(), done.stderr.decode()
        assert done.stdout == b"", arguments
    for flag, value, message in [
        ("--auth-mode", "closed", "it must be open or keys"),
        ("--auth-metrics", "all", "it must be open, user or admin"),
    ]:
        done = run_vidi("serve", flag, value, "--listen", "127.0.0.1:0", "--models", keyed.models, folder=keyed.folder)
        assert done.returncode == 2 and message in done.stderr.decode()


def test_the_log_says_who_asked_and_never_with_which_key(keyed, client, people):
    predict(client, people["root"], **{"X-Vidi-User": "eve"})
    assert client.get("/uploads/nothing", people["alice"]).status == 404
    assert client.get("/uploads/nothing", bearer("wrong")).status == 401
    keyed.stop()
    lines = [line for line in keyed.log.splitlines() if " request " in line]
    assert [re.findall(' user="(.*?)"', line) for line in lines[-3:]] == [["eve"], ["alice"], []]
    for headers in people.values():
        assert headers["Authorization"].split()[1] not in keyed.log


def test_metrics_may_be_opened(make_server):
    open_to_all = make_server("--auth-mode", "keys", "--auth-metrics", "open")
    with Client(open_to_all.url) as client:
        assert client.get("/metrics").status == 200
        assert client.get("/api/statistics").status == 401


def test_without_keys_nothing_is_asked_for(server, four):
    with Client(server.url) as client:
        answer = client.predict(four, headers={**JSON, **bearer("anything"), "X-Vidi-User": "zoe"})
        assert answer.status == 200 and answer.json["user"] == "zoe"
        assert client.get("/api/statistics").status == 200
