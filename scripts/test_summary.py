#!/usr/bin/python3
"""Adds up the reports of tests and ends in one line `N passed, N failed, N skipped`.

test_summary.py [--status RUNNER=EXIT_STATUS]... [--times FILE] REPORT.xml...

A report is pytest's or ctest's, in JUnit's format. A GoogleTest program is one entry of ctest's; beside the report, in
GROUP/PROGRAM.xml, lies the program's own, whose tests count in its place. Names every failed test and why each skipped
one was skipped. Exits with 1 when a test failed, when a program or runner failed though none of its tests did, or when
nothing ran. --times adds the time of each test program and test file to a file, longest first.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

# How ctest begins its word on a test that skipped itself. Any other word (no such program, a failed fixture) is about a
# test that should have run.
CTEST_SKIP = "SKIP_"
GTEST_REASON = re.compile(r": Skipped\n(.*?)\n\s*\[  SKIPPED \]", re.DOTALL)


@dataclass
class Summary:
    passed: int = 0
    failed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)  # by program or file

    def line(self):
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def is_googletest(case):
    return case.get("result") is not None


def name_of(case):
    """`Suite.Test` for GoogleTest, `test_file::test_name` for pytest."""
    name, group = case.get("name", "?"), case.get("classname", "")
    if is_googletest(case):
        return f"{group}.{name}"
    return name if not group or group == name else f"{group}::{name}"


def skip_reason(case, skipped):
    """Why a test was skipped; None when it should have run."""
    message = skipped.get("message", "")
    if is_googletest(case):  # FILE:LINE, then the reason
        return " ".join(message.split("\n", 1)[-1].split()) or "no reason given"
    if case.get("status") is None:  # not ctest's
        return message or "no reason given"
    if not message.startswith(CTEST_SKIP):
        return None
    found = GTEST_REASON.search(case.findtext("system-out", ""))
    return " ".join(found.group(1).split()) if found and found.group(1).strip() else "no reason given"


def add_case(summary, case):
    skipped = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        summary.failed.append(name_of(case))
    elif case.get("status") == "disabled" or case.get("result") == "suppressed":  # ctest's, GoogleTest's
        summary.skipped.append(f"{name_of(case)}: disabled")
    elif skipped is None:
        summary.passed += 1
    elif (reason := skip_reason(case, skipped)) is None:
        summary.failed.append(f"{name_of(case)} (did not run: {skipped.get('message')})")
    else:
        summary.skipped.append(f"{name_of(case)}: {reason}")


def add_program(summary, case, report):
    """A GoogleTest program, an entry of ctest's: each of its tests, and its own end when it says more than they do."""
    failed_before = len(summary.failed)
    for test in ElementTree.parse(report).iter("testcase"):
        add_case(summary, test)
    if case.get("status") == "fail" and len(summary.failed) == failed_before:
        summary.failed.append(f"{case.get('name')} (failed after its tests)")


def add_report(summary, report):
    for case in ElementTree.parse(report).iter("testcase"):
        is_ctest = case.get("status") is not None
        file = case.get("name") if is_ctest else case.get("classname", "").rsplit(".", 1)[-1]
        summary.seconds[file] = summary.seconds.get(file, 0) + float(case.get("time", 0))
        if is_ctest and (own := next(report.parent.glob(f"*/{case.get('name')}.xml"), None)):
            add_program(summary, case, own)
        else:
            add_case(summary, case)


def summarize(reports, statuses):
    summary = Summary()
    for report in map(Path, reports):
        try:
            add_report(summary, report)
        except (OSError, ElementTree.ParseError) as error:
            summary.failed.append(f"the report {report.name} (cannot be read: {error})")
    for status in statuses:
        runner, _, code = status.partition("=")
        if code != "0" and not summary.failed:
            summary.failed.append(f"{runner} (ended with status {code})")
    return summary


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--status", action="append", default=[], metavar="RUNNER=EXIT_STATUS")
    parser.add_argument("--times", metavar="FILE")
    parser.add_argument("reports", nargs="*", metavar="REPORT.xml")
    arguments = parser.parse_args()
    summary = summarize(arguments.reports, arguments.status)
    if arguments.times:
        with open(arguments.times, "a", encoding="utf-8") as times:
            for name, seconds in sorted(summary.seconds.items(), key=lambda item: -item[1]):
                times.write(f"{seconds:8.1f} s  {name}\n")
    for skipped in summary.skipped:
        print(f"skipped: {skipped}")
    for failed in summary.failed:
        print(f"failed: {failed}")
    if not summary.passed and not summary.failed:
        print("no test ran, which counts as a failure")
    print(summary.line(), flush=True)
    sys.exit(1 if summary.failed or not summary.passed else 0)


if __name__ == "__main__":
    main()
