#!/usr/bin/python3
"""Adds up JUnit reports of ctest and pytest and ends in one line `N passed, N failed, N skipped`.

test_summary.py [--status RUNNER=EXIT_STATUS]... REPORT.xml...

Names every failed test and why each skipped one was skipped. Exits with 1 when a test failed, when a runner failed
though none of its tests did, or when nothing ran.
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

    def line(self):
        return f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped"


def name_of(case):
    """`Suite.Test` for GoogleTest, `test_file::test_name` for pytest."""
    name, group = case.get("name", "?"), case.get("classname", "")
    return name if not group or group == name else f"{group}::{name}"


def skip_reason(case, skipped):
    """Why a test was skipped; None when it should have run."""
    message = skipped.get("message", "")
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
    elif case.get("status") == "disabled":  # ctest's
        summary.skipped.append(f"{name_of(case)}: disabled")
    elif skipped is None:
        summary.passed += 1
    elif (reason := skip_reason(case, skipped)) is None:
        summary.failed.append(f"{name_of(case)} (did not run: {skipped.get('message')})")
    else:
        summary.skipped.append(f"{name_of(case)}: {reason}")


def summarize(reports, statuses):
    summary = Summary()
    for report in reports:
        try:
            for case in ElementTree.parse(report).iter("testcase"):
                add_case(summary, case)
        except (OSError, ElementTree.ParseError) as error:
            summary.failed.append(f"the report {Path(report).name} (cannot be read: {error})")
    for status in statuses:
        runner, _, code = status.partition("=")
        if code != "0" and not summary.failed:
            summary.failed.append(f"{runner} (ended with status {code})")
    return summary


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--status", action="append", default=[], metavar="RUNNER=EXIT_STATUS")
    parser.add_argument("reports", nargs="*", metavar="REPORT.xml")
    arguments = parser.parse_args()
    summary = summarize(arguments.reports, arguments.status)
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
