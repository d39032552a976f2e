"""Records a second into Cassandra and into SQLite: vidi's stores beside Python's drivers, in the same run.

All keep 64 records in flight and wait until each is durable (Cassandra: commitlog_sync group; SQLite: synchronous=FULL,
one commit for those that wait). They take turns in every round, after one round that only warms up; the table shows
medians, the range, and the ratio of vidi's median to the other's.

usage: appends.py --python PYTHON [--program build/bench/benchmarks/records_benchmark] [--rounds 3] [--count 20000]

PYTHON is one that has cassandra-driver. python_drivers.py says what its two kinds of records are.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import cluster

HERE = pathlib.Path(__file__).resolve().parent
KEYSPACE = "bench"


def answer_of(command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with status {done.returncode}")
    return json.loads(done.stdout)


def contestants(arguments, folder, node):
    """(store, name, rows a record, command), vidi first: the others copy what it has written."""
    count = [arguments.count, arguments.in_flight]
    database = folder / "records.db"
    vidi = lambda store: [arguments.program, "append", store, "--count", count[0], "--in-flight", count[1]]
    python = lambda *words: [arguments.python, HERE / "python_drivers.py", *words, *count]
    return [
        ("Cassandra", "vidi", 4, vidi(f"cassandra://{node.address}/{KEYSPACE}")),
        ("Cassandra", "Python, the same rows", 4, python("cassandra", node.address, KEYSPACE, "same")),
        ("Cassandra", "Python, one small row", 1, python("cassandra", node.address, KEYSPACE, "plain")),
        ("SQLite", "vidi", 1, vidi(f"sqlite:{database}")),
        ("SQLite", "Python, the same row", 1, python("sqlite", database, "same")),
        ("SQLite", "Python, one small row", 1, python("sqlite", database, "plain")),
    ]


def measure(arguments, folder, node):
    runs = {}
    for number in range(arguments.rounds + 1):
        for store, name, rows, command in contestants(arguments, folder, node):
            before = node.processor_seconds()
            run = answer_of(command)
            run["node_seconds"] = node.processor_seconds() - before
            if number > 0:
                runs.setdefault((store, name, rows), []).append(run)
    return runs


def report(runs):
    print("| store | client | records/s (range) | rows/s | client µs/record | Cassandra µs/record | vidi's ratio |")
    print("|---|---|---|---|---|---|---|")
    vidi = {}
    for (store, name, rows), results in runs.items():
        rates = [run["records"] / run["seconds"] for run in results]
        each = lambda key: statistics.median(run[key] / run["records"] * 1e6 for run in results)
        rate = statistics.median(rates)
        vidi.setdefault(store, rate)
        # Python first reads the rows that it will write: that is Cassandra's work too, and no append.
        node = f"{each('node_seconds'):.0f}" if store == "Cassandra" and "same" not in name else ""
        ratio = "" if name == "vidi" else f"{vidi[store] / rate:.2f}"
        print(f"| {store} | {name} | {rate:,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) | {rate * rows:,.0f} "
              f"| {each('processor_seconds'):.0f} | {node} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=cluster.ROOT / "build" / "bench" / "benchmarks" / "records_benchmark")
    parser.add_argument("--python", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=64)
    arguments = parser.parse_args()
    # Not in /tmp, which may be memory: the records are to reach a disk.
    with tempfile.TemporaryDirectory(dir=cluster.ROOT / "build") as folder:
        folder = pathlib.Path(folder)
        with cluster.cassandra(folder / "cassandra") as node:
            report(measure(arguments, folder, node))


if __name__ == "__main__":
    main()
