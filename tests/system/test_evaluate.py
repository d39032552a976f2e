"""`vidi evaluate` on folders of labeled pictures."""

import json
import shutil

import pytest
from harness.pictures import digit_png
from harness.repository import NETWORKS, Repository
from harness.server import digit_models, run_vidi
from test_information import UNKNOWN, add_fruits, entry, gray_picture

FRUITS = ["Avocado", "Lemon", "Plum", "Strawberry"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Three fruits of trees, and a berry."""
    made = Repository(tmp_path_factory.mktemp("evaluate") / "models")
    facts = {fruit: entry(fruit) for fruit in FRUITS}
    for fruit in ("Avocado", "Lemon", "Plum"):
        facts[fruit]["group"] = "Tree fruit"
    del facts["Strawberry"]["group"]
    add_fruits(made, facts=facts, unknown=UNKNOWN["en"])
    return made


def put(folder, label, name, picture):
    (folder / label).mkdir(parents=True, exist_ok=True)
    if isinstance(picture, bytes):
        (folder / label / name).write_bytes(picture)
    else:
        shutil.copy(NETWORKS / "pictures" / f"{picture.lower()}.jpg", folder / label / name)


def evaluate(models, folder, *flags):
    return run_vidi("evaluate", "--models", models.folder, "--model", "fruits", "--data", "data", *flags, folder=folder)


def test_counts_by_label_and_by_group(models, tmp_path):
    data = tmp_path / "data"
    for fruit in FRUITS:
        put(data, fruit, "right.jpg", fruit)
    put(data, "Lemon", "plum.jpg", "Plum")  # wrong, but of the same group
    put(data, "Strawberry", "plum.jpg", "Plum")  # wrong
    put(data, "Tree fruit", "avocado.jpg", "Avocado")
    put(data, "Tree fruit", "strawberry.jpg", "Strawberry")
    put(data, "none", "grey.bmp", gray_picture())
    put(data, "Plum", "grey.bmp", gray_picture())
    put(data, "Plum", "bad.jpg", b"this is no picture")

    done = evaluate(models, tmp_path, "--json")
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert (found["accuracy"]["right"], found["accuracy"]["pictures"]) == (6, 10)
    assert (found["accuracy_by_group"]["right"], found["none"], found["unreadable"]) == (7, 2, 1)
    assert found["labels"]["Lemon"] == {"pictures": 2, "right": 1, "right_by_group": 2, "none": 0, "answers": {"Lemon": 1, "Plum": 1}}
    assert found["labels"]["Tree fruit"]["right"] == 1
    assert found["labels"]["none"]["right"] == 1
    assert "bad.jpg" in done.stderr.decode()

    lines = evaluate(models, tmp_path).stdout.decode().splitlines()
    assert lines[0].startswith("accuracy: 60.00 % of 10 test images")
    assert lines[1].startswith("by group: 70.00 % of 10 test images")
    assert lines[2:4] == ["no answer: 2", "unreadable, not counted: 1"]
    assert any(line.split() == ["Lemon", "2", "1", "2", "0"] for line in lines)
    assert any(line.split() == ["1", "Plum", "->", "no", "answer"] for line in lines)


def test_a_folder_of_no_label_is_named_with_the_nearest(models, tmp_path):
    put(tmp_path / "data", "Lemmon", "a.jpg", "Lemon")
    done = evaluate(models, tmp_path)
    assert done.returncode != 0
    assert "Lemmon is named after no label and no group of the model fruits; did you mean 'Lemon'?" in done.stderr.decode()


def test_a_folder_without_pictures_is_an_error(models, tmp_path):
    (tmp_path / "data").mkdir()
    done = evaluate(models, tmp_path)
    assert done.returncode != 0
    assert "LABEL/FILE" in done.stderr.decode()


def test_digits_may_be_in_folders_too(tmp_path):
    put(tmp_path / "data", "4", "a.png", digit_png("4"))
    put(tmp_path / "data", "7", "b.png", digit_png("7"))
    done = run_vidi("evaluate", "--models", digit_models(), "--model", "digits-softmax", "--data", "data", folder=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("accuracy: 100.00 % of 2 test images")
