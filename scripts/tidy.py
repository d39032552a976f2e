#!/usr/bin/python3
"""clang-tidy over the sources of a compile database, by Ninja: several at a time, and each only when it has to be.

tidy.py rules DATABASE FOLDER        writes FOLDER/build.ninja, one step for each source
tidy.py check DATABASE SOURCE STAMP  one step: checks a source, and writes the stamp and the headers it depends on

A source is checked again when it, a header of ours that it includes, .clang-tidy or its compile command has changed.
"""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What g++ understands and clang does not is no finding.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]
NOISE = re.compile(r"^\d+ warnings?( and \d+ errors?)? generated\.$|^Suppressed |^Use -header-filter")

RULE = """rule tidy
  command = /usr/bin/python3 {script} check {database} $in $out
  depfile = $out.d
  deps = gcc
  description = clang-tidy $name
"""


# Sources that cannot be checked, and why.
LEFT_OUT = {
    f"src/training/{name}.cpp": "clang 19 cannot parse libtorch's headers in C++23"
    for name in ("cascade", "cascade_test", "cnn", "deep", "deep_network", "softmax", "tensors")
}


def our_entries(database):
    """The sources that we wrote: not what a generator wrote into the build folder."""
    entries = json.loads((database / "compile_commands.json").read_text())
    files = ((entry, Path(entry["file"])) for entry in entries)
    return [
        entry for entry, file in files if file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / "build")
    ]


def dependency_command(entry):
    """The compile command without its output, so that it can be asked for headers."""
    words = shlex.split(entry["command"])
    output = words.index("-o")
    del words[output : output + 2]
    words.remove("-c")
    return words


def write_rules(database, folder):
    lines = [RULE.format(script=Path(__file__).resolve(), database=database)]
    for entry in our_entries(database):
        name = Path(entry["file"]).relative_to(ROOT).as_posix()
        if name in LEFT_OUT:
            print(f"tidy: leaves out {name}: {LEFT_OUT[name]}")
            continue
        # Another command is another stamp.
        key = hashlib.sha256(entry["command"].encode()).hexdigest()[:12]
        lines.append(f"build {name}.{key}: tidy {entry['file']} | {ROOT / '.clang-tidy'}")
        lines.append(f"  name = {name}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def check(database, source, stamp):
    entry = next(entry for entry in our_entries(database) if entry["file"] == source)
    headers = [*dependency_command(entry), "-MM", "-MF", f"{Path(stamp).resolve()}.d", "-MT", stamp]
    subprocess.run(headers, cwd=entry["directory"], check=True)
    command = ["clang-tidy-19", "--quiet", "-p", str(database), *EXTRA, source]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print("\n".join(line for line in done.stdout.splitlines() if not NOISE.search(line)))
        sys.exit(1)
    Path(stamp).touch()


def main():
    action, database = sys.argv[1], Path(sys.argv[2]).resolve()
    if action == "rules":
        write_rules(database, Path(sys.argv[3]).resolve())
    else:
        check(database, *sys.argv[3:])


if __name__ == "__main__":
    main()
