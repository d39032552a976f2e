"""How long a page takes among a million records, in SQLite and in Cassandra: median and worst of 200 each. And statistics:
the first time, when Cassandra counts the days that are over, then median and worst of 50; "records" are rows of tallies.

The records are of 60 days, 100 users, 3 models and 10 results (records_benchmark.cpp). Filling Cassandra takes minutes.

usage: pages.py [--program build/bench/benchmarks/records_benchmark] [--count 1000000] [--stores sqlite,cassandra]
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import cluster


def measure(arguments, store):
    command = [arguments.program, "pages", store, "--count", str(arguments.count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def report(name, lines):
    print(f"\n{name}: filled with {lines[0]['filled']:,} records in {lines[0]['seconds']:.0f} s\n")
    print("| page | records | first ms | median ms | worst ms |\n|---|---|---|---|---|")
    for line in lines[1:]:
        first = f"{line['first_ms']:.2f}" if "first_ms" in line else ""
        print(f"| {line['page']} | {line['found']} | {first} | {line['median_ms']:.2f} | {line['worst_ms']:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=cluster.ROOT / "build" / "bench" / "benchmarks" / "records_benchmark")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--stores", default="sqlite,cassandra")
    arguments = parser.parse_args()
    # Not in /tmp, which may be memory.
    with tempfile.TemporaryDirectory(dir=cluster.ROOT / "build") as folder:
        folder = pathlib.Path(folder)
        if "sqlite" in arguments.stores:
            report("SQLite", measure(arguments, f"sqlite:{folder / 'records.db'}"))
        if "cassandra" in arguments.stores:
            with cluster.cassandra(folder / "cassandra") as node:
                report("Cassandra", measure(arguments, f"cassandra://{node.address}/bench"))


if __name__ == "__main__":
    main()
