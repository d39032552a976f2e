"""What a model tells of its answers, and what it says of a picture that it does not know."""

import json

import pytest
from harness.client import BROWSER, JSON, Client, Part
from harness.repository import FRUITS, NETWORKS, Repository, fruits_card
from harness.server import Server, run_vidi

BLUE_FIRST = {"name": "data", "layout": "NCHW", "color": "BGR", "mean": 127.5, "std": 127.5}
OUTPUT = {"name": "prob", "kind": "scores"}
UNKNOWN = {"en": "Not a fruit I know", "fr": "Je ne connais pas ce fruit", "zh": "这不是我认识的水果"}
# The network is surer of each of the four pictures than that, and not of a gray one.
SURE = 0.9


def entry(fruit):
    return {
        "group": "Fruit of trees" if fruit != "Strawberry" else "Berry",
        "name": {"en": fruit, "fr": f"{fruit} en français", "zh": f"{fruit} 中文"},
        "botanical_name": f"{fruit} botanica",
        "season": {"en": "all year", "fr": "toute l'année", "zh": "全年"},
        "about": {"en": f"The {fruit} & its friends.", "fr": f"Voici : {fruit}.", "zh": f"这是{fruit}。"},
    }


def add_fruits(repository, name="fruits", facts=None, **rejection):
    card = fruits_card(name, BLUE_FIRST, output=OUTPUT, rejection={"least_probability": SURE, **rejection})
    card[""]["information"] = "facts.json"
    (repository.folder / name).mkdir()
    content = {fruit: entry(fruit) for fruit in FRUITS} if facts is None else facts
    (repository.folder / name / "facts.json").write_text(json.dumps(content, ensure_ascii=False))
    repository.describe(name, card)
    repository.add(name, 1, "fruits-ir")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("information") / "models")
    add_fruits(made, **{f"unknown.{language}": text for language, text in UNKNOWN.items()})
    return made


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), "--model", "fruits", models=models.folder) as running:
        yield running


def fruit_picture(fruit):
    return (NETWORKS / "pictures" / f"{fruit.lower()}.jpg").read_bytes()


def gray_picture():
    """Sixteen gray pixels, as a BMP."""
    rows = b"\x80\x80\x80" * 4 * 4
    head = b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    sizes = b"".join(number.to_bytes(4, "little") for number in (40, 4, 4))
    return head + sizes + b"\x01\x00\x18\x00" + bytes(24) + rows


def predict(client, picture, query="", headers=JSON):
    return client.post_form(f"/predict{query}", Part("file", picture, "a.jpg" if picture[:2] != b"BM" else "a.bmp"), headers=headers)


def test_the_answer_comes_with_what_the_model_tells(client):
    answer = predict(client, fruit_picture("Lemon")).json
    assert answer["result"] == "Lemon"
    assert answer["information"] == entry("Lemon")
    assert client.get(f"/api/predictions/{answer['id']}").json["information"] == entry("Lemon")
    assert client.get(f"/uploads/{answer['id']}", JSON).json["information"] == entry("Lemon")
    listed = client.get("/api/predictions?limit=1").json["predictions"][0]
    assert "information" not in listed, "a list stays short"


def test_the_text_is_what_it_was(client):
    assert predict(client, fruit_picture("Plum"), headers={}).text == "识别结果: Plum\n"


@pytest.mark.parametrize(("asked", "language"), [("fr", "fr"), ("zh-Hans-CN", "zh"), ("de,fr", "fr"), ("de", "en")])
def test_one_language_can_be_asked_for(client, asked, language):
    told = predict(client, fruit_picture("Lemon"), f"?language={asked}").json["information"]
    assert told["language"] == language
    assert told["name"] == entry("Lemon")["name"][language]
    assert told["season"] == entry("Lemon")["season"][language]
    assert told["botanical_name"] == "Lemon botanica"


@pytest.mark.parametrize(("accepted", "language", "heading"), [("", "en", "Season"), ("fr-CH, en;q=0.3", "fr", "Saison"), ("zh-CN", "zh", "时令")])
def test_the_page_speaks_the_readers_language(client, accepted, language, heading):
    headers = {**BROWSER, **({"Accept-Language": accepted} if accepted else {})}
    shown = predict(client, fruit_picture("Lemon"), headers=headers).text
    told = entry("Lemon")
    assert f'<section class="known" lang="{language}">\n<h2>{told["name"][language]}</h2>' in shown
    assert f"<dt>{heading}</dt><dd>{told['season'][language].replace(chr(39), '&#39;')}</dd>" in shown
    assert told["about"][language].replace("&", "&amp;") in shown


def test_a_picture_of_nothing_it_knows_is_answered_with_its_own_words(client):
    answer = predict(client, gray_picture()).json
    assert (answer["result"], answer["confidence"], answer["reason"]) == (None, 0, UNKNOWN["en"])
    assert len(answer["candidates"]) == len(FRUITS)
    assert "information" not in answer
    assert client.get(f"/api/predictions/{answer['id']}?language=fr").json["reason"] == UNKNOWN["fr"]
    assert predict(client, gray_picture(), "?language=zh").json["reason"] == UNKNOWN["zh"]
    assert predict(client, gray_picture(), headers={}).text == "识别结果: -\n"
    page = client.get(f"/uploads/{answer['id']}", {**BROWSER, "Accept-Language": "fr"}).text
    assert f'<p class="reason" lang="fr">{UNKNOWN["fr"]}</p>' in page


def test_the_command_tells_it_too(models, tmp_path):
    (tmp_path / "lemon.jpg").write_bytes(fruit_picture("Lemon"))
    flags = ["--models", models.folder, "--model", "fruits"]
    done = run_vidi("predict", *flags, "--json", "lemon.jpg", folder=tmp_path)
    assert json.loads(done.stdout)["information"] == entry("Lemon")


def test_information_that_is_wrong_is_refused_with_what_is_wrong(tmp_path):
    made = Repository(tmp_path / "models")
    add_fruits(made, facts={fruit: entry(fruit) for fruit in FRUITS[1:]})
    done = run_vidi("models", "check", made.folder / "fruits", folder=tmp_path)
    assert done.returncode == 1
    assert f"'{FRUITS[0]}' is a label of the model, and has no entry" in done.stdout.decode()


def test_an_entry_for_no_label_is_a_warning(tmp_path):
    made = Repository(tmp_path / "models")
    add_fruits(made, facts={fruit: entry(fruit) for fruit in [*FRUITS, "Durian"]})
    done = run_vidi("models", "check", made.folder / "fruits", folder=tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    assert "'Durian' is no label of the model" in done.stdout.decode()
