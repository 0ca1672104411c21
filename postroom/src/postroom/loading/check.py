"""What must be true of records before they count: the same questions to both engines.

The digests of the files were compared while they were read; here the rows are asked. Nothing that
is loaded commits unless each answer is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from postroom.archive.transaction import Backend, Transaction
from postroom.errors import NotReadable
from postroom.loading.outputs import Outputs

# The last FILETIME of the year 9999: a later one has no moment in UTC.
LAST_FILETIME: Final = 2_650_467_743_999_999_999

_EMAIL_HASHES: Final = ("text_hash", "content_hash", "record_hash", "family_hash")
_FILETIMES: Final = ("sent_filetime", "received_filetime", "created_filetime", "modified_filetime")


@dataclass(frozen=True, slots=True)
class Relations:
    """Where the rows to be checked lie, as SQL: a table, or a query in parentheses.

    They have the columns of their tables; `attachments` has `object_key` as the extractor wrote it.
    """

    emails: str
    attachments: str


def check(tx: Transaction, relations: Relations, outputs: Outputs) -> None:
    """Raise `NotReadable` unless the rows are those of the manifest and hold together."""
    counts = outputs.counts
    _check_rows(tx, relations.emails, outputs, _email_checks(tx.backend), counts["emails"])
    attachment_checks = _attachment_checks(tx.backend)
    _check_rows(tx, relations.attachments, outputs, attachment_checks, counts["attachments"])
    _check_parents(tx, relations)
    _check_objects(tx, relations, outputs)


def _check_rows(
    tx: Transaction, relation: str, outputs: Outputs, checks: dict[str, str], expected: int
) -> None:
    """Ask everything about the rows of one relation in one scan of it."""
    asked = (f"count(CASE WHEN {holds} THEN NULL ELSE 1 END)" for holds in checks.values())
    columns = ", ".join(f"{count} AS c{n}" for n, count in enumerate(asked))
    query = f"SELECT count(*) AS n, count(DISTINCT id) AS ids, {columns} FROM {relation} AS r"  # noqa: S608  # ours
    row = tx.row(query, ingest=outputs.ingest_id)
    assert row is not None  # noqa: S101  # an aggregate without groups has one row
    n, ids, *broken = row.values()
    if n != expected:
        raise _refused(f"the manifest counts {expected:,} of them, there are {n:,}", relation)
    _refuse(n - ids, "ids are unique", relation)
    for what, count in zip(checks, broken, strict=True):
        _refuse(count, what, relation)


def _check_parents(tx: Transaction, relations: Relations) -> None:
    emails, attachments = relations.emails, relations.attachments
    orphans = f"""SELECT count(*) AS n FROM {attachments} AS a
        WHERE NOT EXISTS (SELECT 1 FROM {emails} AS e WHERE e.id = a.email_id)"""  # noqa: S608
    _refuse(tx.value(orphans), "every attachment has its mail", attachments)
    lonely = f"""SELECT count(*) AS n FROM {emails} AS m WHERE m.family_id <> m.id
        AND NOT EXISTS (SELECT 1 FROM {emails} AS e WHERE e.id = m.family_id)"""  # noqa: S608
    _refuse(tx.value(lonely), "every embedded message has the top of its family", emails)


def _check_objects(tx: Transaction, relations: Relations, outputs: Outputs) -> None:
    """Hold the objects that attachments name to the files that there are, with their sizes."""
    named = tx.rows(
        f"SELECT DISTINCT object_key, size_bytes FROM {relations.attachments} AS a"  # noqa: S608
        " WHERE object_key IS NOT NULL"
    )
    there = outputs.object_sizes()
    wrong = [row for row in named if there.get(row["object_key"]) != row["size_bytes"]]
    _refuse(len(wrong), "every object is there with its size", "objects/")


def _email_checks(backend: Backend) -> dict[str, str]:
    is_hex = _hex_test(backend)
    found = {f"{name} is 64 hex digits": is_hex(name) for name in _EMAIL_HASHES}
    found |= {f"{n} is not negative": f"{n} IS NULL OR {n} >= 0" for n in _FILETIMES}
    for name in ("sent", "received"):
        filetime = f"coalesce({name}_filetime, 0)"
        is_date = f"{filetime} > 0 AND {filetime} <= {LAST_FILETIME}"
        said = f"{name}_utc is there where {name}_filetime is a date"
        found[said] = f"({name}_utc IS NOT NULL) = ({is_date})"
    found["it is of this ingest"] = "pst_file_id = :ingest"
    return found


def _attachment_checks(backend: Backend) -> dict[str, str]:
    found = {"attachment_hash is 64 hex digits": _hex_test(backend)("attachment_hash")}
    found |= {f"{n} is not negative": f"{n} IS NULL OR {n} >= 0" for n in _FILETIMES[2:]}
    found["it is of this ingest"] = "pst_file_id = :ingest"
    found["its size is known where its content is"] = (
        "(attachment_hash IS NULL) = (size_bytes IS NULL)"
    )
    found["its object is named by its hash"] = (
        "object_key IS NULL AND attachment_hash IS NULL OR object_key ="
        " 'objects/' || substr(attachment_hash, 1, 2) || '/' || attachment_hash"
    )
    return found


def _hex_test(backend: Backend) -> Callable[[str], str]:
    if backend == "sqlite":
        shape = "length({0}) = 64 AND {0} NOT GLOB '*[^0-9a-f]*'"
    else:
        # The search for one wrong character is six times faster than matching 64 right ones.
        shape = "octet_length({0}) = 64 AND {0} !~ '[^0-9a-f]'"
    return lambda name: f"{name} IS NULL OR " + shape.format(name)


def _refuse(count: int, what: str, where: str) -> None:
    if count:
        raise _refused(f"{count:,} break the rule: {what}", where)


def _refused(why: str, where: str) -> NotReadable:
    return NotReadable(
        "the outputs are not loaded, since they do not hold together",
        where=where,
        why=why,
        remedy="postroom task extract --ingest ID makes them again",
    )
