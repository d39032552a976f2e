"""Functions are found and counted, whatever braces stand around them; tables and types are no functions."""

import unittest

from small_tree import ROOT  # noqa: F401: scripts/ is where modules are looked for

from lint_rules import functions as rule
from lint_rules.code import functions, without_comments_and_strings


def found(code):
    return [(name, lines) for name, _, lines in functions(without_comments_and_strings(code))]


class Functions(unittest.TestCase):
    def test_a_function_counts_from_brace_to_brace(self):
        self.assertEqual(found("int f(int a) {\n  return a;\n}\n"), [("f", 3)])

    def test_members_are_found_in_types_and_namespaces(self):
        code = "namespace a::b {\nstruct S : T<int> {\n  int f() const noexcept {\n    return 1;\n  }\n};\n}\nint g() { return 2; }\n"
        self.assertEqual(found(code), [("f", 3), ("g", 1)])

    def test_values_of_members_are_no_bodies(self):
        self.assertEqual(found("S::S(int a)\n    : a_{a},\n      b_{1} {\n  go();\n}\n"), [("S::S", 3)])

    def test_defaults_in_braces_are_no_bodies(self):
        self.assertEqual(found("void f(Options options = {}) {\n}\nvoid g();\n"), [("f", 2)])

    def test_a_template_with_class_in_it_is_a_function(self):
        self.assertEqual(found("template <class T>\nT f(T t) {\n  return t;\n}\n"), [("f", 3)])

    def test_tables_and_enumerations_are_none(self):
        code = "const int kTable[] = {\n  1,\n  f(2),\n};\nenum class E { a, b };\nconst S kOther{\n  1,\n};\nint f() {\n}\n"
        self.assertEqual(found(code), [("f", 2)])

    def test_braces_in_strings_comments_and_macros_do_not_count(self):
        code = '#define M(a) { \\\n  (a)\nint f() {\n  // {\n  return g("{", \'{\', R"({)", 1\'000);\n}\n'
        self.assertEqual(found(code), [("f", 4)])

    def test_a_lambda_counts_to_its_function(self):
        self.assertEqual(found("void f() {\n  g([] {\n    h();\n  });\n}\n"), [("f", 5)])

    def test_one_over_the_limit_is_named_with_its_line(self):
        body = "  go();\n"
        self.assertEqual(list(rule.check("a.cpp", "\nvoid f() {\n" + body * (rule.MAX_LINES - 2) + "}\n")), [])
        (named,) = rule.check("a.cpp", "\nvoid f() {\n" + body * (rule.MAX_LINES - 1) + "}\n")
        self.assertTrue(named.startswith("a.cpp:2: f has 61 lines, more than 60"), named)


if __name__ == "__main__":
    unittest.main()
