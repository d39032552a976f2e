"""The scripts that build, test and check: what they say while they work, and what they count."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness.server import ROOT


def progress(tmp_path, command, *options):
    arguments = [sys.executable, ROOT / "scripts/progress.py", *options, "build", "--", "bash", "-c", command]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_steps_are_condensed_and_errors_passed_on(tmp_path):
    steps = "".join(f"echo '[{i}/40] Building CXX object src/a/CMakeFiles/a.dir/decode.cpp.o';" for i in range(1, 41))
    done = progress(tmp_path, steps + "echo 'decode.cpp:3: error: no such thing'; exit 3", "--usually", "4 minutes")
    lines = done.stdout.splitlines()
    assert done.returncode == 3
    assert "4 minutes" in lines[0]
    assert "decode.cpp:3: error: no such thing" in lines
    assert lines[-1].startswith("build: ") and "40 of 40 steps" in lines[-1] and "failed" in lines[-1]
    assert len(lines) <= 4


def test_something_is_said_every_ten_seconds(tmp_path):
    command = "echo '[10/40] Building CXX object src/a/CMakeFiles/a.dir/decode.cpp.o'; sleep 11"
    process = subprocess.Popen(
        [sys.executable, ROOT / "scripts/progress.py", "build", "--", "bash", "-c", command],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    begin = time.monotonic()
    first = process.stdout.readline()
    assert "10 of 40 steps" in first and "decode.cpp" in first and "left" in first
    assert time.monotonic() - begin < 10
    process.communicate()
    assert process.returncode == 0


def test_a_log_keeps_everything(tmp_path):
    done = progress(tmp_path, "echo one; echo two >&2", "--log", "log.txt")
    assert (done.stdout, (tmp_path / "log.txt").read_text()) == ("", "one\ntwo\n")


PROGRAM = """<?xml version="1.0"?><testsuites><testsuite name="Decode">
<testcase name="ReadsPng" status="run" result="completed" classname="Decode"/>
<testcase name="ReadsAll" status="run" result="skipped" classname="Decode"><skipped message="a_test.cpp:3&#x0A;VIDI_DATA is not set"/></testcase>
<testcase name="Off" status="notrun" result="suppressed" classname="Decode"/>
{more}</testsuite></testsuites>"""
FAILED_TEST = """<testcase name="ReadsGif" status="run" result="completed" classname="Decode"><failure message="x"/></testcase>"""


def summary(tmp_path, entry, program=None):
    """The lines of test_summary.py for one entry of ctest's, with the program's own report."""
    (tmp_path / "unit.xml").write_text(f"<testsuite>{entry}</testsuite>")
    if program:
        (tmp_path / "unit").mkdir()
        (tmp_path / "unit/image_test.xml").write_text(program)
    command = [sys.executable, ROOT / "scripts/test_summary.py", "--times", tmp_path / "times.txt", tmp_path / "unit.xml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.returncode


RAN = '<testcase name="image_test" classname="image_test" time="2.5" status="run"/>'
BROKE = '<testcase name="image_test" classname="image_test" time="2.5" status="fail"><failure/></testcase>'


@pytest.mark.parametrize(
    ("entry", "more", "last", "names"),
    [
        (RAN, "", "1 passed, 0 failed, 2 skipped", ["skipped: Decode.ReadsAll: VIDI_DATA is not set"]),
        (BROKE, FAILED_TEST, "1 passed, 1 failed, 2 skipped", ["failed: Decode.ReadsGif"]),
        (BROKE, "", "1 passed, 1 failed, 2 skipped", ["failed: image_test (failed after its tests)"]),
    ],
)
def test_the_tests_of_a_program_are_counted_one_by_one(tmp_path, entry, more, last, names):
    lines, code = summary(tmp_path, entry, PROGRAM.format(more=more))
    assert (lines[-1], code) == (last, int("failed" in names[0]))
    assert set(names) <= set(lines)
    assert (tmp_path / "times.txt").read_text().split() == ["2.5", "s", "image_test"]


def test_a_program_that_crashed_before_its_report_fails(tmp_path):
    lines, code = summary(tmp_path, BROKE)
    assert (lines[-1], code) == ("0 passed, 1 failed, 0 skipped", 1)


def test_the_driver_is_taken_from_the_cache(tmp_path):
    """The second build of the same sources asks cargo for its version alone."""
    cargo = tmp_path / "cargo"
    cargo.write_text(
        '#!/bin/bash\nset -e\nif [[ "$1" == --version ]]; then echo cargo 1; exit; fi\necho built >>"$(dirname "$0")/builds"\n'
        'mkdir -p "$CARGO_TARGET_DIR"/{release,cxxbridge/rust,cxxbridge/vidi-cassandra/src}\n'
        'for file in release/libvidi_cassandra.a cxxbridge/rust/cxx.h cxxbridge/vidi-cassandra/src/lib.rs.h; do\n'
        '  echo "$file" >"$CARGO_TARGET_DIR/$file"\ndone\n'
    )
    cargo.chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "VIDI_DRIVER_CACHE": str(tmp_path / "cache")}

    def build(folder: Path):
        subprocess.run([ROOT / "scripts/driver.sh", folder, cargo], check=True, env=environment)
        return (folder / "release/libvidi_cassandra.a").read_text().strip()

    for name in ("first", "second"):
        assert build(tmp_path / name) == "release/libvidi_cassandra.a"
    assert (tmp_path / "builds").read_text() == "built\n"
    environment["VIDI_DRIVER_CACHE"] = ""
    build(tmp_path / "third")
    assert (tmp_path / "builds").read_text() == "built\nbuilt\n"
