"""The mails of an ingest, as deduplication wants them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from sys import intern
from typing import Final

from postroom.archive.archive import Archive
from postroom.dedupe.item import DedupeItem
from postroom.identity import EMBEDDED_MESSAGE
from postroom.relaxed import COLUMNS, relaxed_hash, relaxed_subject
from postroom.row_stream import streamed
from postroom.threads.message_id import own_message_id

_MAILS: Final = """SELECT id, pst_nid, node_path, family_id, sent_filetime, received_filetime,
    message_id, content_hash, subject, from_address
    FROM email_messages WHERE pst_file_id = :id AND origin <> 'embedded'"""

_ATTACHED: Final = """SELECT e.family_id, a.method, a.attachment_hash
    FROM email_attachments a JOIN email_messages e ON e.id = a.email_id WHERE a.pst_file_id = :id"""

_EMBEDDED: Final = """SELECT family_id, content_hash
    FROM email_messages WHERE pst_file_id = :id AND origin = 'embedded'"""

_INGESTS: Final = """SELECT id FROM pst_files
    WHERE processing_status = 'completed' OR id = :id ORDER BY created_at, id"""

# Bodies come with them: a bounded number at a time.
_ASKED_AT_ONCE: Final = 200


def read_items(archive: Archive, pst_file_id: str, rank: int = 0) -> Iterator[DedupeItem]:
    """Yield every mail of the ingest but the embedded ones, in no order; `rank` is the ingest's."""
    families = _families(archive, pst_file_id)
    for row in streamed(archive, _MAILS, id=pst_file_id):
        yield DedupeItem(
            email_id=row["id"],
            place=(rank, row["pst_nid"], row["node_path"]),
            filetime=row["sent_filetime"] or row["received_filetime"] or None,
            message_id=own_message_id(row["message_id"]),
            content_hash=row["content_hash"],
            family=families.get(row["family_id"], ""),
            subject=intern(relaxed_subject(row["subject"])),
            sender=intern(row["from_address"] or ""),
        )


def earlier_ingests(archive: Archive, pst_file_id: str) -> list[str]:
    """List the completed ingests of the source that were registered before this one, in order."""
    with archive.reading() as tx:
        ids = [row["id"] for row in tx.rows(_INGESTS, id=pst_file_id)]
    return ids[: ids.index(pst_file_id)]


def relaxed_hashes(archive: Archive, items: Sequence[DedupeItem]) -> Mapping[str, str | None]:
    """Compute the relaxed hash of these mails out of their columns."""
    found: dict[str, str | None] = {}
    for start in range(0, len(items), _ASKED_AT_ONCE):
        ids = {f"id{n}": i.email_id for n, i in enumerate(items[start : start + _ASKED_AT_ONCE])}
        names = ", ".join(f":{name}" for name in ids)
        query = f"SELECT id, {', '.join(COLUMNS)} FROM email_messages WHERE id IN ({names})"  # noqa: S608
        with archive.reading() as tx:
            found |= {row["id"]: relaxed_hash(row) for row in tx.rows(query, **ids)}
    return found


def _families(archive: Archive, pst_file_id: str) -> dict[str, str | None]:
    """Digest what is attached to each mail, at any depth, in no order; None if a part is unknown.

    An attached message counts by its own content hash: an ingest that did not read it knows nothing
    of the family.
    """
    parts: defaultdict[str, list[str | None]] = defaultdict(list)
    missing: defaultdict[str, int] = defaultdict(int)
    for row in streamed(archive, _ATTACHED, id=pst_file_id):
        if row["method"] == EMBEDDED_MESSAGE:
            missing[row["family_id"]] += 1
        else:
            parts[row["family_id"]].append(row["attachment_hash"])
    for row in streamed(archive, _EMBEDDED, id=pst_file_id):
        content = row["content_hash"]
        parts[row["family_id"]].append(None if content is None else f"mail {content}")
        missing[row["family_id"]] -= 1
    found = {family: _digest(each) for family, each in parts.items()}
    return found | {family: None for family, count in missing.items() if count}


def _digest(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()
