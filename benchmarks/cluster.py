"""A Cassandra of one node, for the benchmarks: started by scripts/cassandra.sh, stopped at the end."""

import contextlib
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLOCK = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK


class Node:
    def __init__(self, folder):
        self.address = (folder / "address").read_text().strip()
        self.pid = int((folder / "pid").read_text())

    def processor_seconds(self):
        return processor_seconds(self.pid)


@contextlib.contextmanager
def cassandra(folder, port=None, heap="1G"):
    """`port`: for programs that know no other than 9042. The node's data and log are in the folder."""
    script = ROOT / "scripts" / "cassandra.sh"
    folder.mkdir(parents=True)
    if port is not None:
        (folder / "address").write_text(f"127.0.0.1:{port}\n")
    subprocess.run([script, "start", folder], env={**os.environ, "HEAP": heap, "JAVA_FLAGS": "-XX:TieredStopAtLevel=4"}, check=True)
    try:
        yield Node(folder)
    finally:
        subprocess.run([script, "stop", folder], check=True)
