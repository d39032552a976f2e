#!/usr/bin/python3
"""The rules of this project that no compiler or formatter knows. Prints FILE:LINE: what is wrong, and exits with 1."""

import re
import subprocess
import sys
from pathlib import Path

import table_bounds

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import draw_architecture  # noqa: E402
from lint_rules import functions, glossary, history  # noqa: E402
from lint_rules.code import without_comments_and_strings  # noqa: E402
from lint_rules.includes import Includes, check_folders, check_readme  # noqa: E402
from lint_rules.paths import Paths  # noqa: E402
from wings import read_tree  # noqa: E402

MAX_LINES = 500
# Files that may be longer, each with its reason.
LONG_FILES = {}
CODE = (".cpp", ".hpp")
# Headers of ours that are precompiled. g++ knows a file again for `#pragma once` by its time, which another clone that
# takes the precompiled header from the compiler's cache has not; a guard is known by its name.
PRECOMPILED = {f"src/platform/core/{name}.hpp" for name in ("result", "task", "task_impl")}
# Addresses of package registries and folders of one machine: each user has others. The brackets keep this file
# from naming them itself.
FOREIGN = [
    (
        "a package registry",
        re.compile(
            r"\bpythonhosted(?:\.)org|\bpypi(?:\.)org|\bregistry(?:\.)npmjs|\b(?:static\.|index\.)crates(?:\.)io"
            r"|\bproxy(?:\.)golang|\brepo\d*(?:\.)maven|\bdeb(?:\.)debian"
        ),
    ),
    ("a folder of one machine", re.compile(r"(?<![\w.\-/$}])/(?:work|root|home/\w+)/\w")),
]


def committed_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def read_text(name):
    """The text of a file; None of data and of whatever else is no text."""
    content = (ROOT / name).read_bytes()
    if b"\0" in content or name.startswith(("tests/data/", "tests/fuzz/corpus/")) and not name.endswith(".md"):
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


# What stands before the brace of a body: of a lambda, or of a statement whose condition has just been closed.
BODY = re.compile(r"(?:[)\]]|\bmutable|\bnoexcept|->\s*[\w:<>,&* ]+)\s*$")


def aggregates_in_co_await(code):
    """Lines on which a braced value is built inside a co_await expression, which g++ 12 destroys twice."""
    for found in re.finditer(r"\bco_await\b", code):
        brackets = 0
        bodies = 0  # lambdas' bodies that are open: what is in them belongs to another function
        for position in range(found.end(), len(code)):
            character = code[position]
            if character == "{" and (bodies > 0 or (brackets > 0 and BODY.search(code[:position][-200:]))):
                bodies += 1
            elif character == "{":
                if not code[:position].rstrip().endswith(")"):  # the body of `if (co_await ...)`
                    yield code.count("\n", 0, position) + 1
                break
            elif character == "}":
                bodies -= 1
            elif bodies > 0:
                continue
            elif character in "([":
                brackets += 1
            elif character in ")]":
                brackets -= 1
            if brackets < 0 or bodies < 0 or (character == ";" and bodies == 0):
                break


# `using a::b::Name;` and `namespace name = a::b;`
BROUGHT_IN = re.compile(r"^[ \t]*(?:using\s+(?:\w+::)+(\w+)|namespace\s+(\w+)\s*=[^;]*);", re.MULTILINE)


def unused_names(code):
    """Lines that bring in a name which the file does not use."""
    for found in BROUGHT_IN.finditer(code):
        name = found.group(1) or found.group(2)
        if len(re.findall(rf"\b{name}\b", code)) < 2:
            yield code.count("\n", 0, found.start()) + 1, name


def listed_sources():
    """Every file that a CMakeLists.txt or a .cmake file names."""
    named = set()
    for name in committed_files():
        if not name.endswith(("CMakeLists.txt", ".cmake")):
            continue
        text = re.sub(r"#[^\n]*", "", (ROOT / name).read_text())
        folder = Path(name).parent
        # vidi_benchmark(name ...) and the like build name.cpp.
        words = re.findall(r"[\w./${}-]+\.cpp", text) + [f"{word}.cpp" for word in re.findall(r"^\w+\((\w+)", text, re.M)]
        for word in words:
            path = word.replace("${CMAKE_SOURCE_DIR}/", "/").replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
            full = path[1:] if path.startswith("/") else (folder / path).as_posix()
            named.add(Path(full).as_posix())
    return {(ROOT / name).resolve() for name in named}


def check_code(name, text):
    lines = text.count("\n")
    if lines > MAX_LINES and name not in LONG_FILES:
        yield f"{name}:{lines}: longer than {MAX_LINES} lines; divide it, or list it with a reason in scripts/lint.py"
    code = without_comments_and_strings(text)
    for line in aggregates_in_co_await(code):
        yield f"{name}:{line}: a braced value is built inside co_await; name it first (g++ 12 destroys it twice)"
    yield from functions.check(name, code)
    if name.endswith(".cpp"):
        for line, brought_in in unused_names(code):
            yield f"{name}:{line}: {brought_in} is brought in and not used"
    begins = "#ifndef VIDI_" if name in PRECOMPILED else "#pragma once"
    if name.endswith(".hpp") and not text.startswith(begins):
        yield f"{name}:1: this header begins with {begins}"


def check_text(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FOREIGN:
            if found := pattern.search(line):
                yield f"{name}:{number}: names {what}: {found.group()}"
        if line.rstrip() != line and not name.endswith((".md", ".patch")):
            yield f"{name}:{number}: ends in white space"


def check_python(name, text):
    try:
        compile(text, name, "exec")
    except SyntaxError as error:
        yield f"{name}:{error.lineno}: {error.msg}"


def findings():
    sources = listed_sources()
    files = committed_files()
    tree = read_tree(ROOT)
    includes = Includes(tree, files)
    paths = Paths(tree, files)
    yield from check_folders(tree, files)
    yield from history.check(ROOT)
    yield from draw_architecture.check(ROOT, tree)
    for name in files:
        text = read_text(name)
        if text is None:
            continue
        yield from check_text(name, text)
        yield from paths.check(name, text)
        if name == "GLOSSARY.md":
            yield from glossary.check(name, text)
        if name.endswith("/README.md") and name.count("/") == 2 and (wing := tree.wing_of(name)):
            yield from check_readme(tree, wing, text)
        if name.endswith(CODE):
            yield from check_code(name, text)
            yield from includes.check(name, text)
        if name.endswith(".cpp") and (ROOT / name).resolve() not in sources:
            yield f"{name}:1: is in no CMakeLists.txt, so nothing builds it"
        if name.endswith(".py"):
            yield from check_python(name, text)
    yield from table_bounds.findings()


def main():
    found = list(findings())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
