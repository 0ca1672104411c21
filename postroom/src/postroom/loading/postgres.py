"""Loading into PostgreSQL: COPY into unlogged staging tables, checks, one insert each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final
from uuid import UUID

import psycopg
from psycopg import sql

from postroom.archive.transaction import Transaction
from postroom.errors import NotReadable
from postroom.loading.check import Relations
from postroom.loading.columns import ATTACHMENTS, EMAILS, Records, column_of
from postroom.loading.outputs import Outputs
from postroom.progress import Progress

# Staging holds rows up to the size of a page as they are: none is compressed or moved out of line.
_TUPLE_TARGET: Final = 8160

# pglz, the default of PostgreSQL, takes three times as long. Some servers are built without lz4.
_FASTEST_COMPRESSION: Final = """SELECT set_config(name, 'lz4', true) AS x FROM pg_settings
    WHERE name = 'default_toast_compression' AND setting = boot_val AND 'lz4' = ANY (enumvals)"""

_PLACE: Final = re.compile(r"line \d+(?:, column \w+)?")


def stage(tx: Transaction, outputs: Outputs, progress: Progress) -> Relations:
    """Copy every record into staging tables of this transaction and say where they are.

    The tables are made in the transaction, so a load that is killed leaves not even them. Until its
    end the server compresses large values by lz4, where it can and nobody chose another way.
    """
    tx.row(_FASTEST_COMPRESSION)
    names = {records.name: _staging_name(records, outputs) for records in (EMAILS, ATTACHMENTS)}
    for records in (EMAILS, ATTACHMENTS):
        name = names[records.name]
        _make(tx, records, name)
        _copy(tx, records, name, outputs, progress)
        for member in records.objects:
            _put_back(tx, name, member, outputs)
    return Relations(names["emails"], names["attachments"])


def merge(tx: Transaction, relations: Relations, ingest_id: str, bucket: str, prefix: str) -> None:
    """Insert what was staged into the archive's tables and drop the staging tables.

    Rows of the ingest that are there already are only touched where they differ.
    """
    for records, name in ((EMAILS, relations.emails), (ATTACHMENTS, relations.attachments)):
        query = f"SELECT 1 AS x FROM {records.table} WHERE pst_file_id = :id LIMIT 1"  # noqa: S608
        again = tx.row(query, id=ingest_id) is not None
        try:
            _insert(tx, records, name, (bucket, prefix), again=again)
        except psycopg.IntegrityError as error:
            raise _refused(records, error) from None
        if again:
            _check_total(tx, records, name, ingest_id)
        tx.connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))


def _check_total(tx: Transaction, records: Records, name: str, ingest_id: str) -> None:
    """Raise `NotReadable` if the table has rows of this ingest that its outputs do not have."""
    query = f"SELECT count(*) AS n FROM {records.table} WHERE pst_file_id = :id"  # noqa: S608
    there = tx.value(query, id=ingest_id)
    staged = tx.value(f"SELECT count(*) AS n FROM {name}")  # noqa: S608
    if there != staged:
        raise NotReadable(
            "the archive has other rows of this ingest than its outputs",
            where=f"{records.table}, ingest {ingest_id}",
            why=f"the table has {there:,}, the outputs have {staged:,}",
            remedy="ingest the file again: postroom ingest FILE",
        )


def _staging_name(records: Records, outputs: Outputs) -> str:
    return f"staged_{records.name}_{UUID(outputs.ingest_id).hex}"


def _make(tx: Transaction, records: Records, name: str) -> None:
    make = sql.SQL(
        "CREATE UNLOGGED TABLE {} WITH (toast_tuple_target = {}) AS SELECT {} FROM {} WITH NO DATA"
    ).format(
        sql.Identifier(name),
        _TUPLE_TARGET,
        _list(records.columns),
        sql.Identifier(records.table),
    )
    tx.connection.execute(make)
    surplus = (*records.objects, *((records.key_column,) if records.key_column else ()))
    for member in surplus:
        add = sql.SQL("ALTER TABLE {} ADD COLUMN {} text")
        tx.connection.execute(add.format(sql.Identifier(name), sql.Identifier(member)))


def _copy(
    tx: Transaction, records: Records, name: str, outputs: Outputs, progress: Progress
) -> None:
    pieces = outputs.pieces(records.csv)
    first = next(pieces, b"")
    header = first.split(b"\n", 1)[0].decode(errors="replace").split(",")
    records.check_members(header, records.csv)
    command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER true)").format(
        sql.Identifier(name), _list(header)
    )
    try:
        with tx.connection.cursor().copy(command) as copy:
            done, total = 0, outputs.files[records.csv].uncompressed_size_bytes
            for piece in chain([first], pieces):
                copy.write(piece)
                done += len(piece)
                progress(f"load {records.name}", done, total)
    except psycopg.DataError as error:
        raise _refused(records, error) from None  # its text and context quote the mail


def _put_back(tx: Transaction, name: str, member: str, outputs: Outputs) -> None:
    table, column, key = map(sql.Identifier, (name, column_of(member), member))
    named = sql.SQL("SELECT ctid::text AS place, {} AS digest FROM {} WHERE {} IS NOT NULL")
    update = sql.SQL("UPDATE {} SET {} = %s WHERE ctid = %s::tid").format(table, column)
    for row in tx.connection.execute(named.format(key, table, key)).fetchall():
        content = outputs.text(row["digest"])
        tx.connection.execute(update, (content, row["place"]))


def _insert(
    tx: Transaction, records: Records, name: str, stored: tuple[str, str], *, again: bool
) -> None:
    columns = list(records.columns)
    values = [sql.Identifier(column) for column in columns]
    if records.key_column:
        columns += ["s3_bucket", "s3_key"]
        key, (bucket, prefix) = sql.Identifier(records.key_column), stored
        bucket_of = sql.SQL("CASE WHEN {} IS NOT NULL THEN {} END")
        values_of = [bucket_of.format(key, bucket), sql.SQL("{} || '/' || {}").format(prefix, key)]
    else:
        values_of = []
    insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
        sql.Identifier(records.table),
        _list(columns),
        sql.SQL(", ").join([*values, *values_of]),
        sql.Identifier(name),
    )
    if again:
        insert += _on_conflict(records, columns)
    tx.connection.execute(insert)


def _on_conflict(records: Records, columns: list[str]) -> sql.Composed:
    table = sql.Identifier(records.table)
    changed = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in columns]
    pairs = list(_comparable(records, columns))
    old = sql.SQL(", ").join(sql.SQL("{}.").format(table) + pair for pair in pairs)
    new = sql.SQL(", ").join(sql.SQL("EXCLUDED.") + pair for pair in pairs)
    return sql.SQL(
        " ON CONFLICT (id) DO UPDATE SET {changed} WHERE {table}.pst_file_id ="
        " EXCLUDED.pst_file_id AND ROW({old}) IS DISTINCT FROM ROW({new})"
    ).format(changed=sql.SQL(", ").join(changed), table=table, old=old, new=new)


def _comparable(records: Records, columns: list[str]) -> Iterator[sql.Composed]:
    for name in columns:  # json has no equality of its own
        cast = sql.SQL("::text" if name in records.json_columns else "")
        yield sql.Identifier(name) + cast


def _list(names: list[str] | tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _refused(records: Records, error: psycopg.Error) -> NotReadable:
    place = _PLACE.search(error.diag.context or "")
    return NotReadable(
        "a record does not fit its table",
        where=f"{records.csv}, {place[0] if place else error.diag.column_name or records.table}",
        why=f"{type(error).__name__} {error.diag.constraint_name or ''}".strip(),
        remedy="postroom task extract --ingest ID makes it again",
    )
