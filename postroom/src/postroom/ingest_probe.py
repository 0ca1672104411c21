"""The probe `postroom_ingests`: what became of the ingests of a source over a span of time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked
from postroom.archive.archive import Archive
from postroom.archive.transaction import Row
from postroom.commands.where import Where, dsn_of
from postroom.moment import stamp

QUIET_S: Final = 1800.0

_ROWS: Final = """SELECT project_id, engine, processing_status, error_message, created_at,
    processing_started_at, processing_completed_at, progress FROM pst_files
    WHERE engine IS NOT NULL AND created_at < :until AND (created_at >= :since
    OR processing_started_at >= :since OR processing_completed_at >= :since
    OR processing_status IN ('queued', 'processing'))"""
_DEAD: Final = """SELECT d.engine, f.project_id FROM dead_letters d
    LEFT JOIN pst_files f ON f.id = d.pst_file_id
    WHERE d.created_at >= :since AND d.created_at < :until"""


@dataclass(frozen=True, slots=True)
class _Ingest:
    """What counts of one ingest; the times are None where it has not got there."""

    engine: str
    status: str
    reason: str
    created: datetime
    began: datetime | None
    ended: datetime | None
    moved: datetime

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of `pst_files`."""
        created = datetime.fromisoformat(row["created_at"])
        began, ended = map(_moment, (row["processing_started_at"], row["processing_completed_at"]))
        progress = json.loads(row["progress"]) if row["progress"] else {}
        moved = _moment(progress.get("at"))
        return cls(
            row["engine"],
            row["processing_status"],
            row["error_message"] or "",
            created,
            began,
            ended,
            max(moment for moment in (created, began, ended, moved) if moment),
        )

    @property
    def is_open(self) -> bool:
        """Say whether it was asked for and has not ended."""
        return self.status in ("queued", "processing")


def measure(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Count the ingests of a source: of the engine that the question's side names, else of both.

    `config`: `source`; `home` (SQLite), `dsn: env:NAME` (PostgreSQL) or both `home` and
    `registry: env:NAME` (whichever the registry says); `but` and `only` (lists of project ids),
    `quiet_after` seconds (1800). Ended in the span: `ok`, `failed`, `total`, `seconds` each,
    `errors` (what went wrong, each kind once, never with content). Open at its end: `in_flight`,
    and `quiet`, those that showed no progress for that long. Arrived in the span: `arrived`,
    `to_v1`, `to_v2`; begun in it: `begun`; `dead` letters of it.
    """
    archive = _archive(config, asked)
    since, until = asked.question.since, asked.question.until
    span = {"since": stamp(since), "until": stamp(until)}
    with archive.reading() as tx:
        rows, dead = tx.rows(_ROWS, **span), tx.rows(_DEAD, **span)
    side = asked.question.side
    of_both = [_Ingest.of(row) for row in rows if _counts(row, config)]
    found = [one for one in of_both if not side or one.engine == side]
    letters = [row for row in dead if (not side or row["engine"] == side) and _counts(row, config)]
    quiet = timedelta(seconds=float(config.get("quiet_after", QUIET_S)))
    arrived = [one for one in of_both if one.created >= since]
    return Answer(
        {
            **_ended([one for one in found if one.ended and since <= one.ended < until]),
            "in_flight": sum(one.is_open for one in found),
            "quiet": sum(one.is_open and until - one.moved > quiet for one in found),
            "arrived": len(arrived),
            "to_v1": sum(one.engine == "v1" for one in arrived),
            "to_v2": sum(one.engine == "v2" for one in arrived),
            "begun": sum(one.began is not None and since <= one.began < until for one in found),
            "dead": len(letters),
        }
    )


def _ended(ended: Sequence[_Ingest]) -> dict[str, object]:
    ok = sum(one.status == "completed" for one in ended)
    failed = sum(one.status == "failed" for one in ended)
    spent = [(one.ended - one.began).total_seconds() for one in ended if one.ended and one.began]
    kinds = {one.reason.split(":")[0] for one in ended if one.status == "failed"}
    return {
        "ok": ok,
        "failed": failed,
        "total": ok + failed,
        "seconds": spent,
        "errors": sorted(kinds),
    }


def _archive(config: Mapping[str, Any], asked: Asked) -> Archive:
    known = {"source", "home", "dsn", "registry", "but", "only", "quiet_after"}
    if unknown := sorted(config.keys() - known):
        raise NoReading(
            "postroom_ingests does not know these keys",
            why=", ".join(unknown),
            remedy=f"it knows {', '.join(sorted(known))}",
        )
    home = asked.context.base / Path(str(config.get("home", "postroom-data")))
    where = Where(
        str(config.get("source", "default")),
        home,
        dsn_of(config.get("dsn"), "dsn"),
        registry=dsn_of(config.get("registry"), "registry"),
    )
    return where.archive()


def _counts(row: Row, config: Mapping[str, Any]) -> bool:
    only = config.get("only")
    return row["project_id"] not in config.get("but", ()) and (
        only is None or row["project_id"] in only
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
