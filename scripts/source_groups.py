#!/usr/bin/python3
"""Which sources can be compiled as one: those that name nothing alike in their anonymous namespaces.

source_groups.py LARGEST SOURCE...    prints the number of each source's group, in their order, for CMake

Nobody has to choose names for it: sources whose file-local names clash go into different groups.
"""

import re
import sys
from pathlib import Path

ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
# What is declared at the beginning of a line: a function, a constant, a type, an alias. A name brought in from another
# namespace may be brought in twice.
DECLARED = re.compile(
    r"^(?:struct|class|enum(?: class)?|concept) (\w+)|^using (\w+) ="
    r"|^(?!using |namespace )[\w:<][\w:<>,&*\[\]() ]*?\b(\w+)(?:\(| = |\{|;)",
    re.MULTILINE,
)


def local_names(source):
    """Names that only this source knows. One too many only makes groups smaller."""
    text = source.read_text()
    names = set()
    for block in ANONYMOUS.findall(text):
        names |= {next(filter(None, found)) for found in DECLARED.findall(block)}
    return names - {"TEST", "TEST_F", "TEST_P"}


def groups_of(sources, largest):
    """The sources in groups of at most `largest` without a name in common."""
    groups = []
    for source in sources:
        names = local_names(source)
        for group in groups:
            if len(group["sources"]) < largest and not names & group["names"]:
                break
        else:
            group = {"sources": [], "names": set()}
            groups.append(group)
        group["sources"].append(source)
        group["names"] |= names
    return [group["sources"] for group in groups]


def main():
    largest, sources = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    number = {source: i for i, group in enumerate(groups_of(sources, largest)) for source in group}
    print(";".join(str(number[source]) for source in sources))


if __name__ == "__main__":
    main()
