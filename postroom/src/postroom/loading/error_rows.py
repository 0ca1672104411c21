"""The rows of `ingest_errors` out of the extractor's `errors.ndjson`."""

from __future__ import annotations

from uuid import UUID, uuid5

from postroom.archive.transaction import Transaction
from postroom.loading.outputs import Outputs

_INSERT = """INSERT INTO ingest_errors (id, pst_file_id, kind, node_path, folder_nid, folder_index,
        nid, bid, file_offset, property, reason)
    VALUES (:id, :pst_file_id, :kind, :node_path, :folder_nid, :folder_index,
        :nid, :bid, :offset, :property, :reason)
    ON CONFLICT (id) DO NOTHING"""

_MEMBERS = ("kind", "node_path", "folder_nid", "folder_index", "nid", "offset", "property")


def load_errors(tx: Transaction, outputs: Outputs) -> int:
    """Write one row for each record, under the same id each time; hand back how many there are."""
    namespace = UUID(outputs.ingest_id)
    rows = []
    for n, record in enumerate(outputs.errors()):
        row = {name: record.get(name) for name in _MEMBERS}
        row |= {"id": str(uuid5(namespace, f"error/{n}")), "pst_file_id": outputs.ingest_id}
        row |= {"reason": record["reason"], "bid": _text(record.get("bid"))}
        rows.append(row)
    if rows:
        tx.change_many(_INSERT, rows)
    return len(rows)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
