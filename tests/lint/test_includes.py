"""A wrong include is named with the rule that it breaks, and a right one is left alone."""

import unittest

from small_tree import small_tree

from lint_rules.includes import Includes, check_folders, check_readme


def findings(name, include, **changed):
    with small_tree(**changed) as (tree, files):
        return list(Includes(tree, files).check(name, f'#pragma once\n#include <vector>\n#include "{include}"\n'))


class Wings(unittest.TestCase):
    def test_a_wing_that_may_not_be_used_is_named(self):
        found = findings("src/storage/records/open.cpp", "http/server.hpp")
        self.assertEqual(
            found, ["src/storage/records/open.cpp:3: storage may not use serving (cmake/VidiWings.cmake)"]
        )

    def test_a_program_may_use_every_wing(self):
        self.assertEqual(findings("apps/vidi/main.cpp", "http/server.hpp"), [])

    def test_a_folder_that_is_no_wing_is_named(self):
        with small_tree(**{"src/helpers/strings.hpp": ""}) as (tree, files):
            (found,) = check_folders(tree, files)
        self.assertIn("src/helpers: is no wing; the wings are platform, storage, serving", found)

    def test_a_wing_without_a_readme_is_named(self):
        with small_tree() as (tree, files):
            (found,) = check_folders(tree, [name for name in files if name != "src/serving/README.md"])
        self.assertTrue(found.startswith("src/serving: has no README.md"), found)

    def test_a_readme_names_every_module(self):
        with small_tree() as (tree, _):
            self.assertEqual(list(check_readme(tree, "platform", "`core/`: results; `files/`: files")), [])
            found = list(check_readme(tree, "platform", "`core/`: results and files"))
        self.assertEqual(found, ["src/platform/README.md:1: does not say what files/ is"])

    def test_the_whole_of_it_is_in_order(self):
        with small_tree() as (tree, files):
            self.assertEqual(list(check_folders(tree, files)), [])


class Links(unittest.TestCase):
    def test_a_module_that_is_not_linked_is_named(self):
        (found,) = findings("src/platform/core/core.cpp", "files/file.hpp")
        self.assertEqual(
            found,
            "src/platform/core/core.cpp:3: includes a header of vidi::files, which vidi::core does not link "
            "(src/platform/core/CMakeLists.txt)",
        )

    def test_what_a_link_has_for_itself_alone_is_out_of_reach(self):
        self.assertTrue(findings("src/storage/records/open.cpp", "files/file.hpp"))

    def test_what_the_headers_of_a_link_need_is_in_reach(self):
        self.assertEqual(findings("src/storage/records/open.cpp", "core/result.hpp"), [])

    def test_an_implementation_reaches_the_interface_and_not_what_opens_it(self):
        self.assertEqual(findings("src/storage/records/memory/memory_store.cpp", "records/record_store.hpp"), [])
        alone = "vidi_module(records_memory SOURCES memory_store.cpp DEPENDS vidi::core PRIVATE vidi::files)\n"
        changed = {"src/storage/records/memory/CMakeLists.txt": alone}
        self.assertTrue(findings("src/storage/records/memory/memory_store.cpp", "records/record_store.hpp", **changed))

    def test_a_header_is_held_to_the_same(self):
        self.assertTrue(findings("src/platform/core/result.hpp", "files/file.hpp"))
        self.assertEqual(findings("src/storage/records/record_store.hpp", "core/result.hpp"), [])

    def test_a_test_may_use_what_it_links(self):
        self.assertTrue(findings("src/storage/records/open_test.cpp", "http/server.hpp"))
        linked = "vidi_test(records_test SOURCES open_test.cpp DEPENDS vidi::http)\n"
        changed = {"src/storage/records/CMakeLists.txt": linked}
        self.assertEqual(findings("src/storage/records/open_test.cpp", "http/server.hpp", **changed), [])

    def test_a_program_is_held_to_what_it_links(self):
        self.assertTrue(findings("apps/vidi/main.cpp", "records/record_store.hpp"))


if __name__ == "__main__":
    unittest.main()
