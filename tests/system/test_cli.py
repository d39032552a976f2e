"""The command line: what it prints, where, and how it ends."""

import json

import pytest
from harness.pictures import MNIST, digit_png
from harness.server import digit_models, run_vidi
from PIL import Image
from PIL import Image

MODELS_FLAG = ["--models", digit_models()]


@pytest.fixture
def folder(tmp_path):
    """Two digits and a file that is no picture."""
    (tmp_path / "a.png").write_bytes(digit_png("4"))
    (tmp_path / "b.png").write_bytes(digit_png("7"))
    (tmp_path / "bad.png").write_bytes(b"this is no picture")
    return tmp_path


def test_predict_prints_a_line_for_each_picture(folder):
    done = run_vidi("predict", *MODELS_FLAG, "a.png", "b.png", folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [line[:2] for line in lines] == [["a.png", "4"], ["b.png", "7"]]
    assert all(0 < float(confidence) <= 1 for _, _, confidence in lines)


def test_predict_goes_on_after_a_bad_file(folder):
    done = run_vidi("predict", *MODELS_FLAG, "a.png", "bad.png", "none.png", "b.png", folder=folder)
    assert done.returncode == 1
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == ["a.png", "b.png"]
    assert "bad.png" in done.stderr.decode()
    assert "none.png" in done.stderr.decode()


def test_predict_in_json(folder):
    done = run_vidi("predict", *MODELS_FLAG, "--json", "a.png", folder=folder)
    answer = json.loads(done.stdout)
    assert (answer["file"], answer["result"]) == ("a.png", "4")


def test_predict_explains_itself_in_a_picture(folder):
    done = run_vidi("predict", *MODELS_FLAG, "--explain", "out.png", "a.png", folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split("\t")[1] == "4"
    with Image.open(folder / "out.png") as picture:
        assert picture.format == "PNG" and picture.size[1] > picture.size[0], "the picture above the digit's form"


def test_predict_explains_one_picture_only(folder):
    done = run_vidi("predict", *MODELS_FLAG, "--explain", "out.png", "a.png", "b.png", folder=folder)
    assert done.returncode != 0
    assert "one picture" in done.stderr.decode() and "2" in done.stderr.decode()
    assert not (folder / "out.png").exists()


def test_an_explanation_that_cannot_be_written_is_an_error(folder):
    done = run_vidi("predict", *MODELS_FLAG, "--explain", "no/such/out.png", "a.png", folder=folder)
    assert done.returncode == 1
    assert "no/such/out.png cannot be written" in done.stderr.decode()


def test_predict_without_a_picture_says_what_is_missing(folder):
    done = run_vidi("predict", *MODELS_FLAG, folder=folder)
    assert done.returncode != 0
    assert "IMAGE" in done.stderr.decode()


@pytest.mark.parametrize("command", ["serve", "predict", "train", "evaluate"])
def test_each_command_has_help(folder, command):
    assert command in run_vidi("--help", folder=folder).stdout.decode()
    done = run_vidi(command, "--help", folder=folder)
    assert done.returncode == 0
    assert command in done.stdout.decode()
    assert "--" in done.stdout.decode()


def test_an_unknown_command_is_an_error(folder):
    done = run_vidi("predcit", folder=folder)
    assert done.returncode != 0
    assert "predcit" in done.stderr.decode()


def test_an_unknown_setting_in_the_file_is_named_with_the_nearest(folder):
    (folder / "vidi.toml").write_text('lisen = "127.0.0.1:0"\n')
    done = run_vidi("serve", *MODELS_FLAG, folder=folder)
    message = done.stderr.decode()
    assert done.returncode != 0
    assert "lisen" in message
    assert "listen" in message.replace("lisen", "")
    assert "vidi.toml" in message


@pytest.mark.parametrize(
    ("flag", "value"), [("--listen", "nowhere"), ("--max-pixels", "many"), ("--idle-timeout", "5"), ("--model", "none")]
)
def test_a_setting_that_cannot_be_is_an_error_with_its_value(folder, flag, value):
    done = run_vidi("serve", *MODELS_FLAG, flag, value, folder=folder, timeout=30)
    assert done.returncode != 0
    assert value in done.stderr.decode()


def test_a_port_that_is_taken_is_an_error_that_says_so(server, folder):
    address = server.url.removeprefix("http://")
    done = run_vidi("serve", *MODELS_FLAG, "--listen", address, folder=folder, timeout=30)
    assert done.returncode != 0
    assert address.rpartition(":")[2] in done.stderr.decode()


def test_evaluate_measures_the_committed_model(folder):
    done = run_vidi("evaluate", *MODELS_FLAG, "--model", "digits-softmax", "--data", MNIST, folder=folder)
    assert done.returncode == 0, done.stderr.decode()
    first = done.stdout.decode().splitlines()[0]
    assert first.startswith("accuracy: 92.")
    assert float(first.split()[1]) >= 92.4, first


def test_evaluate_draws_the_misread_pictures(folder):
    done = run_vidi(
        "evaluate", *MODELS_FLAG, "--model", "digits-softmax", "--data", MNIST, "--sheet", "sheet.png", folder=folder
    )
    assert done.returncode == 0, done.stderr.decode()
    right, total = 0, 0
    for line in done.stdout.decode().splitlines():
        numbers = line.split()
        if len(numbers) == 12 and numbers[0].isdigit():
            counts = [int(number) for number in numbers[1:]]
            right += counts[int(numbers[0])]
            total += sum(counts)
    assert total == 10_000
    assert f"the {total - right} misread pictures" in done.stdout.decode()
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        # Ten pictures a row, the first 500 of them, each 112 pixels and its text.
        assert sheet.width >= 10 * 112
        assert sheet.height >= 50 * 112


def test_evaluate_says_where_it_cannot_write(folder):
    done = run_vidi(
        "evaluate", *MODELS_FLAG, "--model", "digits-softmax", "--data", MNIST, "--sheet", "no/sheet.png", folder=folder
    )
    assert done.returncode != 0
    assert "no/sheet.png cannot be written" in done.stderr.decode()
