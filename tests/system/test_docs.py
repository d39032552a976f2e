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
    assert printed in (ROOT / "docs/reference/configuration.md").read_text()


def test_the_readme_lists_the_commands_that_there_are():
    printed = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", printed.split("Subcommands:")[1], re.MULTILINE)
    assert commands
    readme = (ROOT / "README.md").read_text()
    for command in commands:
        assert f"`vidi {command}" in readme


def test_the_manual_page_lists_the_commands_that_there_are():
    printed = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    commands = set(re.findall(r"^  ([a-z]+) ", printed.split("Subcommands:")[1], re.MULTILINE))
    page = (ROOT / "deploy/debian/vidi.1").read_text().split(".SH COMMANDS")[1].split(".SH")[0]
    assert set(re.findall(r"^\.BI? ([a-z]+)", page, re.MULTILINE)) == commands


def test_the_version_is_the_same_everywhere():
    version = re.search(r"project\(vidi VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text()
    assert f"VIDI_IMAGE=vidi:{version}\n" in (ROOT / "deploy/.env").read_text()


DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "src/**/*.md", "tests/data/**/*.md", "models/*.md", "backbones/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    path = ROOT / document
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", path.read_text()):
        if "://" in target:
            continue
        assert (path.parent / target).exists(), target
        if anchor:
            assert anchor in anchors(path.parent / target if target else path), f"{target}#{anchor}"


def anchors(document):
    """What links to the headings of a document end in."""
    headings = re.findall(r"^#+ (.*)", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
