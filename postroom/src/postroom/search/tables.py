"""The tables of the index: made by a migration, and again where somebody dropped them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from postroom.archive.migrate import migrations
from postroom.archive.sqlite import statements
from postroom.archive.transaction import Transaction
from postroom.moment import now_text

# The table that a statement of the migration is about.
_TABLE_OF: Final = re.compile(r"^CREATE (?:(?:VIRTUAL )?TABLE|INDEX \w+ ON) (\w+)", re.MULTILINE)

TABLES: Final = ("search_ingests", "search_mails", "search_pieces")

UNDATED: Final = -(2**63)
"""The moment of a mail that has none: before all others."""

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)

_MAILS: Final = f"""INSERT INTO search_mails (email_id, pst_file_id, moment, folder)
    SELECT id, pst_file_id,
        coalesce(nullif(sent_filetime, 0), nullif(received_filetime, 0), {UNDATED}),
        coalesce(pst_message_path, '')
    FROM email_messages WHERE pst_file_id = :id"""  # noqa: S608  # a number

_INDEXED: Final = """INSERT INTO search_ingests (pst_file_id, mails, pieces, indexed_at)
    VALUES (:id, :mails, :pieces, :now)"""


def has_index(tx: Transaction) -> bool:
    """Say whether the tables of the index are there."""
    return not _missing(tx)


def make_index(tx: Transaction) -> None:
    """Make the tables of the index that are missing; then it is empty: a part of one is none."""
    missing = _missing(tx)
    if not missing:
        return
    for name in _tables(tx) - missing:
        tx.change(f"DELETE FROM {name}")  # noqa: S608  # ours
    (made,) = (each for each in migrations(tx.backend) if each.name == "search")
    for statement in statements(made.sql):
        table = _TABLE_OF.search(statement)
        if table is not None and table[1] in missing:
            tx.connection.execute(statement)


def _tables(tx: Transaction) -> set[str]:
    return {*TABLES, "search_words"} if tx.backend == "sqlite" else set(TABLES)


def _missing(tx: Transaction) -> set[str]:
    found = (
        "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name = :name"
        if tx.backend == "sqlite"
        else "SELECT to_regclass(:name) IS NOT NULL AS n"
    )
    return {name for name in _tables(tx) if not tx.value(found, name=name)}


def forget_mails(tx: Transaction, pst_file_id: str) -> None:
    """Remove what is known of an ingest and its mails."""
    for table in ("search_ingests", "search_mails"):
        tx.change(f"DELETE FROM {table} WHERE pst_file_id = :id", id=pst_file_id)  # noqa: S608


def add_mails(tx: Transaction, pst_file_id: str) -> int:
    """Add every mail of an ingest, without its words; say how many."""
    return tx.change(_MAILS, id=pst_file_id)


def mark_indexed(tx: Transaction, pst_file_id: str, mails: int, pieces: int) -> None:
    """Note that an ingest is in the index."""
    now = now_text()
    tx.change(_INDEXED, id=pst_file_id, mails=mails, pieces=pieces, now=now)


def filetime(moment: datetime) -> int:
    """Count the ticks of 100 ns from 1601 to a moment."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10
