"""The documentation says what the program does."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIDI_BINARY", str(ROOT / "build" / "test" / "apps" / "vidi" / "vidi"))


def test_every_setting_is_documented_as_it_is():
    printed = subprocess.run([BINARY, "settings", "--markdown"], capture_output=True, text=True, check=True).stdout
    assert printed in (ROOT / "docs" / "configuration.md").read_text()


def test_the_readme_lists_the_commands_that_there_are():
    printed = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", printed.split("Subcommands:")[1], re.MULTILINE)
    assert commands
    readme = (ROOT / "README.md").read_text()
    for command in commands:
        assert f"`vidi {command}" in readme


@pytest.mark.parametrize("document", sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))
def test_links_lead_somewhere(document):
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target
