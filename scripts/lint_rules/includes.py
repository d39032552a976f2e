"""Each folder of src/ is a wing, and each include goes to a module that its target links, in a wing that it may use."""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)
WINGS = "cmake/VidiWings.cmake"


def check_readme(tree, wing, text):
    """It names every module of its wing."""
    for module in tree.modules(wing):
        if f"`{module}/`" not in text:
            yield f"src/{wing}/README.md:1: does not say what {module}/ is"


def check_folders(tree, files):
    """`files` are all files of the project."""
    names = {name.split("/")[1] for name in files if name.startswith("src/") and name.count("/") > 1}
    for name in sorted(names - set(tree.wings)):
        yield f"src/{name}: is no wing; the wings are {', '.join(tree.wings)} ({WINGS})"
    for wing in tree.wings:
        if f"src/{wing}/README.md" not in files:
            yield f"src/{wing}: has no README.md that says what lives here, what it may use and where to begin"


class Includes:
    """The includes of the project's C++ files, held against its targets."""

    def __init__(self, tree, files):
        self.tree = tree
        self.files = set(files)
        self.by_folder = {}
        self.by_source = {}
        self.reached = {}
        for target in tree.targets.values():
            self.by_folder.setdefault(target.folder, []).append(target)
            for source in target.sources:
                self.by_source.setdefault(source, []).append(target)

    def find(self, include):
        """The file of a module that an include names; None of libraries, generated files and a program's own headers."""
        for wing in self.tree.wings:
            if f"src/{wing}/{include}" in self.files:
                return f"src/{wing}/{include}"
        return None

    def targets_of_folder(self, path):
        """Those of the innermost folder around a file that declares any."""
        folder = path.rpartition("/")[0]
        while folder and folder not in self.by_folder:
            folder = folder.rpartition("/")[0]
        return self.by_folder.get(folder, [])

    def reached_from(self, targets):
        reached = set()
        for target in targets:
            if target.name not in self.reached:
                self.reached[target.name] = self.tree.reached(target)
            reached |= self.reached[target.name]
        return reached

    def users(self, name):
        """The targets that a file is compiled in, each alone; of a header, those of its folder together."""
        if name in self.by_source:
            return [[target] for target in self.by_source[name]]
        targets = self.targets_of_folder(name)
        return [targets] if targets else []

    def check(self, name, text):
        own = self.tree.wing_of(name)
        for found in INCLUDE.finditer(text):
            header = self.find(found.group(1))
            if header is None:
                continue
            place = f"{name}:{text.count(chr(10), 0, found.start(1)) + 1}"
            other = self.tree.wing_of(header)
            # A test stands above all that it links, and nothing links a test.
            if own and other != own and other not in self.tree.uses.get(own, ()) and not name.endswith("_test.cpp"):
                yield f"{place}: {own} may not use {other} ({WINGS})"
                continue
            owners = {target.name for target in self.targets_of_folder(header) if target.kind != "test"}
            for targets in self.users(name):
                if owners and not owners & self.reached_from(targets):
                    target = next((each for each in targets if each.kind != "test"), targets[0])
                    yield (
                        f"{place}: includes a header of {' or '.join(sorted(owners))}, which {target.name} does not link "
                        f"({target.folder}/CMakeLists.txt)"
                    )
                    break
