"""The wings of src/, its modules and what each links, read from cmake/VidiWings.cmake and the CMakeLists.txt files.

No build is needed. scripts/lint.py holds includes against this, and scripts/draw_architecture.py draws it. Calls inside
if() count as if they were always made.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

CALL = re.compile(r"^[ \t]*(\w+)\s*\(((?:[^()\"]|\"(?:\\.|[^\"\\])*\"|\([^()]*\))*)\)", re.MULTILINE)
WORD = re.compile(r'"(?:\\.|[^"\\])*"|[^\s"]+')
# The calls that declare a target of ours, each with the keywords that its lists stand behind.
DECLARING = {
    "vidi_module": ("SOURCES", "DEPENDS", "PRIVATE"),
    "vidi_interface": ("DEPENDS",),
    "vidi_test": ("SOURCES", "DEPENDS", "LABEL"),
    "vidi_benchmark": ("DEPENDS",),
    "vidi_fuzzer": ("DEPENDS", "CORPUS"),
}
TESTS = ("vidi_test", "vidi_benchmark", "vidi_fuzzer")
KINDS_OF_LIBRARY = ("STATIC", "SHARED", "OBJECT", "INTERFACE", "IMPORTED", "EXCLUDE_FROM_ALL", "GLOBAL")


@dataclass
class Target:
    """A library or a program of ours."""

    name: str  # as others link it: vidi::core; of a program or a test, its own name
    folder: str  # from the project's folder, with /
    kind: str  # module, interface, program or test
    sources: set[str] = field(default_factory=set)
    public: set[str] = field(default_factory=set)  # links that its headers need
    private: set[str] = field(default_factory=set)


@dataclass
class Tree:
    """What is declared. Targets are found by the name that others link."""

    wings: list[str]
    uses: dict[str, set[str]]
    targets: dict[str, Target] = field(default_factory=dict)

    def wing_of(self, path):
        """The wing that a file or folder lies in; None outside of src/ and in a folder that is no wing."""
        parts = path.split("/")
        return parts[1] if len(parts) > 1 and parts[0] == "src" and parts[1] in self.wings else None

    def modules(self, wing):
        """The folders of a wing that hold modules, from the bottom up, with the targets that lie in each or below it."""
        found = {}
        for target in self.targets.values():
            parts = target.folder.split("/")
            if target.kind in ("module", "interface") and parts[:2] == ["src", wing] and len(parts) > 2:
                found.setdefault(parts[2], []).append(target)
        return found

    def reached(self, target):
        """The targets whose headers a source of this target may include: its links, and what their headers need."""
        seen = set()
        waiting = [target.name, *target.public, *target.private]
        while waiting:
            name = waiting.pop()
            if name not in seen and name in self.targets:
                seen.add(name)
                if name != target.name:
                    waiting.extend(self.targets[name].public)
        return seen

    def used_wings(self, targets):
        """The wings that these targets link modules of."""
        linked = {name for target in targets for name in target.public | target.private}
        wings = {self.wing_of(self.targets[name].folder) for name in linked if name in self.targets}
        return wings - {None}


def calls(text):
    """Every call of a file of CMake, as its name and its words without quotes."""
    text = re.sub(r"(?m)#[^\n]*", "", text)
    for found in CALL.finditer(text):
        yield found.group(1), [word.strip('"') for word in WORD.findall(found.group(2))]


def by_keyword(words, keywords):
    """The words behind each keyword; those before the first stand under ''."""
    lists = {"": []}
    current = ""
    for word in words:
        if word in keywords:
            current = word
            lists.setdefault(word, [])
        else:
            lists[current].append(word)
    return lists


def source_path(word, folder):
    """A source as a CMakeLists.txt names it, from the project's folder; of the build's own files, nothing."""
    if "${CMAKE_CURRENT_BINARY_DIR}" in word or "${CMAKE_BINARY_DIR}" in word:
        return None
    if word.startswith("${CMAKE_SOURCE_DIR}/"):
        return word.removeprefix("${CMAKE_SOURCE_DIR}/")
    return f"{folder}/{word.removeprefix('${CMAKE_CURRENT_SOURCE_DIR}/')}"


class Reader:
    """Reads one CMakeLists.txt after the other into a Tree."""

    def __init__(self, tree):
        self.tree = tree
        self.aliases = {}  # vidi_core -> vidi::core

    def add(self, target):
        self.tree.targets[target.name] = target
        return target

    def known(self, name):
        return self.tree.targets.get(self.aliases.get(name, name))

    def declare(self, call, words, folder):
        lists = by_keyword(words, DECLARING[call])
        name = lists[""][0]
        kind = "test" if call in TESTS else call.removeprefix("vidi_")
        target = self.add(Target(name if kind == "test" else f"vidi::{name}", folder, kind))
        if kind != "test":
            self.aliases[f"vidi_{name}"] = target.name
        sources = lists.get("SOURCES", [f"{name}.cpp"] if kind == "test" else [])
        target.sources = {path for word in sources if (path := source_path(word, folder))}
        links = set(lists.get("DEPENDS", []))
        target.private = set(lists.get("PRIVATE", []))
        if kind == "test":
            target.private |= links
        else:
            target.public = links

    def declare_plainly(self, words, folder, kind):
        """add_library, add_executable and the like."""
        if "ALIAS" in words:
            if target := self.tree.targets.pop(words[2], None):
                self.aliases[words[2]] = words[0]
                target.name = words[0]
                self.add(target)
            return
        sources = {path for word in words[1:] if word not in KINDS_OF_LIBRARY and (path := source_path(word, folder))}
        self.add(Target(words[0], folder, kind, sources))

    def link(self, words):
        target = self.known(words[0])
        if target is None:
            return
        lists = by_keyword(words[1:], ("PUBLIC", "PRIVATE", "INTERFACE"))
        target.public |= set(lists.get("PUBLIC", []) + lists.get("INTERFACE", []))
        target.private |= set(lists.get("PRIVATE", []) + lists[""])

    def read(self, text, folder):
        for call, words in calls(text):
            if not words or "${name}" in words[0] or "${" in words[0]:
                continue
            if call in DECLARING:
                self.declare(call, words, folder)
            elif call in ("add_executable", "nanobind_add_module"):
                self.declare_plainly(words, folder, "program")
            elif call == "add_library":
                self.declare_plainly(words, folder, "module")
            elif call == "target_link_libraries":
                self.link(words)
            elif call == "target_sources" and (target := self.known(words[0])):
                target.sources |= {path for word in words[2:] if (path := source_path(word, folder))}


def read_wings(text):
    """The wings from the bottom up, and which each may use, of the text of cmake/VidiWings.cmake."""
    wings, uses = [], {}
    for call, words in calls(text):
        if call != "set" or not words:
            continue
        if words[0] == "VIDI_WINGS":
            wings = words[1:]
        elif found := re.fullmatch(r"VIDI_WING_(\w+)_USES", words[0]):
            uses[found.group(1)] = set(words[1:])
    return wings, uses


def folders(root, folder):
    """The folders with a CMakeLists.txt from this one on, in the order in which CMake enters them."""
    text = (root / folder / "CMakeLists.txt").read_text()
    yield folder, text
    for call, words in calls(text):
        if call == "add_subdirectory" and "${" not in words[0] and (root / folder / words[0] / "CMakeLists.txt").is_file():
            yield from folders(root, f"{folder}/{words[0]}")


def read_tree(root, tops=("src", "apps", "python", "tests/fuzz", "benchmarks")):
    """The tree of the project in this folder."""
    root = Path(root)
    tree = Tree(*read_wings((root / "cmake/VidiWings.cmake").read_text()))
    reader = Reader(tree)
    for top in tops:
        if (root / top / "CMakeLists.txt").is_file():
            for folder, text in folders(root, top):
                reader.read(text, folder)
    return tree
