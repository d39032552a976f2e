"""The line that says how far a job is, as `vidi features` prints it."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections import deque
from typing import Callable, Deque, Tuple


def describe_time(seconds: float) -> str:
    """ "45 s", "2:05 min", "1:02 h" """
    whole = math.ceil(min(seconds, 1e9))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def describe(done: int, listed: int, rate: float, rejected: int) -> str:
    text = f"{done:,}/{listed:,}  {rate:.1f} pictures a second"
    if rejected:
        text += f"  {rejected:,} rejected"
    if rate > 0 and done < listed:
        text += f"  {describe_time((listed - done) / rate)} left"
    return text


class Progress:
    """Prints a line now and then, from a thread of its own, while the block runs. `count` gives the pictures that are done
    and those that are rejected; what `check` raises is kept in `failure`, once."""

    def __init__(
        self, listed: int, before: int, count: Callable[[], Tuple[int, int]], check: Callable[[int], None]
    ) -> None:
        self._listed = listed
        self._before = before
        self._count = count
        self._check = check
        self._end = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._lately: Deque[Tuple[float, int]] = deque()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Progress":
        self._lately.append((time.monotonic(), self._before))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._print()
        if self._terminal:
            print(file=sys.stderr)

    def _run(self) -> None:
        pause = 0.5 if self._terminal else 10.0
        since = time.monotonic()
        while not self._end.wait(0.5):
            self._check(self._count()[1])
            if time.monotonic() - since >= pause:
                since = time.monotonic()
                self._print()

    def _print(self) -> None:
        done, rejected = self._count()
        now = time.monotonic()
        if self._lately[-1][1] != self._before + done:
            self._lately.append((now, self._before + done))
        while len(self._lately) > 2 and now - self._lately[0][0] > 60:
            self._lately.popleft()
        (begin, first), (end, last) = self._lately[0], self._lately[-1]
        rate = (last - first) / (end - begin) if end > begin else 0.0
        text = describe(self._before + done, self._listed, rate, rejected)
        if self._terminal:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
