"""What was answered can be listed, read, corrected and forgotten."""

import hashlib

import pytest
from harness.client import JSON, Client, Part
from harness.pictures import mnist, mnist_png

COUNT = 25


@pytest.fixture(scope="module")
def recorded(server):
    """25 predictions, the newest last; every third one is bob's, the others are ada's."""
    with Client(server.url) as client:
        return [
            client.post_form(
                "/predict",
                Part("file", mnist_png(index), f"{index}.png"),
                headers={**JSON, "X-Vidi-User": "bob" if index % 3 == 0 else "ada"},
            ).json
            for index in range(COUNT)
        ]


def listed(client, query):
    answer = client.get(f"/api/predictions?{query}")
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"predictions", "next"}
    return answer.json


def ids(predictions):
    return [prediction["id"] for prediction in predictions]


def newest_first(recorded):
    return ids(reversed(recorded))


def test_all_are_listed_newest_first_as_they_were_answered(client, recorded):
    page = listed(client, "limit=1000")
    assert page["predictions"] == list(reversed(recorded))
    assert page["next"] is None


def test_pages_follow_one_another_by_cursor(client, recorded):
    seen, cursor, sizes = [], "", []
    while cursor is not None:
        page = listed(client, f"limit=10&cursor={cursor}" if cursor else "limit=10")
        sizes.append(len(page["predictions"]))
        seen += ids(page["predictions"])
        cursor = page["next"]
    assert seen == newest_first(recorded)
    assert sizes[:2] == [10, 10]


def test_a_page_stays_in_place_while_new_ones_arrive(make_server):
    with Client(make_server().url) as client:
        first = [client.predict(mnist_png(index)).json["id"] for index in range(6)]
        page = listed(client, "limit=3")
        client.predict(mnist_png(7))
        rest = listed(client, f"limit=10&cursor={page['next']}")
        assert ids(page["predictions"] + rest["predictions"]) == first[::-1]


def test_filtered_by_user(client, recorded):
    expected = [each["id"] for each in reversed(recorded) if each["user"] == "bob"]
    assert ids(listed(client, "user=bob")["predictions"]) == expected
    assert listed(client, "user=nobody") == {"predictions": [], "next": None}


def test_filtered_by_result(client, recorded):
    result = recorded[0]["result"]
    expected = [each["id"] for each in reversed(recorded) if each["result"] == result]
    assert ids(listed(client, f"result={result}")["predictions"]) == expected


def test_filtered_by_model(client, recorded):
    model = recorded[0]["model"]
    assert ids(listed(client, f"model={model}")["predictions"]) == newest_first(recorded)
    assert listed(client, "model=another")["predictions"] == []


def test_filtered_by_time(client, recorded):
    first, last = recorded[5]["time"], recorded[15]["time"]
    found = {each["time"] for each in listed(client, f"from={first}&to={last}")["predictions"]}
    inside = {each["time"] for each in recorded if first <= each["time"] < last}
    assert inside <= found <= inside | {last}
    assert listed(client, "from=2100-01-01T00:00:00Z")["predictions"] == []
    assert listed(client, "to=2000-01-01T00:00:00Z")["predictions"] == []


def test_filters_and_pages_together(client, recorded):
    expected = [each["id"] for each in reversed(recorded) if each["user"] == "ada"]
    page = listed(client, "user=ada&limit=4")
    rest = listed(client, f"user=ada&limit=1000&cursor={page['next']}")
    assert ids(page["predictions"] + rest["predictions"]) == expected


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "'0'"),
        ("limit=-1", "'-1'"),
        ("limit=many", "'many'"),
        ("from=yesterday", "'yesterday'"),
        ("to=", "to"),
        ("cursor=nonsense", "cursor"),
    ],
)
def test_a_query_that_makes_no_sense_is_told_why(client, query, named):
    answer = client.get(f"/api/predictions?{query}")
    assert answer.status == 400, answer.text
    assert named in answer.json["error"]["message"]


def test_one_is_read_as_it_was_answered(client, recorded):
    answer = client.get(f"/api/predictions/{recorded[3]['id']}")
    assert answer.status == 200
    assert answer.json == recorded[3]


def test_the_picture_comes_back_byte_for_byte(client, recorded):
    picture = client.get(f"/uploads/{recorded[4]['id']}/image")
    assert picture.body == mnist_png(4)
    assert picture.headers["Content-Type"] == "image/png"
    assert recorded[4]["image"].endswith(hashlib.sha256(mnist_png(4)).hexdigest())


@pytest.mark.parametrize("path", ["/api/predictions/ID", "/uploads/ID", "/uploads/ID/image"])
@pytest.mark.parametrize("identifier", ["01890a5d-ac96-774b-bcce-b302099a8057", "x", "' OR 1=1 --", "1" * 5000])
def test_an_unknown_one_is_not_found(client, path, identifier):
    assert client.get(path.replace("ID", identifier.replace(" ", "%20"))).status == 404


def test_a_correction_is_kept_beside_the_answer(server, four):
    with Client(server.url) as client:
        before = client.predict(four).json
        corrected = client.request("PATCH", f"/api/predictions/{before['id']}", '{"label":"7"}')
        assert corrected.status == 200
        after = client.get(f"/api/predictions/{before['id']}").json
        assert after == {**before, "label": "7"}
        assert corrected.json == after
        client.request("DELETE", f"/api/predictions/{before['id']}")


LONG_LABEL = '{"label":"' + "7" * 100_000 + '"}'


@pytest.mark.parametrize("body", ["", "7", "{}", '{"label":7}', '{"label":""}', "{", LONG_LABEL])
def test_a_correction_that_says_nothing_is_refused(client, recorded, body):
    answer = client.request("PATCH", f"/api/predictions/{recorded[0]['id']}", body)
    assert answer.status in (400, 413), answer.text
    assert client.get(f"/api/predictions/{recorded[0]['id']}").json["label"] is None


def test_a_forgotten_one_is_gone_with_its_picture(make_server, four):
    with Client(make_server().url) as client:
        forgotten = client.predict(four).json["id"]
        assert client.request("DELETE", f"/api/predictions/{forgotten}").status in (200, 204)
        for path in (f"/api/predictions/{forgotten}", f"/uploads/{forgotten}", f"/uploads/{forgotten}/image"):
            assert client.get(path).status == 404
        assert client.request("DELETE", f"/api/predictions/{forgotten}").status == 404
        assert listed(client, "")["predictions"] == []


def test_a_picture_stays_while_another_prediction_shows_it(make_server, four):
    server = make_server()
    with Client(server.url) as client:
        first, second = (client.predict(four).json["id"] for _ in range(2))
        client.request("DELETE", f"/api/predictions/{first}")
        assert client.get(f"/uploads/{second}/image").body == four
    server.restart()
    with Client(server.url) as client:
        assert client.get(f"/uploads/{second}/image").body == four
        assert client.get(f"/uploads/{first}/image").status == 404


def test_everything_is_still_there_after_a_restart(make_server):
    server = make_server()
    with Client(server.url) as client:
        answers = [client.predict(mnist_png(index)).json for index in range(50)]
    server.restart()
    with Client(server.url) as client:
        assert listed(client, "limit=1000")["predictions"] == answers[::-1]
        for index, answer in enumerate(answers):
            assert client.get(f"/uploads/{answer['id']}/image").body == mnist_png(index)


def test_most_answers_are_right(server):
    with Client(server.url) as client:
        labels = mnist()[1]
        right = sum(client.predict(mnist_png(index)).json["result"] == str(labels[index]) for index in range(500))
    assert right >= 440, f"{right} of 500"
