#!/usr/bin/python3
"""Which sources can be compiled as one: those that name nothing alike in their anonymous namespaces.

source_groups.py LARGEST SOURCE...    prints the number of each source's group, in their order, for CMake

Nobody has to choose names for it: sources whose file-local names clash go into different groups.
"""

import re
import sys
from functools import cache
from pathlib import Path

ANONYMOUS = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
# What is declared at the beginning of a line: a function, a constant, a type, an alias. A name brought in from another
# namespace may be brought in twice.
DECLARED = re.compile(
    r"^(?:struct|class|enum(?: class)?|concept) (\w+)|^using (\w+) ="
    r"|^(?!using |namespace )[\w:<][\w:<>,&*\[\]() ]*?\b(\w+)(?:\(| = |\{|;|\[)",
    re.MULTILINE,
)


# "using vidi::sqlite::Outcome;": may be there twice, but not beside a declaration of that name.
BROUGHT_IN = re.compile(r"^using [\w:]+::(\w+);", re.MULTILINE)
# What a header declares: its types, and functions that it defines itself.
IN_HEADER = re.compile(
    r"^\s*(?:template <[^\n]*>\s*)?(?:struct|class|enum(?: class)?|concept) (\w+)(?: final)?\s*[:{]|^\s*using (\w+) ="
    r"|^inline [\w:<>,&* ]+?\b(\w+)\(",
    re.MULTILINE,
)


@cache
def names_of_headers(folder):
    """Which the headers of a folder declare. A source of it with one of these names for itself stays alone."""
    found = (match for header in folder.glob("*.hpp") for match in IN_HEADER.findall(header.read_text()))
    return {next(filter(None, names)) for names in found}


def names_of(source):
    """What a source declares for itself, and what it brings in. One name too many only makes groups smaller."""
    text = source.read_text()
    declared, brought_in = set(), set(BROUGHT_IN.findall(text))
    for block in ANONYMOUS.findall(text):
        declared |= {next(filter(None, found)) for found in DECLARED.findall(block)}
    return declared - {"TEST", "TEST_F", "TEST_P"}, brought_in


class Group:
    def __init__(self):
        self.sources, self.declared, self.brought_in = [], set(), set()

    def takes(self, declared, brought_in):
        return not declared & (self.declared | self.brought_in) and not brought_in & self.declared

    def add(self, source, declared, brought_in):
        self.sources.append(source)
        self.declared |= declared
        self.brought_in |= brought_in


def groups_of(sources, largest):
    """The sources in groups of at most `largest` without a name in common."""
    groups, alone = [], []
    for source in sources:
        declared, brought_in = names_of(source)
        if declared & names_of_headers(source.parent):
            alone.append([source])
            continue
        fitting = (group for group in groups if len(group.sources) < largest and group.takes(declared, brought_in))
        group = next(fitting, None)
        if group is None:
            group = Group()
            groups.append(group)
        group.add(source, declared, brought_in)
    return [group.sources for group in groups] + alone


def main():
    largest, sources = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    number = {source: i for i, group in enumerate(groups_of(sources, largest)) for source in group}
    print(";".join(str(number[source]) for source in sources))


if __name__ == "__main__":
    main()
