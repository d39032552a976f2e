"""The subjects of commits say what a change does for someone, and name no folder of the machine that it was made on."""

import re
import subprocess

# Older subjects are as they are.
SINCE = "197f128"
FOLDER = re.compile(r"(?<![\w.\-/}])(?:\$\w+/|~/|/(?:work|root|tmp|mnt|home|Users|private)/)\w[^\s'\"]*")


def check_subjects(lines):
    """Of lines `COMMIT SUBJECT`."""
    for line in lines:
        commit, _, subject = line.partition(" ")
        if found := FOLDER.search(subject):
            yield f"{commit}: the commit's subject names a folder of one machine: {found.group()}"


def git(root, *words):
    done = subprocess.run(["git", *words], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def check(root):
    """Nothing where the history is not there: in a shallow clone, or in the sources without git."""
    if git(root, "merge-base", "--is-ancestor", SINCE, "HEAD") is None:
        return
    yield from check_subjects((git(root, "log", "--format=%h %s", f"{SINCE}..HEAD") or "").splitlines())
