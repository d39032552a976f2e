"""What Python's drivers append a second: the other side of appends.py, run by a Python that has cassandra-driver.

usage: python_drivers.py cassandra HOST:PORT KEYSPACE plain|same COUNT IN_FLIGHT
       python_drivers.py sqlite FILE plain|same COUNT IN_FLIGHT

plain: one row of four columns a record, as a program of somebody in a hurry keeps it. same: what vidi has written into
KEYSPACE or FILE (rows of every table of a record, or the whole row with its unique identifier), into tables of the same
form. Cassandra: IN_FLIGHT statements at the same time, a record's rows in one unlogged batch. SQLite: synchronous=FULL,
a commit for IN_FLIGHT records. Prints one JSON object.
"""

import datetime
import json
import pathlib
import sqlite3
import sys
import time
import uuid

PLAIN = "id, time, filename, result"
TABLES = ["prediction_by_day", "prediction_by_model", "image_by_user", "demandtable"]


def measured(count, work):
    wall, processor = time.perf_counter(), time.process_time()
    work()
    print(json.dumps({"records": count, "seconds": time.perf_counter() - wall,
                      "processor_seconds": time.process_time() - processor}))


def copy_of_tables(session, keyspace):
    """The same tables in a keyspace of this program's own, an insert for each, and the rows that vidi has written."""
    tables = session.cluster.metadata.keyspaces[keyspace].tables
    copies = []
    for name in TABLES:
        session.execute(tables[name].as_cql_query().replace(f"{keyspace}.{name}", f"python.{name}", 1)
                        .replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        written = [column for column in tables[name].columns if not column.startswith("label")]
        insert = session.prepare(f"INSERT INTO python.{name} ({', '.join(written)}) "
                                 f"VALUES ({', '.join('?' for _ in written)})")
        copies.append((insert, f"SELECT {', '.join(written)} FROM {keyspace}.{name} LIMIT "))
    return copies


def with_cassandra(address, keyspace, kind, count, in_flight):
    from cassandra.cluster import Cluster
    from cassandra.concurrent import execute_concurrent, execute_concurrent_with_args
    from cassandra.query import BatchStatement, BatchType

    host, port = address.split(":")
    cluster = Cluster([host], port=int(port))
    session = cluster.connect()
    session.execute("CREATE KEYSPACE IF NOT EXISTS python WITH replication = "
                    "{'class': 'SimpleStrategy', 'replication_factor': 1}")
    if kind == "plain":
        session.execute("CREATE TABLE IF NOT EXISTS python.predictions (id uuid PRIMARY KEY, time timestamp, "
                        "filename text, result text)")
        insert = session.prepare(f"INSERT INTO python.predictions ({PLAIN}) VALUES (?, ?, ?, ?)")
        now = datetime.datetime.now(datetime.timezone.utc)
        rows = [(uuid.uuid4(), now, f"picture-{i}.png", str(i % 10)) for i in range(count)]
        measured(count, lambda: execute_concurrent_with_args(session, insert, rows, concurrency=in_flight))
    else:
        copies = [(insert, list(session.execute(select + str(count), timeout=60)))
                  for insert, select in copy_of_tables(session, keyspace)]
        count = min(len(rows) for _, rows in copies)

        def batches():
            for i in range(count):
                batch = BatchStatement(BatchType.UNLOGGED)
                for insert, rows in copies:
                    batch.add(insert, rows[i])
                yield batch, None

        measured(count, lambda: execute_concurrent(session, batches(), concurrency=in_flight))
    cluster.shutdown()


def with_sqlite(path, kind, count, in_flight):
    if kind == "plain":
        definition = "CREATE TABLE predictions (id TEXT PRIMARY KEY, time TEXT, filename TEXT, result TEXT)"
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        rows = [(str(uuid.uuid4()), now, f"picture-{i}.png", str(i % 10)) for i in range(count)]
    else:
        with sqlite3.connect(path) as source:
            definition = source.execute("SELECT sql FROM sqlite_master WHERE name = 'predictions'").fetchone()[0]
            rows = source.execute("SELECT * FROM predictions LIMIT ?", (count,)).fetchall()
        count = len(rows)
    copy = pathlib.Path(path).with_suffix(f".python-{kind}")
    for file in copy.parent.glob(copy.name + "*"):
        file.unlink()
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(definition)
    insert = f"INSERT INTO predictions VALUES ({', '.join('?' for _ in rows[0])})"

    def work():
        for begin in range(0, count, in_flight):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows[begin:begin + in_flight])
            connection.execute("COMMIT")

    measured(count, work)
    connection.close()


def main():
    store, *rest, count, in_flight = sys.argv[1:]
    {"cassandra": with_cassandra, "sqlite": with_sqlite}[store](*rest, int(count), int(in_flight))


if __name__ == "__main__":
    main()
