"""A folder of models that a test changes while it is served."""

import os
import shutil

from .server import MODELS, ROOT

NETWORKS = ROOT / "tests/data/networks"
DIGITS = [str(digit) for digit in range(10)]
FRUITS = ["Avocado", "Lemon", "Plum", "Strawberry"]
BYTES_TO_ONE = 1 / 255


def toml_value(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    return repr(value)


def toml(sections):
    lines = []
    for name, values in sections.items():
        lines += [f"[{name}]"] if name else []
        lines += [f"{key} = {toml_value(value)}" for key, value in values.items()]  # a dot in a key makes a table
        lines.append("")
    return "\n".join(lines)


def digits_card(name, shape=None, **sections):
    """A model of digits whose pixels become 0 to 1."""
    shape = {"layout": "NHWC", "width": 28, "height": 28, "channels": 1, "scale": BYTES_TO_ONE, **(shape or {})}
    top = {"format": 1, "name": name, "form": "digits", "labels": DIGITS}
    return {"": top, "input": shape, "output": {}, **sections}


def fruits_card(name, shape=None, **sections):
    """A model of the four fruits, which scales its pixels itself."""
    shape = {"layout": "NHWC", "width": 32, "height": 32, "channels": 3, **(shape or {})}
    top = {"format": 1, "name": name, "form": "picture", "labels_file": "labels.txt"}
    return {"": top, "input": shape, "output": {"kind": "scores"}, **sections}


class Repository:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def describe(self, name, card):
        """Writes model.toml as an editor does: the new one takes the place of the old."""
        model = self.folder / name
        model.mkdir(exist_ok=True)
        if "labels_file" in card[""]:
            (model / "labels.txt").write_text("\n".join(FRUITS) + "\n")
        (model / ".model.toml").write_text(toml(card))
        (model / ".model.toml").rename(model / "model.toml")

    def add(self, name, version, source):
        """A version, complete when it appears. `source`: a folder of tests/data/networks, or of models/NAME/1."""
        source = NETWORKS / source if (NETWORKS / source).exists() else MODELS / source / "1"
        hidden = self.folder / name / ".incoming"
        shutil.copytree(source, hidden)
        hidden.rename(self.folder / name / str(version))

    def add_slowly(self, name, version, source):
        """A version as `cp` writes it, a piece at a time."""
        folder = self.folder / name / str(version)
        folder.mkdir()
        for file in (MODELS / source / "1").iterdir():
            content = file.read_bytes()
            with (folder / file.name).open("wb") as target:
                for start in range(0, len(content), 4096):
                    target.write(content[start : start + 4096])
                    target.flush()
                    os.fsync(target.fileno())

    def remove(self, name, version=""):
        shutil.rmtree(self.folder / name / str(version))
