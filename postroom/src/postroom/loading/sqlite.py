"""Loading into SQLite: bulk inserts in the transaction that also checks them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from postroom.archive.transaction import Transaction
from postroom.errors import NotReadable
from postroom.loading.check import Relations
from postroom.loading.columns import ATTACHMENTS, EMAILS, Records, column_of
from postroom.loading.outputs import Outputs
from postroom.progress import Progress

_EVERY = 1000
_MISFITS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    UnicodeEncodeError,
)


def stage(
    tx: Transaction, outputs: Outputs, bucket: str, prefix: str, progress: Progress
) -> Relations:
    """Write every record into its table and say where they can be checked.

    There is no table between, since a transaction that is rolled back costs SQLite nothing. A row
    that is there already is only touched where it differs.
    """
    for records in (EMAILS, ATTACHMENTS):
        rows = _rows(records, outputs, bucket, prefix, progress)
        try:
            tx.connection.executemany(_upsert(records), rows)
        except _MISFITS as error:
            raise _misfit(records, error) from None  # what it quotes may be mail
    return Relations(
        f"(SELECT * FROM email_messages WHERE pst_file_id = '{outputs.ingest_id}')",  # noqa: S608
        f"(SELECT *, substr(s3_key, {len(prefix) + 2}) AS object_key FROM email_attachments"  # noqa: S608
        f" WHERE pst_file_id = '{outputs.ingest_id}')",
    )


def _rows(
    records: Records, outputs: Outputs, bucket: str, prefix: str, progress: Progress
) -> Iterator[tuple[Any, ...]]:
    total = outputs.files[records.ndjson].records
    cells = _cells(records, outputs, bucket, prefix)
    for n, record in enumerate(outputs.records(records.ndjson)):
        if n == 0:
            records.check_members(list(record), records.ndjson)
        if n % _EVERY == 0:
            progress(f"load {records.name}", n, total)
        try:
            yield cells(record)
        except KeyError as error:
            raise _incomplete(records, n, error) from error
    progress(f"load {records.name}", total, total)


def _cells(
    records: Records, outputs: Outputs, bucket: str, prefix: str
) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """Make the function that turns a record into the values of a row."""
    columns, json_columns = records.columns, records.json_columns
    objects = [(name, column_of(name)) for name in records.objects]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def cells(record: dict[str, Any]) -> tuple[Any, ...]:
        for name, column in objects:
            if record[name] is not None:
                record[column] = outputs.text(record[name])
        for name in json_columns:
            record[name] = encode(record[name])
        values = tuple([record[name] for name in columns])
        if records.key_column is None:
            return values
        key = record[records.key_column]
        return (*values, *((None, None) if key is None else (bucket, f"{prefix}/{key}")))

    return cells


def _upsert(records: Records) -> str:
    stored = ("s3_bucket", "s3_key") if records.key_column else ()
    names = (*records.columns, *stored)
    marks = ", ".join("?" * len(names))
    changed = ", ".join(f"{name} = excluded.{name}" for name in names)
    old = ", ".join(f"{records.table}.{name}" for name in names)
    new = ", ".join(f"excluded.{name}" for name in names)
    return (
        f"INSERT INTO {records.table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # ours
        f" ON CONFLICT (id) DO UPDATE SET {changed}"
        f" WHERE {records.table}.pst_file_id = excluded.pst_file_id AND ({old}) IS NOT ({new})"
    )


def _incomplete(records: Records, n: int, error: KeyError) -> NotReadable:
    return NotReadable(
        "a record lacks a member",
        where=f"{records.ndjson}, record {n}",
        why=f"member {error} is missing",
        remedy="postroom task extract --ingest ID makes it again",
    )


def _misfit(records: Records, error: Exception) -> NotReadable:
    return NotReadable(
        "a record does not fit its table",
        where=records.ndjson,
        why=getattr(error, "sqlite_errorname", type(error).__name__),
        remedy="postroom task extract --ingest ID makes it again",
    )
