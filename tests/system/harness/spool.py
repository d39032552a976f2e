"""The files of a spool, read and damaged as docs/internals/formats/spool.md describes them."""

import struct
import subprocess
from contextlib import contextmanager
from uuid import UUID

MAGIC = b"vidispl1"
HEAD = struct.Struct("<IIqQ")  # length, checksum, time, bytes beside it


def entries(path):
    """Offset and size of each entry of a file, its head included."""
    content = path.read_bytes()
    assert content.startswith(MAGIC)
    found = []
    offset = len(MAGIC)
    while offset + HEAD.size <= len(content):
        length, _, time, _ = HEAD.unpack_from(content, offset)
        if time == 0:
            break
        found.append((offset, HEAD.size + length))
        offset += HEAD.size + length
    return found


def newest_file(server, name="records"):
    return max((server.folder / "data/spool" / name).glob("*.spool"))


def identifier(path, offset):
    """Of the prediction in the entry there: behind a version and flags."""
    return str(UUID(bytes=path.read_bytes()[offset + HEAD.size + 2 :][:16]))


def cut_last(path):
    """The last entry is only partly there, as after a loss of power; returns whose it was."""
    offset, size = entries(path)[-1]
    whose = identifier(path, offset)
    with path.open("r+b") as file:
        file.truncate(offset + size // 2)
    return whose


def garble_last(path):
    """The last bytes of the last entry are others; returns whose it was."""
    offset, size = entries(path)[-1]
    whose = identifier(path, offset)
    with path.open("r+b") as file:
        file.seek(offset + size - 8)
        file.write(b"\xa5" * 8)
    return whose


@contextmanager
def small_disk(folder, size):
    """A file system of that size in `folder`; None where it may not be made."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        # A server that is still there keeps it busy; it goes when that has ended.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
