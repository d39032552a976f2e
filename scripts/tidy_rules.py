#!/usr/bin/python3
"""Writes build.ninja into FOLDER: one clang-tidy run for each source of a compile database.

tidy_rules.py COMPILE_COMMANDS.json FOLDER
"""

import hashlib
import json
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What g++ understands and clang does not is no finding.
EXTRA = "--extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument"

HEADER = f"""ninja_required_version = 1.10
rule tidy
  command = $dependencies -MM -MG -MF $out.d -MT $out && clang-tidy-19 --quiet -p $database {EXTRA} $in 2>$out.log $
    && touch $out || (cat $out.log; exit 1)
  depfile = $out.d
  deps = gcc
  description = clang-tidy $name
"""


def escape(text):
    return re.sub(r"([$ :\n])", r"$\1", text)


def dependency_command(entry):
    """The compile command without its output: it is asked for the headers only."""
    words = shlex.split(entry["command"])
    output = words.index("-o")
    del words[output : output + 2]
    words.remove("-c")
    return shlex.join(words)


def rule(entry, database):
    source = Path(entry["file"])
    name = source.relative_to(ROOT).as_posix()
    command = dependency_command(entry)
    # A changed command is a new stamp.
    key = hashlib.sha256(command.encode()).hexdigest()[:12]
    lines = [
        f"build {escape(name)}.{key}: tidy {escape(str(source))} | {escape(str(ROOT / '.clang-tidy'))}",
        f"  dependencies = cd {shlex.quote(entry['directory'])} && {command.replace('$', '$$')}",
        f"  database = {database}",
        f"  name = {name}",
    ]
    return "\n".join(lines)


def main():
    database, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    entries = [entry for entry in json.loads(database.read_text()) if Path(entry["file"]).is_relative_to(ROOT)]
    rules = [HEADER, *(rule(entry, database.parent) for entry in entries)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "build.ninja").write_text("\n".join(rules) + "\n")


if __name__ == "__main__":
    main()
