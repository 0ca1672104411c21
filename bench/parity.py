"""Parity beside a plain scan, beside reladiff, and over Parquet.

Two tables of five million rows (id, text, 64 hex characters, int) in one PostgreSQL, of which
sixteen rows differ; the same rows as Parquet. Every way must find the sixteen.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from peer import run_peer
from row import Row, best_of
from tests_support import postgres
from tests_support.parity_rows import uri

from cutline.parity import Report, Side, Suite, judge
from cutline.parity.suite import Dataset, Multiset

ROWS = 5_000_000
DIFFERING = 16
COLUMNS = ("id", "txt", "hex", "n")
SETTINGS = {"shared_buffers": "512MB", "max_parallel_workers_per_gather": "2"}
RELADIFF = """
import json, sys, time, reladiff
start = time.perf_counter()
server = reladiff.connect({"driver": "postgresql", **json.loads(sys.argv[1])})
schema = server.parse_table_name
left, right = (reladiff.TableSegment(server, schema(t), ("id",)) for t in ("bench_a", "bench_b"))
found = list(reladiff.diff_tables(left, right, extra_columns=("txt", "hex", "n")))
print(time.perf_counter() - start, len(found))
"""


def rows(scale: float) -> list[Row]:
    """Return the measured ratios; `scale` 1.0 is five million rows a side."""
    count = max(1_000, int(ROWS * scale))
    with tempfile.TemporaryDirectory() as folder, postgres.server(SETTINGS) as server:
        with postgres.database(server) as dsn:
            _fill(dsn, count)
            in_postgres = _postgres(dsn)
        return [*in_postgres, *_parquet(Path(folder), count)]


def _postgres(dsn: str) -> list[Row]:
    scan = best_of(3, lambda: _scan(dsn))
    ours = best_of(3, lambda: _compare(_suite(), (uri(dsn), "bench_a"), (uri(dsn), "bench_b")))
    claim = "parity, two tables of one PostgreSQL"
    found = [Row(claim, "a sequential scan of both", ours, scan, at_most=3.0)]
    theirs = _reladiff(dsn)
    if theirs is not None:
        found.append(Row(claim, "reladiff", ours, theirs, at_least=3.5))
    return found


def _fill(dsn: str, count: int) -> None:
    """Make both tables: the same rows in another order, but for a few."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table, order in (("bench_a", ""), ("bench_b", " ORDER BY (i::bigint * 48271) % 65521")):
            connection.execute(
                f"CREATE TABLE {table} AS SELECT i::bigint AS id, 'some text of row ' || i AS txt,"
                f" encode(sha256(i::text::bytea), 'hex') AS hex, (i % 97)::int AS n"
                f" FROM generate_series(1, {count}) i{order}"
            )
        step = count // DIFFERING
        for at in range(DIFFERING):
            change = "txt = txt || '!'" if at % 2 else "n = n + 1"
            connection.execute(f"UPDATE bench_b SET {change} WHERE id = {at * step + 1}")
        for table in ("bench_a", "bench_b"):
            connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
            connection.execute(f"VACUUM (FREEZE, ANALYZE) {table}")


def _scan(dsn: str) -> None:
    """Read every column of every row of both tables."""
    with psycopg.connect(dsn) as connection:
        for table in ("bench_a", "bench_b"):
            connection.execute(
                f"SELECT sum(id), sum(length(txt)), sum(length(hex)), sum(n) FROM {table}"
            ).fetchall()


def _suite() -> Suite:
    """Compare every column; the table's name comes as the id of the side."""
    checks = (Multiset(name="rows", title="Rows", dataset="rows", columns=COLUMNS),)
    columns = ", ".join(COLUMNS)
    query = " UNION ALL ".join(
        f"SELECT {columns} FROM {table} WHERE :ingest = '{table}'"
        for table in ("bench_a", "bench_b")
    )
    queries = {"postgres": query, "files": "rows"}
    return Suite("bench", "Bench", (Dataset("rows", queries, COLUMNS, ("id",)),), checks)


def _compare(suite: Suite, left: tuple[str, str], right: tuple[str, str]) -> Report:
    report = judge(suite, baseline=Side(*left), candidate=Side(*right))
    found = report.checks[0].differences.total
    if found != DIFFERING:
        raise AssertionError(f"{found} differences found, {DIFFERING} are there")
    return report


def _reladiff(dsn: str) -> float | None:
    """Return the seconds of reladiff's own diff, in an environment of its own."""
    parts = conninfo_to_dict(dsn)
    known = {"user": "user", "dbname": "database", "host": "host", "port": "port"}
    server = {name: parts[key] for key, name in known.items() if parts.get(key)}
    packages = ["reladiff", "psycopg2-binary"]
    told = run_peer("reladiff", packages, RELADIFF, json.dumps(server))
    if told is None:
        return None
    seconds, found = told
    if int(found) != DIFFERING * 2:
        print(f"reladiff found {found} rows, not {DIFFERING * 2}", file=sys.stderr)
    return float(seconds)


def _parquet(folder: Path, count: int) -> list[Row]:
    """Compare with a file of the same order, and with one of the order of the other table."""
    for side in ("a", "b", "c"):
        (folder / side).mkdir()
        order = " ORDER BY (i * 48271) % 65521" if side == "c" else ""
        _write(folder / side / "rows.parquet", count, changed=side != "a", order=order)
    return [
        _parquet_row(folder, "b", "parity, Parquet"),
        _parquet_row(folder, "c", "parity, Parquet in another order"),
    ]


def _parquet_row(folder: Path, candidate: str, claim: str) -> Row:
    left, right = ((f"files://{folder}/{side}", side) for side in ("a", candidate))
    theirs = best_of(3, lambda: _read(folder, ("a", candidate)))
    ours = best_of(3, lambda: _compare(_suite(), left, right))
    return Row(claim, "DuckDB reading every column", ours, theirs, at_most=2.5)


def _write(path: Path, count: int, *, changed: bool, order: str) -> None:
    step = count // DIFFERING
    off = f"(i % {step} = 1 AND i < {step * DIFFERING})" if changed else "false"
    duckdb.sql(
        f"COPY (SELECT i AS id, 'some text of row ' || i || CASE WHEN {off} THEN '!' ELSE '' END"
        f" AS txt, sha256(i::VARCHAR) AS hex, (i % 97)::INT AS n"
        f" FROM range(1, {count} + 1) r(i){order}) TO '{path}'"
    )


def _read(folder: Path, sides: tuple[str, str]) -> None:
    """Read every column of every row of both files."""
    for side in sides:
        duckdb.sql(
            "SELECT sum(id), sum(strlen(txt)), sum(strlen(hex)), sum(n)"
            f" FROM '{folder}/{side}/rows.parquet'"
        ).fetchall()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.02, help="1.0 is five million rows")
    for one in rows(parser.parse_args().scale):
        print(f"{one.claim}, {one.peer}: {one.ours:.2f} s, {one.theirs:.2f} s, {one.ratio:.2f}")
