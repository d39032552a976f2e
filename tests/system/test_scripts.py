"""The scripts behind make: a test that did not run, or a rule that was broken, must not go unseen."""

import importlib.util
import subprocess
import sys

import pytest
from harness.server import ROOT


sys.path.insert(0, str(ROOT / "scripts"))  # for what they import of one another


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"scripts/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


lint = load("lint")


def summarize(folder, *cases, statuses=()):
    """The lines and the exit status of test_summary.py for a report with these cases."""
    report = folder / "report.xml"
    report.write_text(f"<testsuite>{''.join(cases)}</testsuite>")
    command = [sys.executable, ROOT / "scripts/test_summary.py", *(f"--status={each}" for each in statuses), report]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.returncode


PASSED = '<testcase name="A.Passed" classname="A.Passed" status="run"/>'
FAILED = '<testcase name="A.Failed" classname="A.Failed" status="fail"><failure/></testcase>'
SKIPPED = (
    '<testcase name="A.Skipped" classname="A.Skipped" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
    "<system-out>[ RUN      ] A.Skipped\na_test.cpp:3: Skipped\nVIDI_DATA is not set\n\n[  SKIPPED ] A.Skipped (0 ms)\n"
    "</system-out></testcase>"
)
NOT_BUILT = (
    '<testcase name="a_test_NOT_BUILT" classname="a_test_NOT_BUILT" status="notrun">'
    '<skipped message="Unable to find executable"/></testcase>'
)
DISABLED = '<testcase name="A.Off" classname="A.Off" status="disabled"/>'
PYTEST_SKIPPED = '<testcase name="test_a" classname="b"><skipped message="no curl"/></testcase>'
PYTEST_ERROR = '<testcase name="test_a" classname="b"><error message="fixture"/></testcase>'


@pytest.mark.parametrize(
    ("cases", "last", "status"),
    [
        ([PASSED], "1 passed, 0 failed, 0 skipped", 0),
        ([PASSED, SKIPPED, DISABLED, PYTEST_SKIPPED], "1 passed, 0 failed, 3 skipped", 0),
        ([PASSED, FAILED], "1 passed, 1 failed, 0 skipped", 1),
        ([PASSED, NOT_BUILT], "1 passed, 1 failed, 0 skipped", 1),
        ([PASSED, PYTEST_ERROR], "1 passed, 1 failed, 0 skipped", 1),
        ([], "0 passed, 0 failed, 0 skipped", 1),
        ([SKIPPED], "0 passed, 0 failed, 1 skipped", 1),
    ],
)
def test_the_closing_line_counts_everything(tmp_path, cases, last, status):
    lines, code = summarize(tmp_path, *cases)
    assert (lines[-1], code) == (last, status)


def test_a_runner_that_failed_without_a_failed_test_counts(tmp_path):
    lines, code = summarize(tmp_path, PASSED, statuses=["pytest=2"])
    assert (lines[-1], code) == ("1 passed, 1 failed, 0 skipped", 1)
    assert "pytest" in lines[0]


def test_skips_are_given_with_their_reason(tmp_path):
    lines, _ = summarize(tmp_path, PASSED, SKIPPED)
    assert "skipped: A.Skipped: VIDI_DATA is not set" in lines


@pytest.mark.parametrize(
    "code",
    [
        "co_await f({.a = 1});",
        "auto x = co_await f(Bytes{1});",
        "co_return co_await f(g(), Options{\n  .a = 1});",
        "co_await Awaiter{*this};",
        "if (co_await f({1})) { g(); }",
    ],
)
def test_lint_finds_aggregates_in_co_await(code):
    assert list(lint.aggregates_in_co_await(code))


@pytest.mark.parametrize(
    "code",
    [
        "if (co_await f(a)) { g(); }",
        "while (auto x = co_await f(a)) {\n}",
        "co_await run_on(workers, [&] { return A{1}; });",
        "co_await run_on(workers, [&](int a) -> int { return a; });",
        "const A a{1};\nco_await f(a);\nB b{2};",
        "Task<void> f() { co_await g(); }",
    ],
)
def test_lint_leaves_other_braces_alone(code):
    assert not list(lint.aggregates_in_co_await(code))


@pytest.mark.parametrize("line", ["see " + "/" + "work/x", "https://pypi." + "org/simple", "cd /" + "root/vidi"])
def test_lint_finds_what_belongs_to_one_machine(line):
    assert list(lint.check_text("a.md", line))
    assert not list(lint.check_text("a.md", "see docs/work/x and workers/root/x"))
