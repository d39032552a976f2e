"""What clang-tidy has found to be good is not checked again, in no clone, until something that it read has changed."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import small_tree  # noqa: F401  (puts scripts/ on the path)
import tidy

FILES = {
    "src/core/task.hpp": "#pragma once\n",
    "src/net/ask.hpp": '#if ASYNC\n#  include "core/task.hpp"\n#endif\n#include <vector>\n',
    "src/net/ask.cpp": '#include "net/ask.hpp"\n#include "words.hpp"\n#include "openssl/ssl.h"\n',
    "src/net/other.hpp": "",
    "build/generated/words.hpp": "",
}


class Tidy(unittest.TestCase):
    def clone(self, **changed):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = Path(folder.name).resolve()
        for name, text in {**FILES, **changed}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    def within(self, root, *more):
        flags = [f"-I{root}/src", "-isystem", f"{root}/build/generated", "-isystem", "/usr/include", *more]
        with mock.patch("tidy.ROOT", root):
            files = tidy.ours_within(root / "src/net/ask.cpp", flags)
            return [file.relative_to(root).as_posix() for file in files], tidy.name_in_cache(files, flags)

    def test_every_header_of_ours_is_found(self):
        found, _ = self.within(self.clone())
        self.assertEqual(found, ["build/generated/words.hpp", "src/core/task.hpp", "src/net/ask.cpp", "src/net/ask.hpp"])

    def test_a_clone_elsewhere_has_the_same_name(self):
        _, name = self.within(self.clone())
        self.assertEqual(self.within(self.clone()), self.within(self.clone(**{"src/net/other.hpp": "int other;"})))
        self.assertEqual(self.within(self.clone())[1], name)

    def test_what_is_read_changes_the_name(self):
        _, name = self.within(self.clone())
        self.assertNotEqual(self.within(self.clone(**{"src/core/task.hpp": "struct Task;"}))[1], name)
        self.assertNotEqual(self.within(self.clone(), "-DASYNC")[1], name)


if __name__ == "__main__":
    unittest.main()
