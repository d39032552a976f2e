#!/usr/bin/python3
"""Runs a command that is silent or long-winded for minutes, and says at least every ten seconds what it is doing.

progress.py [--usually TIME] [--log FILE] NAME -- COMMAND...

Steps of Ninja ("[12/345] Building ...") are condensed into one line now and then; what a compiler says of an error is
passed on at once. --usually says how long it takes on an idle machine, before it begins.
--log keeps the output in a file, and shows its last line now and then. Ends with the command's exit status.
"""

import argparse
import re
import subprocess
import sys
import threading
import time

SAY_EVERY = 8  # seconds, so that a line comes at least every ten
STEP = re.compile(r"^\[(\d+)/(\d+)\] (.*)")
# The file that a step is about ("Building CXX object src/.../decode.cpp.o" -> "decode.cpp").
OBJECT = re.compile(r"(Building \w+ object|Linking \w+ \w+( \w+)?|Generating|Building) (\S*/)?([^/\s]+?)(\.o)?$")


def lasted(seconds):
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s" if seconds >= 60 else f"{int(seconds)} s"


class Progress:
    """What the command has said last. The methods are called with the lock held."""

    def __init__(self, name, logged):
        self.name, self.logged = name, logged
        self.begin = self.said = time.monotonic()
        self.doing = "started"
        self.step = None
        self.lock = threading.Lock()
        self.done = threading.Event()

    def take(self, line):
        if found := STEP.match(line):
            self.step = (int(found[1]), int(found[2]))
            what = OBJECT.search(found[3])
            self.doing = what[4] if what else found[3][:100]
        elif self.logged:
            self.doing = line.strip()[:100] or self.doing
        elif line.strip() != "ninja: no work to do.":
            print(line, end="", flush=True)

    def say(self):
        passed = time.monotonic() - self.begin
        text = f"{self.name}: {lasted(passed)}"
        if self.step:
            text += f", {self.step[0]} of {self.step[1]} steps"
            if self.step[0] * 10 >= self.step[1] and self.step[0] < self.step[1]:
                text += f", about {lasted(passed * (self.step[1] / self.step[0] - 1))} left"
        print(f"{text} ({self.doing})", flush=True)
        self.said = time.monotonic()

    def say_now_and_then(self):
        while not self.done.wait(SAY_EVERY):
            with self.lock:
                self.say()


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--usually")
    parser.add_argument("--log")
    parser.add_argument("name")
    arguments = parser.parse_args(sys.argv[1:split])
    if arguments.usually:
        print(f"{arguments.name}: this usually takes {arguments.usually} on two idle cores", flush=True)
    progress = Progress(arguments.name, bool(arguments.log))
    speaker = threading.Thread(target=progress.say_now_and_then, daemon=True)
    log = open(arguments.log, "a", encoding="utf-8") if arguments.log else None
    command = subprocess.Popen(
        sys.argv[split + 1 :],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,  # the command may be given files of the shell's, as <(...)
    )
    speaker.start()
    for line in command.stdout:
        if log:
            log.write(line)
        with progress.lock:
            progress.take(line)
    status = command.wait()
    progress.done.set()
    speaker.join()
    if log:
        log.close()
    if progress.step or time.monotonic() - progress.begin >= SAY_EVERY:
        with progress.lock:
            progress.doing = "done" if status == 0 else "failed"
            progress.say()
    sys.exit(status)


if __name__ == "__main__":
    main()
