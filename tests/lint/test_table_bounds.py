"""What is registered in a table must not be named all over the tree."""

import unittest
from unittest import mock

import small_tree  # noqa: F401  (puts scripts/ on the path)
import table_bounds

WEBP = {"src/vision/image/webp.cpp": 'constinit const Format kWebp{.name = "WEBP",\n'}
REGISTERED = {
    "src/vision/image/formats.hpp": "extern const Format kWebp;\n",
    "src/vision/image/CMakeLists.txt": "SOURCES webp.cpp\n",
    "docs/reference/api.md": "WebP\n",
}


def findings(texts):
    """Of the picture formats, in a tree of these texts alone."""
    with mock.patch.object(table_bounds, "_texts", lambda: texts):
        return [line for line in table_bounds.findings() if line.startswith("picture formats")]


def strewn(count):
    return {f"src/serving/api/page{i}.cpp": '"PNG, JPEG or WEBP"\n' for i in range(count)}


class Bounds(unittest.TestCase):
    def test_an_entry_within_its_bound_passes(self):
        self.assertEqual(findings({**WEBP, **REGISTERED}), [])
        self.assertEqual(findings({**WEBP, **REGISTERED, **strewn(4)}), [])

    def test_one_file_over_the_bound_is_found_and_named(self):
        found = findings({**WEBP, **REGISTERED, **strewn(5)})
        self.assertEqual(len(found), 1)
        self.assertIn("Webp", found[0])
        self.assertIn("src/serving/api/page4.cpp", found[0])

    def test_a_table_whose_entries_are_found_no_more_is_an_error(self):
        self.assertTrue(findings(REGISTERED))

    def test_every_table_of_the_tree_is_within_its_bounds(self):
        self.assertEqual(list(table_bounds.findings()), [])
        names = {table.name for table, _, _ in table_bounds.counted()}
        self.assertEqual(
            names,
            {"record stores", "object stores", "inference runtimes", "picture formats", "fields of a prediction"},
        )


if __name__ == "__main__":
    unittest.main()
