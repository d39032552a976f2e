#!/usr/bin/python3
"""clang-tidy over the sources of a compile database, by Ninja: several at a time, and each only when it has to be.

tidy.py rules DATABASE FOLDER       writes FOLDER/build.ninja, one step for each batch of sources
tidy.py check BATCH                 one step: checks FOLDER/NAME.cpp, and writes its stamp and the files it depends on

Most of the time goes into the headers that sources share, so up to twelve sources of a module, its tests among them, are
one batch, which parses and searches those headers once: docs/decisions/0024 has the times. Sources whose file-local names clash go into
different batches, and a batch that does not compile all the same is checked source by source, so nobody has to choose
names for it. A batch is checked again when one of its sources, a header of ours that these include, .clang-tidy or its
compile command has changed. What was found to be good, with those contents and the packages of this machine, is kept in
the user's cache folder for other clones.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

from source_groups import groups_of

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = ROOT / ".venv/bin/clang-tidy"
# What g++ understands and clang does not is no finding.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument"]
# A name of one source hides one of another source of its batch; in one source g++ finds it.
EXTRA += ["--extra-arg=-Wno-shadow"]
GOOD = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vidi/tidy"
NOISE = re.compile(r"^\d+ warnings?( and \d+ errors?)? generated\.$|^Suppressed |^Use -header-filter")

RULE = """rule tidy
  command = /usr/bin/python3 {script} check $in
  depfile = $out.d
  deps = gcc
  description = clang-tidy $name
"""
INCLUDED = re.compile(r'^ *# *include "(.*)"', re.MULTILINE)
LARGEST_BATCH = 12


# Sources that cannot be checked, and why.
LEFT_OUT = {
    f"src/training/recipes/{name}.cpp": "clang cannot parse libtorch's headers in C++23"
    for name in ("cascade", "cascade_test", "cnn", "deep", "deep_network", "softmax", "tensors")
}


def is_ours(source):
    """Written by us: not by a generator, into the build folder, nor by those whose packages are in .venv."""
    return source.is_relative_to(ROOT) and not any(source.is_relative_to(ROOT / name) for name in ("build", ".venv"))


def flags_of(entry):
    """The compile command without compiler, source and output."""
    words = shlex.split(entry["command"])[1:]
    output = words.index("-o")
    del words[output : output + 2]
    words.remove("-c")
    words.remove(entry["file"])
    return words


def split(flags):
    """The flags that all sources of a batch must have in common, and those that more sources may have: what is defined and
    where headers are looked for. How a source is optimized, and where its code will lie, are nothing to clang-tidy."""
    common, more = [], []
    words = iter(flags)
    for word in words:
        if word == "-isystem":
            more.append((word, next(words)))
        elif word.startswith(("-D", "-I")):
            more.append((word,))
        elif not word.startswith(("-O", "-fPI")):
            common.append(word)
    return tuple(common), more


def write_if_new(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def batch_text(sources, flags):
    includes = [f'#include "{source}"  // NOLINT(bugprone-suspicious-include)' for source in sources]
    return "\n".join([*includes, "// " + shlex.join(flags), ""])


def write_rules(database, folder):
    folder.mkdir(parents=True, exist_ok=True)
    targets = {}
    for entry in json.loads((database / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        if not is_ours(source):
            continue
        name = source.relative_to(ROOT).as_posix()
        if name in LEFT_OUT:
            print(f"tidy: leaves out {name}: {LEFT_OUT[name]}")
            continue
        # A folder below it is another module's.
        common, more = split(flags_of(entry))
        sources, added = targets.setdefault((source.parent, common), ([], {}))
        sources.append(source)
        added.update(dict.fromkeys(more))
    written = set()
    lines = [RULE.format(script=Path(__file__).resolve())]
    for (_, common), (sources, added) in targets.items():
        flags = [*common, *(word for words in added for word in words)]
        for group in groups_of(sources, LARGEST_BATCH):
            text = batch_text(group, flags)
            batch = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.cpp"  # another command is another batch
            written.add(batch)
            write_if_new(batch, text)
            lines.append(f"build {batch.stem}.stamp: tidy {batch} | {ROOT / '.clang-tidy'}")
            lines.append(f"  name = {' '.join(source.relative_to(ROOT).as_posix() for source in group)}")
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")
    for old in set(folder.glob("*.cpp")) - written:
        old.unlink()


def run_tidy(source, flags):
    """What clang-tidy found in a source; empty: nothing."""
    command = [CLANG_TIDY, "--quiet", *EXTRA, str(source), "--", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if not NOISE.search(line)]
    return "\n".join(lines) or "clang-tidy failed" if done.returncode else ""


@cache
def included_by(file):
    return INCLUDED.findall(file.read_text())


def ours_within(source, flags):
    """The source and every header of ours that it includes, also where a condition leaves it out. What is found between
    <> comes from packages."""
    names = [flag.removeprefix("-I") for flag in flags if flag.startswith("-I")]
    names += [path for option, path in pairwise(flags) if option == "-isystem"]
    folders = [Path(name) for name in names if Path(name).is_relative_to(ROOT)]
    found, new = {source}, [source]
    while new:
        file = new.pop()
        for name in included_by(file):
            candidates = (folder / name for folder in (file.parent, *folders))
            header = next((path.resolve() for path in candidates if path.is_file()), None)
            if header and header not in found:
                found.add(header)
                new.append(header)
    return sorted(found)


def name_in_cache(files, flags):
    """What a check depends on, in one number: contents and flags without this clone's path, the rules, the packages."""
    packages = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n"], capture_output=True, check=True).stdout
    digest = hashlib.sha256(packages)
    here = Path(__file__).resolve().parent
    for file in [*files, here / "tidy.py", here.parent / ".clang-tidy", *sorted(here.glob("requirements/*.txt"))]:
        digest.update(file.read_bytes().replace(str(ROOT).encode(), b""))
    digest.update("\n".join(map(str, [*files, *flags])).replace(str(ROOT), "").encode())
    return digest.hexdigest()


def check(batch):
    text = batch.read_text()
    flags = shlex.split(text.splitlines()[-1].removeprefix("// "))
    sources = INCLUDED.findall(text)
    stamp = batch.with_suffix(".stamp")
    files = sorted({file for source in sources for file in ours_within(Path(source), flags)})
    Path(f"{stamp}.d").write_text(f"{stamp.name}: {' '.join(map(str, files))}\n")
    good = GOOD / name_in_cache(files, flags)
    if not good.exists():
        found = run_tidy(batch, flags)
        if "[clang-diagnostic-error]" in found and len(sources) > 1:
            print(f"tidy: {batch.stem} is checked source by source: {found.splitlines()[0]}")
            found = "\n".join(filter(None, (run_tidy(source, flags) for source in sources)))
        if found:
            print(found)
            sys.exit(1)
        GOOD.mkdir(parents=True, exist_ok=True)
    good.touch()
    stamp.touch()


def main():
    if sys.argv[1] == "rules":
        write_rules(Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
    else:
        check(Path(sys.argv[2]).resolve())


if __name__ == "__main__":
    main()
