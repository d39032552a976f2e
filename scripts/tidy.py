#!/usr/bin/python3
"""clang-tidy over the sources of a compile database, by Ninja: several at a time, and each only when it has to be.

tidy.py rules DATABASE FOLDER       writes FOLDER/build.ninja, one step for each batch of sources
tidy.py check BATCH                 one step: checks FOLDER/NAME.cpp, and writes its stamp and the headers it depends on

The sources that a unity build compiles together are one batch: most of the time goes into the headers that they share,
and a batch parses and searches those once. A batch is checked again when one of its sources, a header of ours that
these include, .clang-tidy or its compile command has changed.
"""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = ROOT / ".venv/bin/clang-tidy"
# What g++ understands and clang does not is no finding.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]
NOISE = re.compile(r"^\d+ warnings?( and \d+ errors?)? generated\.$|^Suppressed |^Use -header-filter")

RULE = """rule tidy
  command = /usr/bin/python3 {script} check $in
  depfile = $out.d
  deps = gcc
  description = clang-tidy $name
"""
INCLUDED = re.compile(r'^#include "(.*)"', re.MULTILINE)


# Sources that cannot be checked, and why.
LEFT_OUT = {
    f"src/training/recipes/{name}.cpp": "clang cannot parse libtorch's headers in C++23"
    for name in ("cascade", "cascade_test", "cnn", "deep", "deep_network", "softmax", "tensors")
}


def is_ours(source):
    """Written by us: not by a generator, into the build folder, nor by those whose packages are in .venv."""
    return source.is_relative_to(ROOT) and not any(source.is_relative_to(ROOT / name) for name in ("build", ".venv"))


def sources_of(entry):
    """Those that a step of the build compiles: what the file of a unity build includes, or the one source."""
    file = Path(entry["file"])
    if file.parent.name != "Unity":
        return [file]
    return [Path(source) for source in INCLUDED.findall(file.read_text())]


def flags_of(entry):
    """The compile command without compiler, source and output."""
    words = shlex.split(entry["command"])[1:]
    output = words.index("-o")
    del words[output : output + 2]
    words.remove("-c")
    words.remove(entry["file"])
    return words


def write_if_new(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_rules(database, folder):
    folder.mkdir(parents=True, exist_ok=True)
    batches = set()
    lines = [RULE.format(script=Path(__file__).resolve())]
    for entry in json.loads((database / "compile_commands.json").read_text()):
        sources = []
        for source in filter(is_ours, sources_of(entry)):
            name = source.relative_to(ROOT).as_posix()
            if name in LEFT_OUT:
                print(f"tidy: leaves out {name}: {LEFT_OUT[name]}")
            else:
                sources.append(source)
        if not sources:
            continue
        includes = [f'#include "{source}"  // NOLINT(bugprone-suspicious-include)' for source in sources]
        text = "\n".join([*includes, "// " + shlex.join(flags_of(entry)), ""])
        # Another command is another batch.
        batch = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.cpp"
        batches.add(batch)
        write_if_new(batch, text)
        names = " ".join(source.relative_to(ROOT).as_posix() for source in sources)
        lines.append(f"build {batch.stem}.stamp: tidy {batch} | {ROOT / '.clang-tidy'}")
        lines.append(f"  name = {names}")
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    for old in set(folder.glob("*.cpp")) - batches:
        old.unlink()


def check(batch):
    flags = shlex.split(batch.read_text().splitlines()[-1].removeprefix("// "))
    stamp = batch.with_suffix(".stamp")
    subprocess.run(
        ["c++", *flags, "-MM", "-MF", f"{stamp}.d", "-MT", stamp.name, batch], cwd=batch.parent, check=True
    )
    command = [CLANG_TIDY, "--quiet", *EXTRA, str(batch), "--", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print("\n".join(line for line in done.stdout.splitlines() if not NOISE.search(line)))
        sys.exit(1)
    stamp.touch()


def main():
    if sys.argv[1] == "rules":
        write_rules(Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
    else:
        check(Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    main()
