"""The real cqlsh, as a person uses it."""

import re
import subprocess
import sys
from pathlib import Path

CQLSH = Path(sys.executable).with_name("cqlsh")


def cqlsh(node, statement):
    """The rows that it prints, each as a dictionary."""
    host, port = node.address.split(":")
    command = [sys.executable, CQLSH, host, port, "--no-color", "--encoding", "utf-8", "-e", statement]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    # It may begin with a warning that the server is newer than itself.
    lines = done.stdout.splitlines()
    rule = next((number for number, line in enumerate(lines) if re.fullmatch(r"[-+]+", line)), None)
    assert rule, done.stdout
    end = next(number for number, line in enumerate(lines) if re.fullmatch(r"\(\d+ rows\)", line))
    table = [line for line in [lines[rule - 1], *lines[rule + 1 : end]] if line.strip()]
    names, *rows = ([cell.strip() for cell in line.split("|")] for line in table)
    return [dict(zip(names, row, strict=True)) for row in rows]
