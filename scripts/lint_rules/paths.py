"""The paths that documents name are there."""

import fnmatch
import re

# Documents whose code is read for paths of the tree; of all other files, only what stands in docs/.
MAPS = re.compile(r"ARCHITECTURE\.md|CONTRIBUTING\.md|src/[^/]+/README\.md")
SPAN = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^(?: {4}|\t)(\S.*)$", re.MULTILINE)
PATH = re.compile(r"(?<![\w./$~:{}\-])\.?[\w{}*,\-]+(?:/[\w.{}*,\-]*)+")
SOURCE = re.compile(r"(?<![\w./*\-])[\w\-]+\.(?:cpp|hpp|py|sh|cmake|proto)(?![\w/])")
# What a name stands for, as in apps/vidi/command_NAME.cpp.
PLACEHOLDER = re.compile(r"(?<![A-Za-z.])[A-Z][A-Z_]+(?![A-Za-z])|(?<=_)[A-Z]+(?=[_.])|X(?=_test|\.)")
DOCUMENT = re.compile(r"(?<![\w./\-}])docs/[\w./\-]+\.(?:md|toml|png|svg)\b")
# Made by a build or by set-up; no file of the tree.
MADE = ("build/",)


class Paths:
    """What is there: files and the folders around them."""

    def __init__(self, tree, files):
        self.files = set(files)
        self.there = set(files)
        for name in files:
            parts = name.split("/")
            self.there.update("/".join(parts[:end]) for end in range(1, len(parts)))
        self.names = {name.rpartition("/")[2] for name in files}
        self.bases = ["", "src/", *(f"src/{wing}/" for wing in tree.wings)]
        self.tops = {name[len(base) :].split("/")[0] for base in self.bases for name in self.there if name.startswith(base)}

    def exists(self, path, bases):
        pattern = PLACEHOLDER.sub("*", path).rstrip("/")
        for base in bases:
            if "*" in pattern:
                if any(fnmatch.fnmatchcase(name, base + pattern) for name in self.there):
                    return True
            elif base + pattern in self.there:
                return True
        return False

    def check_word(self, place, word, bases):
        for found in PATH.findall(word):
            for path in spread(found.rstrip(".,")):
                if path.split("/")[0] in self.tops and not path.startswith(MADE) and not self.exists(path, bases):
                    yield f"{place}: there is no {path}"
        for name in SOURCE.findall(word):
            if not fnmatch.filter(self.names, PLACEHOLDER.sub("*", name)):
                yield f"{place}: there is no file {name}"

    def check_map(self, name, text):
        """The paths in the code of a document: from the project's folder, a wing's or the document's own."""
        own = name.rpartition("/")[0]
        bases = [*self.bases, f"{own}/"] if own else self.bases
        for pattern in (SPAN, BLOCK):
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start(1)) + 1
                yield from self.check_word(f"{name}:{line}", found.group(1), bases)

    def check(self, name, text):
        if MAPS.fullmatch(name):
            yield from self.check_map(name, text)
        for found in DOCUMENT.finditer(text):
            if found.group() not in self.files:
                yield f"{name}:{text.count(chr(10), 0, found.start()) + 1}: there is no {found.group()}"


def spread(path):
    """src/{a,b}/c as src/a/c and src/b/c."""
    found = re.search(r"\{([^{}]*)\}", path)
    if not found:
        return [path]
    return [each for word in found.group(1).split(",") for each in spread(path[: found.start()] + word + path[found.end() :])]
