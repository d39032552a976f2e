#!/usr/bin/python3
"""Resolves NAME.in into NAME.txt: every wheel by version and SHA-256. Needs Python 3.11, as Debian 12 has."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def resolve(pip, arguments):
    """The wheels that pip would install: (name, version, SHA-256) by name."""
    command = [pip, "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary", ":all:"]
    # Spark is published as a source archive alone.
    command += ["--no-binary", "pyspark", "--report", "-"]
    answer = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout
    for item in sorted(json.loads(answer)["install"], key=lambda item: item["metadata"]["name"].lower()):
        metadata = item["metadata"]
        yield metadata["name"].lower(), metadata["version"], item["download_info"]["archive_info"]["hashes"]["sha256"]


def pin(pip, group):
    alone = ["--no-deps"] if group == "serve" else []
    lines = [f"# Made by scripts/requirements/pin.py from {group}.in: do not edit, see README.md."]
    for name, version, digest in resolve(pip, [*alone, "-r", str(FOLDER / f"{group}.in")]):
        lines += [f"{name}=={version} \\", f"    --hash=sha256:{digest}"]
    (FOLDER / f"{group}.txt").write_text("\n".join(lines) + "\n")


def main():
    if sys.version_info[:2] != (3, 11):
        sys.exit("Run this with Python 3.11, which the wheels are for (Debian 12: /usr/bin/python3).")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        for group in sys.argv[1:] or ["serve", "test", "lint", "services", "spark"]:
            pin(f"{folder}/bin/pip", group)


if __name__ == "__main__":
    main()
