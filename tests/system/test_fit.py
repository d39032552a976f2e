"""`vidi features`, `vidi fit` and `vidi predict` with what came of them: from labeled pictures to a served model."""

import io
import xml.etree.ElementTree

import pytest
from harness.pictures import digit_png
from harness.repository import NETWORKS
from harness.server import run_vidi
from PIL import Image

BACKBONE = NETWORKS.parents[2] / "backbones/efficientnet-lite0"
FRUITS = ["Avocado", "Lemon", "Plum", "Strawberry"]


def variant(fruit, turn, side):
    picture = Image.open(NETWORKS / "pictures" / f"{fruit.lower()}.jpg").convert("RGB")
    return picture.rotate(turn, Image.Resampling.BICUBIC, fillcolor="white").resize((side, side))


def put_pictures(folder, turns):
    for fruit in FRUITS:
        (folder / fruit).mkdir(parents=True)
        for i, turn in enumerate(turns):
            variant(fruit, turn, 90 + i).save(folder / fruit / f"{i}.png")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model of four fruits, seen turned in steps, and tested with other turns."""
    folder = tmp_path_factory.mktemp("fit")
    put_pictures(folder / "training", range(0, 180, 10))
    put_pictures(folder / "test", (15, 55, 95))
    features = run_vidi("features", "training", "--backbone", BACKBONE, "--pca", "5", "--out", "out", folder=folder)
    assert features.returncode == 0, features.stderr.decode()
    applied = run_vidi("features", "test", "--apply", "out", "--out", "out-test", folder=folder)
    assert applied.returncode == 0, applied.stderr.decode()
    (folder / "groups.csv").write_text("Lemon,Yellow or green\nAvocado,Yellow or green\n")
    fitted = run_vidi("fit", "out", "--test", "out-test", "--out", "models/fruits", "--half", "--merge", "groups.csv",
                      "--unknown", "Not a fruit I know", folder=folder)
    assert fitted.returncode == 0, fitted.stderr.decode()
    return folder, fitted.stdout.decode()


def predict(folder, name, picture):
    (folder / name).write_bytes(picture)
    done = run_vidi("predict", "--models", "models", "--model", "fruits", name, folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split("\t")[1]


def png(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_tells_the_fruits_of_pictures_apart(made):
    folder, printed = made
    assert "accuracy: 100.00 % of 12" in printed, printed
    for fruit in FRUITS:
        assert predict(folder, "picture.png", png(variant(fruit, 33, 120))) == fruit


def test_says_when_a_picture_is_no_fruit(made):
    folder, _ = made
    assert predict(folder, "digit.png", digit_png("4")) not in FRUITS
    stripes = Image.new("RGB", (120, 120))
    stripes.putdata([(255, 40, 200) if (x // 7 + y // 11) % 2 else (0, 90, 60) for y in range(120) for x in range(120)])
    assert predict(folder, "stripes.png", png(stripes)) not in FRUITS


def test_reports_what_was_found(made):
    folder, _ = made
    report = (folder / "models/fruits/report/report.md").read_text()
    assert "| test, the label | 12 of 12 = 100.00 % |" in report
    assert "| test, the group of the label | 12 of 12 = 100.00 % |" in report
    assert "| Strawberry | 3 | 100.00 % |" in report
    with Image.open(folder / "models/fruits/report/confusion.png") as picture:
        assert picture.width == picture.height > 200
    checked = run_vidi("models", "check", "models/fruits", folder=folder)
    assert checked.returncode == 0, checked.stdout.decode() + checked.stderr.decode()


def test_refuses_to_replace_a_model_and_to_test_with_other_components(made):
    folder, _ = made
    again = run_vidi("fit", "out", "--out", "models/fruits", folder=folder)
    assert again.returncode == 2 and b"--force replaces it" in again.stderr
    alone = run_vidi("features", "test", "--backbone", BACKBONE, "--pca", "5", "--out", "out-alone", folder=folder)
    assert alone.returncode == 0, alone.stderr.decode()
    refused = run_vidi("fit", "out", "--test", "out-alone", "--out", "models/other", folder=folder)
    assert refused.returncode == 2 and b"--apply" in refused.stderr
    assert not (folder / "models/other").exists()


def test_draws_the_table(made):
    folder, _ = made
    done = run_vidi("features", "plot", "out", folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    drawn = xml.etree.ElementTree.parse(folder / "out/plot.svg").getroot()
    texts = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {*FRUITS, "First two components of 72 rows"} <= texts
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}circle"))) == 72 + len(FRUITS)
    with Image.open(folder / "out/plot.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 100
    wrong = run_vidi("features", "plot", "out", "--out", "plot.gif", folder=folder)
    assert wrong.returncode == 2 and b".svg or .png" in wrong.stderr
