"""The rows of `ingest_errors` out of the extractor's `errors.ndjson`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import islice
from uuid import UUID, uuid5

import psycopg

from postroom.archive.transaction import Transaction
from postroom.errors import NotReadable
from postroom.loading.outputs import Outputs

_INSERT = """INSERT INTO ingest_errors (id, pst_file_id, kind, node_path, folder_nid, folder_index,
        nid, bid, file_offset, property, reason)
    VALUES (:id, :pst_file_id, :kind, :node_path, :folder_nid, :folder_index,
        :nid, :bid, :offset, :property, :reason)
    ON CONFLICT (id) DO NOTHING"""

_BATCH = 5000
_MISFITS = (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError, OverflowError)
_MEMBERS = ("kind", "node_path", "folder_nid", "folder_index", "nid", "offset", "property")


def load_errors(tx: Transaction, outputs: Outputs) -> int:
    """Write one row for each record, under the same id each time; hand back how many there are."""
    rows = _rows(outputs)
    while batch := list(islice(rows, _BATCH)):
        try:
            tx.change_many(_INSERT, batch)
        except _MISFITS as error:
            raise _misfit(error) from None  # what it quotes may be mail
    return outputs.files["errors.ndjson"].records


def _rows(outputs: Outputs) -> Iterator[Mapping[str, object]]:
    namespace = UUID(outputs.ingest_id)
    for n, record in enumerate(outputs.errors()):
        row = {name: record.get(name) for name in _MEMBERS}
        row |= {"id": str(uuid5(namespace, f"error/{n}")), "pst_file_id": outputs.ingest_id}
        row |= {"reason": record.get("reason"), "bid": _text(record.get("bid"))}
        yield row


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _misfit(error: Exception) -> NotReadable:
    return NotReadable(
        "an error record does not fit its table",
        where="errors.ndjson",
        why=type(error).__name__,
        remedy="postroom task extract --ingest ID makes it again",
    )
