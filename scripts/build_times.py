#!/usr/bin/python3
"""Where the time of a build goes, from what Ninja wrote down while it built.

build_times.py slowest PRESET [COUNT]    the steps that took longest, and the sum by kind of step
build_times.py headers PRESET [COUNT]    the headers that most sources include: worth precompiling when half of them do
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def kind_of(output):
    if output.endswith(".gch"):
        return "precompiled headers"
    if output.endswith(".o"):
        return "tests" if "_test.dir/" in output else "sources"
    return "links and the rest"


def slowest(folder, count):
    """The last time of each step. Steps run side by side: the sum is more than the build took."""
    seconds = {}
    for line in (folder / ".ninja_log").read_text().splitlines()[1:]:
        begin, end, _, output, _ = line.split("\t")
        seconds[output] = (int(end) - int(begin)) / 1000
    kinds = Counter()
    for output, time in seconds.items():
        kinds[kind_of(output)] += time
    for kind, time in kinds.most_common():
        print(f"{time:8.1f} s  {kind}")
    for output, time in sorted(seconds.items(), key=lambda item: -item[1])[:count]:
        print(f"{time:8.1f} s  {output}")


def headers(folder, count):
    """By sources that are compiled, so a precompiled header hides what is in it: configure with VIDI_PRECOMPILE=OFF."""
    listed = subprocess.run(["ninja", "-C", folder, "-t", "deps"], stdout=subprocess.PIPE, text=True, check=True).stdout
    included, sources = Counter(), 0
    for block in listed.split("\n\n"):
        lines = block.splitlines()
        if lines and lines[0].split(":")[0].endswith(".o"):
            sources += 1
            included.update({line.strip() for line in lines[1:] if line.strip().endswith((".h", ".hpp"))})
    for header, number in included.most_common(count):
        print(f"{number:5} of {sources}  {header}")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("slowest", "headers"):
        sys.exit(__doc__)
    folder = ROOT / "build" / sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    (slowest if sys.argv[1] == "slowest" else headers)(folder, count)


if __name__ == "__main__":
    main()
