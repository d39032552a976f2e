"""The folder of models: every form of network, and changes while requests are answered."""

import json
import os
import pathlib
import shutil
import time

import pytest
from harness.client import JSON, Client
from harness.load import Load
from harness.pictures import digit_png, mnist, mnist_png
from harness.repository import FRUITS, NETWORKS, Repository, digits_card, fruits_card
from harness.server import MODELS, run_vidi

SETTLE = ["--model-settle", "100ms", "--model-poll", "0s"]
PATIENCE = 60

CHECKPOINT_INPUT = {"name": "x", "constants.keep_prob": 1.0}
# Name, folder of the network, and what model.toml says besides what is usual.
DIGIT_FORMS = {
    "onnx": ("digits-softmax", {}, {}),
    "openvino_ir": ("digits-ir", {}, {}),
    "tensorflow_checkpoint": ("digits-checkpoint", CHECKPOINT_INPUT, {"output": {"name": "y"}}),
    "tflite": ("digits-tflite", {}, {}),
}
BLUE_FIRST = {"name": "data", "layout": "NCHW", "color": "BGR", "mean": 127.5, "std": [127.5, 127.5, 127.5]}
FRUIT_FORMS = {
    "openvino_ir": ("fruits-ir", BLUE_FIRST, {"output": {"name": "prob", "kind": "scores"}}),
    "tensorflow_savedmodel": ("fruits-saved-model", {}, {}),
    "tflite": ("fruits-tflite", {}, {"output": {"kind": "probabilities", "scale": 1 / 256}}),
}


def eventually(condition):
    """Waits until `condition()` is true, and returns what it gave."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come true")


def fruit_picture(fruit):
    return (NETWORKS / "pictures" / f"{fruit.lower()}.jpg").read_bytes()


def ask(client, picture, model=None, name="picture.png"):
    path = "/predict" if model is None else f"/predict?model={model}"
    return client.request("PUT", path, picture, {**JSON, "Content-Type": "application/octet-stream"})


@pytest.fixture
def repository(tmp_path):
    """One model, `digits`, in version 1: softmax regression."""
    made = Repository(tmp_path / "models")
    made.describe("digits", digits_card("digits"))
    made.add("digits", 1, "digits-softmax")
    return made


def version_now(client):
    answer = ask(client, digit_png("4"))
    return answer.json["version"] if answer.status == 200 else None


# ---- every form -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def every_form(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("forms") / "models")
    for platform, (network, shape, rest) in DIGIT_FORMS.items():
        made.describe(f"digits-{platform}", digits_card(f"digits-{platform}", shape, **rest))
        made.add(f"digits-{platform}", 1, network)
    for platform, (network, shape, rest) in FRUIT_FORMS.items():
        made.describe(f"fruits-{platform}", fruits_card(f"fruits-{platform}", shape, **rest))
        made.add(f"fruits-{platform}", 1, network)
    return made


@pytest.fixture(scope="module")
def form_server(every_form, tmp_path_factory):
    from harness.server import Server

    flags = ["--model", "digits-onnx", *SETTLE]
    with Server(tmp_path_factory.mktemp("server"), *flags, models=every_form.folder) as running:
        yield running


@pytest.mark.parametrize("platform", DIGIT_FORMS)
def test_digits_in_every_form(form_server, platform):
    images, labels = mnist()
    with Client(form_server.url) as client:
        answers = [ask(client, mnist_png(index), f"digits-{platform}") for index in range(200)]
    assert {answer.status for answer in answers} == {200}
    right = sum(answer.json["result"] == str(labels[index]) for index, answer in enumerate(answers))
    assert right >= 170, "such a small network is right in nine of ten"


@pytest.mark.parametrize("platform", FRUIT_FORMS)
@pytest.mark.parametrize("fruit", FRUITS)
def test_fruits_in_every_form(form_server, platform, fruit):
    with Client(form_server.url) as client:
        answer = ask(client, fruit_picture(fruit), f"fruits-{platform}")
        kept = client.get(f"/api/predictions/{answer.json['id']}").json
        explained = client.get(f"/uploads/{answer.json['id']}/explanation")
    assert answer.json["result"] == fruit
    assert kept["result"] == fruit
    candidates = answer.json["candidates"]
    assert sorted(each["label"] for each in candidates) == FRUITS
    probabilities = [each["probability"] for each in candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=0.02)
    assert explained.status == 200 and explained.media_type == "image/png"


def test_a_document_is_no_picture(form_server):
    document = (pathlib.Path(__file__).parents[1] / "data/documents").glob("*.pdf")
    with Client(form_server.url) as client:
        answer = ask(client, next(document).read_bytes(), "fruits-tflite")
    assert answer.status == 415
    assert "takes one picture, and this is a PDF" in answer.json["error"]["message"]


def test_the_models_are_listed(every_form, tmp_path):
    done = run_vidi("models", "--json", "--models", every_form.folder, folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    listed = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert {name.partition("-")[2] for name in listed} == {*DIGIT_FORMS, *FRUIT_FORMS}
    for name, entry in listed.items():
        assert entry["state"] == "READY", entry
        assert name.endswith(entry["platform"])
    assert listed["fruits-openvino_ir"]["input"] == [-1, 3, 32, 32]
    assert listed["digits-tensorflow_checkpoint"]["input"] == [-1, 784]
    table = run_vidi("models", "--models", every_form.folder, folder=tmp_path).stdout.decode().splitlines()
    assert len(table) == 1 + len(listed)
    assert "MB" in table[0] and "[n,784]" in "\n".join(table)


def test_a_real_imagenet_network(make_server, tmp_path):
    """Where the data of full size is, beside it a network: EfficientNet-Lite0 with ImageNet's weights."""
    network = pathlib.Path(os.environ.get("VIDI_DATA", "none")).parent / "models/efficientnet_lite0.onnx"
    if not network.exists():
        pytest.skip("set VIDI_DATA to the folder beside models/efficientnet_lite0.onnx")
    made = Repository(tmp_path / "models")
    shape = {"layout": "NCHW", "width": 224, "height": 224, "filter": "bicubic", "mean": 127.0, "std": 128.0}
    made.describe("imagenet", fruits_card("imagenet", shape, output={"name": "logits", "kind": "scores"}))
    (made.folder / "imagenet/labels.txt").write_text("\n".join(map(str, range(1000))) + "\n")
    (made.folder / "imagenet/1").mkdir()
    shutil.copy(network, made.folder / "imagenet/1/model.onnx")
    server = make_server("--model", "imagenet", *SETTLE, models=made.folder)
    with Client(server.url) as client:
        assert ask(client, fruit_picture("Lemon")).json["result"] == "951"
        assert ask(client, fruit_picture("Strawberry")).json["result"] == "949"


# ---- changes while requests are answered ----------------------------------------------------------------------------


def probability(answer):
    return answer["candidates"][0]["probability"]


def test_a_version_is_added_and_removed_under_load(repository, make_server):
    """Every answer is one of the two networks', and is what that one answers when it is alone."""
    expected = {}
    pictures = [index for index in range(120) if mnist()[1][index] in (0, 1, 4, 7)][:24]
    server = make_server(*SETTLE, models=repository.folder)
    with Client(server.url) as client:
        for version in ("1", "2"):
            if version == "2":
                repository.add_slowly("digits", 2, "digits-cnn")
                eventually(lambda: version_now(client) == "2")
            for index in pictures:
                answer = ask(client, mnist_png(index)).json
                expected[version, index] = (answer["result"], probability(answer))
        repository.remove("digits", 2)
        eventually(lambda: version_now(client) == "1")

        load = Load(server.url, threads=4, pictures=pictures).start()
        for _ in range(3):
            repository.add_slowly("digits", 2, "digits-cnn")
            eventually(lambda: version_now(client) == "2")
            repository.remove("digits", 2)
            eventually(lambda: version_now(client) == "1")
        total = load.stop()
    assert (total.refused, total.broken, total.closed) == ([], [], 0)
    for answer, index in total.answers:
        result, sure = expected[answer["version"], index]
        assert answer["result"] == result
        assert probability(answer) == pytest.approx(sure, abs=1e-4)
    assert {answer["version"] for answer, _ in total.answers} == {"1", "2"}


def test_a_broken_version_is_refused_and_a_repaired_one_taken(repository, make_server):
    server = make_server(*SETTLE, models=repository.folder)
    with Client(server.url) as client:
        (repository.folder / "digits/2").mkdir()
        (repository.folder / "digits/2/model.onnx").write_bytes(b"this is no network")
        eventually(lambda: "version 2 is refused: digits/2/model.onnx is not a network" in server.log)
        assert version_now(client) == "1"
        shutil.copy(MODELS / "digits-cnn/1/model.onnx", repository.folder / "digits/2/model.onnx")
        eventually(lambda: version_now(client) == "2")


def test_a_network_that_does_not_fit_its_description_is_refused(repository, make_server):
    server = make_server(*SETTLE, models=repository.folder)
    with Client(server.url) as client:
        repository.add("digits", 2, "fruits-tflite")
        eventually(lambda: "version 2 is refused" in server.log)
        assert "has the shape [n,32,32,3], and pictures as they are described have [n,28,28,1]" in server.log
        repository.add("digits", 3, "digits")  # eleven classes
        eventually(lambda: "there are 10 labels, but the output 'probabilities' has shape [n,11]" in server.log)
        assert version_now(client) == "1"


def test_a_description_is_broken_and_repaired(repository, make_server):
    server = make_server(*SETTLE, models=repository.folder)
    with Client(server.url) as client:
        repository.describe("digits", digits_card("digits", {"scale": "small"}))
        eventually(lambda: "digits/model.toml: 'input.scale' must be a number" in server.log)
        assert version_now(client) == "1"
        roman = digits_card("digits")
        roman[""]["labels"] = ["N", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
        repository.describe("digits", roman)
        eventually(lambda: ask(client, digit_png("4")).json["result"] == "IV")


def test_a_model_appears_and_goes(repository, make_server):
    server = make_server(*SETTLE, models=repository.folder)
    with Client(server.url) as client:
        missing = ask(client, fruit_picture("Lemon"), "fruits")
        assert missing.status == 404
        assert "there is no model 'fruits'; there are: digits" in missing.json["error"]["message"]
        repository.describe("fruits", fruits_card("fruits"))
        repository.add("fruits", 1, "fruits-saved-model")
        eventually(lambda: ask(client, fruit_picture("Lemon"), "fruits").status == 200)
        assert ask(client, fruit_picture("Lemon"), "fruits").json["result"] == "Lemon"
        repository.remove("fruits")
        eventually(lambda: ask(client, fruit_picture("Lemon"), "fruits").status == 404)
        assert version_now(client) == "1"


def test_which_versions_are_served(repository, tmp_path):
    repository.add("digits", 2, "digits-cnn")
    repository.add("digits", 10, "digits-softmax")

    def served():
        done = run_vidi("models", "--json", "--models", repository.folder, folder=tmp_path)
        return [entry["version"] for entry in json.loads(done.stdout) if entry["state"] == "READY"]

    assert served() == ["10"]
    repository.describe("digits", digits_card("digits", versions={"serve": "all"}))
    assert served() == ["1", "2", "10"]
    repository.describe("digits", digits_card("digits", versions={"serve": [1, 2]}))
    assert served() == ["1", "2"]


def test_the_checkpoint_file_names_the_current_one(repository, make_server):
    repository.describe("tf", digits_card("tf", CHECKPOINT_INPUT, output={"name": "y"}))
    repository.add("tf", 1, "digits-checkpoint")
    folder = repository.folder / "tf/1"
    server = make_server("--model", "tf", *SETTLE, models=repository.folder)
    with Client(server.url) as client:
        assert ask(client, digit_png("7")).json["result"] == "7"
        for file in list(folder.glob("model.ckpt-2000.*")):
            shutil.copy(file, folder / file.name.replace("2000", "3000"))
        (folder / "model.ckpt-3000.index").write_bytes(b"torn")
        (folder / "checkpoint").write_text('model_checkpoint_path: "/gone/model.ckpt-3000"\n')
        eventually(lambda: "model tf, version 1 is refused" in server.log)
        assert "model.ckpt-3000.meta" in server.log
        assert ask(client, digit_png("7")).json["result"] == "7"


# ---- at the start ---------------------------------------------------------------------------------------------------


def test_another_model_that_is_broken_does_not_stop_the_server(repository, make_server):
    repository.describe("broken", digits_card("broken"))
    repository.add("broken", 1, "fruits-tflite")
    server = make_server(*SETTLE, models=repository.folder)
    assert "model broken, version 1 is refused" in server.log
    with Client(server.url) as client:
        assert version_now(client) == "1"


def test_the_default_model_must_be_whole(repository, tmp_path):
    repository.add("digits", 2, "fruits-tflite")
    repository.describe("fine", digits_card("fine"))
    repository.add("fine", 1, "digits-softmax")
    repository.remove("digits", 1)
    done = run_vidi("serve", "--listen", "127.0.0.1:0", "--models", repository.folder, folder=tmp_path)
    assert done.returncode == 2
    assert "has the shape [n,32,32,3]" in done.stderr.decode().splitlines()[-1]


# ---- the command line -----------------------------------------------------------------------------------------------


def test_check_says_that_a_model_is_fine(repository, tmp_path):
    done = run_vidi("models", "check", repository.folder / "digits", folder=tmp_path)
    assert done.returncode == 0, done.stdout.decode()
    assert "version 1: onnx" in done.stdout.decode()
    assert done.stdout.decode().endswith("digits: it can be served\n")


def test_check_shows_a_description_that_then_works(repository, tmp_path):
    (repository.folder / "fruits").mkdir()
    repository.add("fruits", 1, "fruits-saved-model")
    done = run_vidi("models", "check", repository.folder / "fruits", folder=tmp_path)
    assert done.returncode == 1
    shown = done.stdout.decode().partition("format = 1")[2].rpartition("fruits: it cannot")[0]
    (repository.folder / "fruits/model.toml").write_text("format = 1" + shown)
    (repository.folder / "fruits/labels.txt").write_text("\n".join(FRUITS))
    done = run_vidi("models", "check", "--json", repository.folder / "fruits", folder=tmp_path)
    assert json.loads(done.stdout)["fine"], done.stdout.decode()
    picture = NETWORKS / "pictures/plum.jpg"
    done = run_vidi("predict", "--models", repository.folder, "--model", "fruits", picture, folder=tmp_path)
    assert done.stdout.decode().split("\t")[1] == "Plum"


def test_check_says_everything_that_is_wrong(repository, tmp_path):
    repository.describe("digits", digits_card("digits", {"filtre": "box"}, versions={"serve": [1, 7]}))
    repository.add("digits", 2, "fruits-tflite")
    (repository.folder / "digits/draft").mkdir()
    done = run_vidi("models", "check", repository.folder / "digits", folder=tmp_path)
    assert done.returncode == 1
    text = done.stdout.decode()
    for part in (
        "the folder draft is no version",
        "nothing reads 'input.filtre'",
        "ok       version 1",
        "wrong    version 2",
        "[versions] names 7",
    ):
        assert part in text
    assert run_vidi("models", "check", "nowhere", folder=tmp_path).returncode == 2


def test_summary_counts_the_tutorials_network(tmp_path):
    done = run_vidi("models", "summary", "digits-cnn", "--models", MODELS, "--json", folder=tmp_path)
    summary = json.loads(done.stdout)
    assert summary["parameters"] == 800 + 32 + 51200 + 64 + 3136 * 1024 + 1024 + 10240 + 10
    assert summary["multiply_adds"] == 784 * 800 + 196 * 51200 + 3136 * 1024 + 10240
    convolutions = [layer for layer in summary["layers"] if layer["type"] == "Convolution"]
    assert [layer["shape"] for layer in convolutions[:2]] == [[1, 32, 28, 28], [1, 64, 14, 14]]
    table = run_vidi("models", "summary", "digits-cnn", "--models", MODELS, folder=tmp_path).stdout.decode()
    assert "3.27 M parameters, 13.88 M multiply-adds" in table
