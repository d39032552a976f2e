#!/usr/bin/python3
"""How many files name an entry of a table, held to a bound.

What varies (kinds of stores, formats, runtimes) is registered in one table each, and everything else asks the table. So a
new entry touches few files, and a table that leaks is noticed here: prints FILE: what is wrong, and exits with 1.

    scripts/table_bounds.py            what is over its bound
    scripts/table_bounds.py --counts   the number of files for each entry of each table
    scripts/table_bounds.py --files    those files too
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

ROOT = Path(__file__).resolve().parent.parent
# Where a file counts that names an entry; tests do not.
FOLDERS = ("src/", "apps/", "python/", "cmake/", "scripts/", "docs/")
TEST = re.compile(r"_test\.cpp$|_tests?/|(^|/)tests?/")
# The history and the reasons of decisions name what they were about.
NEVER = re.compile(r"^docs/decisions/|^scripts/table_bounds\.py$")


@dataclass(frozen=True)
class Table:
    """A table of the program, and how its entries are found in the sources.

    In `named` and `homes`, {entry} is the entry's name, {home} the folder of the file that registers it, and {folder} the
    last part of that.
    """

    name: str
    sources: str  # a regular expression: the files that register entries
    entry: str  # a regular expression whose first group is an entry's name, in these files
    named: str  # a regular expression: a file whose text it matches names the entry
    bound: int  # on the files that a new entry touches: those that name it, and its least own ones
    homes: Tuple[str, ...] = ()  # folders and files of the entry itself, as beginnings of paths: its own, however many
    own: int = 0  # files of its own that an entry has at least
    folders: Tuple[str, ...] = FOLDERS  # beginnings of paths
    elsewhere: Tuple[str, ...] = ()  # regular expressions: files in which the same words mean something else


# A guide may show any store in an example; these are the pages that list the stores.
_STORE_FOLDERS = FOLDERS[:-1] + ("docs/reference/configuration.md", "docs/how-to/stores.md", "docs/reference/formats/")
# sqlite:PATH, s3://BUCKET, `memory:`, "memory:"
_URL = r"(?<![\w:.]){entry}:(?=[^\s:])"

TABLES: List[Table] = [
    Table(
        name="record stores",
        sources=r"src/storage/records/\w+/\w+\.cpp",
        entry=r'\.scheme = "(\w+)"',
        named=_URL + r"|{home}\b|\brecords::{folder}::|\brecords_{folder}\b",
        bound=12,
        # What a store of this database knows besides its records.
        homes=("{home}/", "src/platform/{entry}/", "src/storage/objects/"),
        own=3,  # CMakeLists.txt, a header and a source
        folders=_STORE_FOLDERS,
    ),
    Table(
        name="object stores",
        sources=r"src/storage/objects/\w+/\w+\.cpp",
        entry=r'\.scheme = "(\w+)"',
        named=_URL + r"|{home}\b|\bobjects::{folder}::|\bobjects_{folder}\b",
        bound=12,
        homes=("{home}/", "src/platform/{entry}/", "src/storage/records/"),
        own=3,
        folders=_STORE_FOLDERS,
        # Folders and buckets of pictures and tables, which batch jobs read and write; file:// of Java's programs.
        elsewhere=(
            r"scripts/(cassandra|spark)\.sh",
            r"src/batch/",
            r"apps/vidi/commands/(cost|features)\.cpp",
            r"python/src/vidi/spark/",
            r"docs/reference/formats/features\.md",
        ),
    ),
    Table(
        name="inference runtimes",
        sources=r"src/networks/inference/\w+/runtime\.cpp",
        entry=r'#include "inference/(\w+)/runtime\.hpp"',
        # By its name, its folder and target, or its libraries' names in any case.
        named=r"(?i:\b(?:lib|inference_)?{entry}\b)",
        bound=12,
        homes=("{home}/",),
        own=4,  # CMakeLists.txt, the runtime's header and source, picture networks
        # A guide that tells what networks can be brought is the one that lists runtimes.
        folders=FOLDERS[:-1] + ("docs/how-to/models.md",),
        # What a test or a sanitizer knows of one library, a peer to measure with, a model file's history, a list of
        # wheels' reasons.
        elsewhere=(
            r"scripts/(leaks|threads)\.supp",
            r"scripts/sanitizers\.sh",
            r"scripts/unlike_fruits\.py",
            r"scripts/requirements/(README\.md|spark\.in|test\.in)",
            r"src/\w+/README\.md",
            r"src/training/recipes/cnn\.cpp",
            r"src/networks/inference/(file_form\.hpp|test_leaks\.hpp)",
        ),
    ),
    Table(
        name="picture formats",
        sources=r"src/vision/image/\w+\.cpp",
        # PNG and JPEG are written too, TXT ends names of files of our own, and PDF has a renderer.
        entry=r"constinit const Format k(?!Png\b|Jpeg\b|Txt\b|Pdf\b)(\w+)\{",
        named=r"(?i:\bk?{entry}\b)",
        bound=8,
        homes=("src/vision/image/{lower}",),
        own=1,
    ),
    Table(
        name="fields of a prediction",
        sources=r"src/storage/records/prediction\.hpp",
        # Candidates and digits have a label too.
        entry=r'Field\{\.name = "(?!label)(\w+)"',
        named=r'"{entry}"',
        bound=6,
        own=2,  # where it is described, and where it is filled in
        homes=("src/storage/records/prediction.hpp",),
        # The forms of a prediction: code that decides by a field may name it as it likes.
        folders=(
            "src/storage/records/",
            "src/serving/api/answer",
            "src/serving/api/openapi",
            "src/administration/maintenance/record_listing",
            "python/native/",
            "python/src/vidi/prediction.py",
            "docs/reference/formats/prediction.md",
        ),
        # Tables of Cassandra that others have laid out; parameters of the native functions that have a field's name.
        elsewhere=(r"src/storage/records/cassandra/", r"python/native/(?!recognition)"),
    ),
]


def _committed() -> List[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name.startswith(FOLDERS) and (ROOT / name).is_file()]


def _texts() -> Dict[str, str]:
    """Of the files that count, by their names."""
    texts = {}
    for name in _committed():
        if TEST.search(name) or NEVER.search(name):
            continue
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # data
        # What a test links is the test's.
        texts[name] = re.sub(r"^vidi_test\([^)]*\)", "", text, flags=re.M) if name.endswith("CMakeLists.txt") else text
    return texts


def entries(table: Table, texts: Dict[str, str]) -> Dict[str, str]:
    """The folders of the files that register them, by the entries' names."""
    found = {}
    for name, text in texts.items():
        if re.fullmatch(table.sources, name):
            for match in re.finditer(table.entry, text):
                found[match.group(1)] = Path(name).parent.as_posix()
    return found


def _fill(pattern: str, entry: str, home: str) -> str:
    values = {"entry": re.escape(entry), "lower": entry.lower(), "home": home, "folder": Path(home).name}
    return re.sub(r"\{(" + "|".join(values) + r")\}", lambda found: values[found.group(1)], pattern)


def naming(table: Table, entry: str, home: str, texts: Dict[str, str]) -> List[str]:
    """The files that name the entry, without its own."""
    # Includes begin below the wing: src/storage/records/sqlite is records/sqlite in them.
    included = "/".join(Path(home).parts[2:]) if home.startswith("src/") else home
    named = re.compile(_fill(table.named, entry, included), re.MULTILINE)
    homes = tuple(_fill(place, entry, home) for place in table.homes)
    elsewhere = re.compile("|".join(table.elsewhere) or r"(?!)")
    return [
        name
        for name, text in texts.items()
        if name.startswith(table.folders)
        and not name.startswith(homes)
        and not elsewhere.match(name)
        and named.search(text)
    ]


def counted() -> Iterator[Tuple[Table, str, List[str]]]:
    texts = _texts()
    for table in TABLES:
        for entry, home in sorted(entries(table, texts).items()):
            yield table, entry, naming(table, entry, home, texts)


def findings() -> Iterator[str]:
    filled = set()
    for table, entry, names in counted():
        filled.add(table.name)
        if table.own + len(names) > table.bound:
            yield (
                f"{table.name}: {entry} takes {table.own} files of its own and is named in {len(names)} more, and an entry"
                f" may touch {table.bound}: {', '.join(names)}; ask the table instead"
            )
    for table in TABLES:
        if table.name not in filled:
            yield f"{table.name}: no entry matches in {table.sources}; mend the table in scripts/table_bounds.py"


def main() -> None:
    if sys.argv[1:] in (["--counts"], ["--files"]):
        for table, entry, names in counted():
            print(f"{table.name}: {entry}: {table.own + len(names)} of {table.bound}")
            if sys.argv[1] == "--files":
                print(*(f"    {name}" for name in names), sep="\n")
        return
    found = list(findings())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
