"""Sources that are compiled as one have no name of their own in common."""

import tempfile
import unittest
from pathlib import Path

import small_tree  # noqa: F401  (puts scripts/ on the path)
from source_groups import groups_of, names_of


class SourceGroups(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def source(self, name, local="", rest=""):
        path = self.folder / name
        path.write_text(f"namespace {{\n\n{local}\n\n}}  // namespace\n{rest}\n")
        return path

    def names(self, groups):
        return [[source.name for source in group] for group in groups]

    def test_what_a_source_declares_for_itself(self):
        local = (
            "struct State {\n  int inner = 0;\n};\nusing Clock = int;\nconstexpr int kMost = 3;\n"
            "template <typename T>\nbool is_sure(const T& answer) {\n  return answer;\n}\nenum class Kind { one };\nconstexpr int kEndings[] = {1};\nusing std::filesystem::path;"
        )
        found = names_of(self.source("a.cpp", local, "int shared();"))
        self.assertEqual(found, ({"State", "Clock", "kMost", "is_sure", "Kind", "kEndings"}, {"path"}))

    def test_a_name_in_common_keeps_two_sources_apart(self):
        sources = [
            self.source("a.cpp", "int count = 0;"),
            self.source("b.cpp", "void count() {}"),
            self.source("c.cpp", "int other = 0;"),
        ]
        self.assertEqual(self.names(groups_of(sources, 8)), [["a.cpp", "c.cpp"], ["b.cpp"]])

    def test_a_name_that_another_source_brings_in_keeps_them_apart(self):
        sources = [
            self.source("a.cpp", "using std::vector;"),
            self.source("b.cpp", "using std::vector;"),
            self.source("c.cpp", "struct vector {\n};"),
        ]
        self.assertEqual(self.names(groups_of(sources, 8)), [["a.cpp", "b.cpp"], ["c.cpp"]])

    def test_what_a_header_declares_too_keeps_a_source_alone(self):
        (self.folder / "table.hpp").write_text("enum class Table { by_day };\ninline Bytes gzip(ByteView plain) {\n}\n")
        sources = [
            self.source("a.cpp"),
            self.source("b.cpp", "struct Table {\n};"),
            self.source("c.cpp"),
            self.source("d.cpp", "Bytes gzip(std::string_view text) {\n}"),
        ]
        self.assertEqual(self.names(groups_of(sources, 8)), [["a.cpp", "c.cpp"], ["b.cpp"], ["d.cpp"]])

    def test_a_group_has_no_more_than_its_size(self):
        sources = [self.source(f"{name}.cpp") for name in "abcde"]
        self.assertEqual(self.names(groups_of(sources, 2)), [["a.cpp", "b.cpp"], ["c.cpp", "d.cpp"], ["e.cpp"]])


if __name__ == "__main__":
    unittest.main()
