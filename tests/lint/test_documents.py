"""Paths that documents name are there, the picture is that of the tree, and commits name no machine's folders."""

import tempfile
import unittest
from pathlib import Path

from small_tree import ROOT, small_tree

import draw_architecture
from lint_rules import glossary, history
from lint_rules.paths import Paths


def missing(text, name="ARCHITECTURE.md"):
    with small_tree() as (tree, files):
        return list(Paths(tree, files).check(name, text))


class NamedPaths(unittest.TestCase):
    def test_what_is_not_there_is_named_with_its_line(self):
        found = missing("\nsee `src/storage/nothing.cpp` and `nothing.hpp`\n")
        self.assertEqual(
            found,
            ["ARCHITECTURE.md:2: there is no src/storage/nothing.cpp", "ARCHITECTURE.md:2: there is no file nothing.hpp"],
        )

    def test_paths_count_from_the_project_and_from_a_wing(self):
        self.assertEqual(missing("`src/storage/records/record_store.hpp`, `records/record_store.hpp`, `records/memory/`"), [])
        self.assertTrue(missing("`records/posts/`"))

    def test_names_that_stand_for_others_and_lists_are_understood(self):
        self.assertEqual(missing("`records/NAME_store.hpp`, `src/{storage,platform}/README.md`, `build/test/x`"), [])
        self.assertTrue(missing("`src/{storage,nothing}/README.md`"))

    def test_blocks_are_read_too(self):
        self.assertTrue(missing("\n    src/storage/nothing/    what is there\n"))

    def test_other_code_is_no_path(self):
        self.assertEqual(missing("`GET /health/ready`, `a/b`, `vidi::core`, `1/2`, `--records sqlite:data/x.db`"), [])

    def test_documents_named_anywhere_are_there(self):
        self.assertEqual(missing("// docs/how-to/run.md says more.", "src/a.hpp"), [])
        old = "docs" + "/run.md"  # taken apart, since this file is read too
        self.assertEqual(missing(f"// {old} says more.", "src/a.hpp"), [f"src/a.hpp:1: there is no {old}"])
        self.assertEqual(missing(f"# https://example.org/{old}", "a.py"), [])


class Picture(unittest.TestCase):
    def test_it_is_found_to_be_old(self):
        with small_tree() as (tree, _), tempfile.TemporaryDirectory() as folder:
            self.assertTrue(list(draw_architecture.check(folder, tree)))
            picture = Path(folder) / draw_architecture.PICTURE
            picture.parent.mkdir(parents=True)
            picture.write_text(draw_architecture.draw(tree))
            self.assertEqual(list(draw_architecture.check(folder, tree)), [])
        module = {
            "src/platform/CMakeLists.txt": "add_subdirectory(core)\nadd_subdirectory(files)\nadd_subdirectory(y)\n",
            "src/platform/y/CMakeLists.txt": "vidi_module(y SOURCES y.cpp)\n",
        }
        with small_tree(**module) as (other, _):
            self.assertNotEqual(draw_architecture.draw(other), draw_architecture.draw(tree))

    def test_another_implementation_inside_of_a_module_does_not_change_it(self):
        inside = {
            "src/platform/core/CMakeLists.txt": "vidi_module(core SOURCES core.cpp DEPENDS fmt::fmt)\nadd_subdirectory(y)\n",
            "src/platform/core/y/CMakeLists.txt": "vidi_module(y SOURCES y.cpp)\n",
        }
        with small_tree() as (tree, _), small_tree(**inside) as (other, _):
            self.assertEqual(draw_architecture.draw(other), draw_architecture.draw(tree))

    def test_arrows_that_follow_from_others_are_left_out(self):
        with small_tree() as (tree, _):
            boxes = draw_architecture.boxes_of(tree)
        self.assertEqual(boxes["serving"].uses, {"platform", "storage"})
        self.assertEqual(draw_architecture.reduced(boxes)["serving"], {"storage"})


class Subjects(unittest.TestCase):
    def test_a_folder_of_one_machine_is_named(self):
        for folder in ("/" + "work/main", "$T/main", "/tmp/clone", "~/vidi"):
            self.assertTrue(list(history.check_subjects([f"1234567 Merge branch 'x' of {folder}"])), folder)

    def test_paths_that_mean_the_same_everywhere_are_not(self):
        subjects = ["1 Serve /health/ready before /metrics", "2 Install into /var/lib/vidi", "3 Sort docs/work and src/root"]
        self.assertEqual(list(history.check_subjects(subjects)), [])

    def test_no_history_is_no_finding(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(list(history.check(folder)), [])


class Glossary(unittest.TestCase):
    def test_a_word_that_is_out_of_order_is_named(self):
        head = "# Words\n\n| word | meaning here |\n|---|---|\n"
        self.assertEqual(list(glossary.check("a", head + "| apple | x |\n| Ritz vector | x |\n| view | x |\n")), [])
        (found,) = glossary.check("a", head + "| view | x |\n| apple | x |\n")
        self.assertTrue(found.startswith("a:6: 'apple' stands behind 'view'"), found)


class Tree(unittest.TestCase):
    def test_the_project_is_read(self):
        from wings import read_tree

        tree = read_tree(ROOT)
        self.assertIn("vidi::core", tree.targets)
        self.assertEqual(tree.wing_of("src/platform/core/result.hpp"), "platform")
        self.assertIn("vidi::core", tree.reached(tree.targets["vidi::files"]))


if __name__ == "__main__":
    unittest.main()
