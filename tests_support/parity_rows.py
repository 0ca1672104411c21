"""Rows for a comparison in every engine, and the suite that compares them."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from cutline.parity import Side, Suite
from cutline.parity.suite import Check, Dataset, Multiset

Row = tuple[str | None, str | None, str | None]
COLUMNS = ("k", "a", "b")
_SELECT = "SELECT k, a, b FROM parity_rows WHERE ingest = :ingest"


def suite(*checks: Check, key: tuple[str, ...] = ()) -> Suite:
    """Return a suite over the rows; by default one multiset of a and b."""
    queries = {"sqlite": _SELECT, "postgres": _SELECT, "files": "rows"}
    dataset = Dataset("rows", queries, COLUMNS, key)
    usual = Multiset(name="rows", title="Rows", dataset="rows", columns=("a", "b"))
    return Suite("rows", "Rows", (dataset,), checks or (usual,))


def in_sqlite(folder: Path, ingest: str, rows: Iterable[Row]) -> Side:
    """Put rows into a SQLite file of their own."""
    file = folder / f"{ingest}.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS parity_rows (ingest, k, a, b)")
        connection.execute("DELETE FROM parity_rows")
        values = [(ingest, *row) for row in rows]
        connection.executemany("INSERT INTO parity_rows VALUES (?, ?, ?, ?)", values)
    connection.close()
    return Side(f"sqlite:///{file}", ingest)


def in_postgres(dsn: str, ingest: str, rows: Iterable[Row]) -> Side:
    """Put rows into the one table of a PostgreSQL database."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS parity_rows (ingest text, k text, a text, b text)"
        )
        connection.execute("DELETE FROM parity_rows WHERE ingest = %s", (ingest,))
        with connection.cursor() as cursor:
            values = [(ingest, *row) for row in rows]
            cursor.executemany("INSERT INTO parity_rows VALUES (%s, %s, %s, %s)", values)
    return Side(uri(dsn), ingest)


def uri(dsn: str) -> str:
    """Return a libpq connection string as a URI."""
    from urllib.parse import quote, urlencode  # noqa: PLC0415  # a test's need

    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    if "://" in dsn:
        return dsn
    return "postgresql://?" + urlencode(conninfo_to_dict(dsn), quote_via=quote)


def in_file(folder: Path, ingest: str, suffix: str, rows: Sequence[Row]) -> Side:
    """Put rows into a Parquet, CSV or NDJSON file in a folder of their own."""
    place = folder / f"{ingest}{suffix}"
    place.mkdir(exist_ok=True)
    file = place / f"rows{suffix}"
    if suffix == ".parquet":
        schema = pa.schema([(column, pa.string()) for column in COLUMNS])
        table = pa.table([[row[at] for row in rows] for at in range(3)], schema=schema)
        pq.write_table(table, file)
    else:
        text = _csv(rows) if ".csv" in suffix else _ndjson(rows)
        file.write_bytes(gzip.compress(text) if suffix.endswith(".gz") else text)
    return Side(f"files://{place}", ingest)


def _csv(rows: Sequence[Row]) -> bytes:
    """Return CSV as PostgreSQL writes it: NULL is empty, everything else is quoted."""
    lines = [",".join(COLUMNS)]
    lines += [
        ",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) for row in rows
    ]
    return ("\n".join(lines) + "\n").encode()


def _ndjson(rows: Sequence[Row]) -> bytes:
    lines = (json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(line + "\n" for line in lines).encode()
