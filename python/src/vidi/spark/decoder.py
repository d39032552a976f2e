"""Decodes pictures in a process of its own, to find the one that brings its decoder down.

`python -m vidi.spark.decoder` is that process. It reads questions from its standard input, each a line of JSON with the
limits and the length of the picture that follows, and answers "ok".
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Optional

from ..library import native


class CarefulDecoder:
    """Tells whether a picture can be decoded without harm. One thread at a time; close it at the end."""

    def __init__(self, max_bytes: int, max_pixels: int) -> None:
        self._limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
        self._process: "Optional[subprocess.Popen[bytes]]" = None

    def survives(self, picture: bytes) -> bool:
        """False: the process that decoded it has died."""
        if self._process is None:
            command = [sys.executable, "-m", "vidi.spark.decoder"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            question = json.dumps({**self._limits, "length": len(picture)})
            self._process.stdin.write(question.encode() + b"\n" + picture)
            self._process.stdin.flush()
            if self._process.stdout.readline() == b"ok\n":
                return True
        except BrokenPipeError:
            pass
        self.close()
        return False

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def main() -> None:
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    for line in questions:
        question = json.loads(line)
        picture = questions.read(question["length"])
        native.check_picture(picture, question["max_bytes"], question["max_pixels"])
        answers.write(b"ok\n")
        answers.flush()


if __name__ == "__main__":
    main()
