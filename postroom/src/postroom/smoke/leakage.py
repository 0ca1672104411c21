"""Whether anything of one source can be reached through another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from postroom.archive import Archive
from postroom.smoke.asked import Asked
from postroom.smoke.drawn import draw
from postroom.smoke.verdict import Verdict, failed, passed

_DRAWN: Final = 3
_OTHERS: Final = 3
_HIDDEN: Final = (400, 403, 404)


def check_leakage(asked: Asked) -> Verdict:
    """Nothing of another source is read or changed through this one, nor the other way round."""
    if not asked.others:
        return passed("this service has no other source")
    tried = 0
    for other in asked.others[:_OTHERS]:
        for source, owner in ((None, other), (other.source_id, asked.archive)):
            for method, path in _probes(asked, owner, reads_only=asked.generation is not None):
                tried += 1
                answer = asked.service.change(method, path, source=source, json=_body(path, method))
                if answer.status_code not in _HIDDEN:
                    seen = source or asked.service.source_id
                    return failed(f"{method} {path} through {seen}: answered {answer.status_code}")
        if said := _lists(asked, other):
            return failed(said)
    return passed(f"{tried} foreign ids hidden from and in {len(asked.others[:_OTHERS])} sources")


def _probes(asked: Asked, owner: Archive, *, reads_only: bool) -> Iterable[tuple[str, str]]:
    """Give requests with ids that `owner` alone has."""
    elsewhere = [one for one in (asked.archive, *asked.others) if one is not owner]
    for item_id in draw(owner, _DRAWN):
        if any(_has(one, "email_messages", item_id) for one in elsewhere):
            continue  # a copy of the same file: there is nothing to hide
        for path in ("", "/notes", "/meta"):
            yield "GET", f"/items/{item_id}{path}"
        if not reads_only:
            yield "POST", f"/items/{item_id}/notes"
            yield "PUT", f"/items/{item_id}/meta/{asked.service.run}"
    for table, path in (
        ("email_attachments", "/attachments/{}/content"),
        ("pst_files", "/pst/{}/status"),
    ):
        for found in _some(owner, table):
            if not any(_has(one, table, found) for one in elsewhere):
                yield "GET", path.format(found)


def _body(path: str, method: str) -> object:
    if method == "GET":
        return None
    return {"body": "smoke"} if path.endswith("/notes") else {"value": "smoke"}


def _lists(asked: Asked, other: Archive) -> str:
    """Say what a list shows of the other source, or takes from it; empty if nothing."""
    for ingest in _some(other, "pst_files"):
        if _has(asked.archive, "pst_files", ingest):
            continue
        if asked.service.get("/items", pst_file_id=ingest).json()["total"]:
            return f"/items lists messages of ingest {ingest}, which is of {other.source_id}"
    page = asked.service.get("/items", limit=1).json()
    if page["next"] is not None:
        after = page["next"]
        answer = asked.service.get("/items", source=other.source_id, limit=1, after=after)
        if answer.status_code not in _HIDDEN:
            return f"{other.source_id} takes a cursor of another source"
    return ""


def _some(archive: Archive, table: str) -> list[str]:
    with archive.reading() as tx:
        rows = tx.rows(f"SELECT id FROM {table} LIMIT :most", most=_DRAWN)  # noqa: S608  # ours
    return [str(row["id"]) for row in rows]


def _has(archive: Archive, table: str, found: str) -> bool:
    with archive.reading() as tx:
        query = f"SELECT 1 AS x FROM {table} WHERE id = :id"  # noqa: S608  # ours
        return tx.row(query, id=found) is not None
