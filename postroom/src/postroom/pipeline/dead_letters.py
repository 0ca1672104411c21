"""Dead letters: what failed for good, with its reason, until somebody sends it back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cutline.errors import WrongUsage
from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.claim import Engine
from postroom.errors import NotReadable
from postroom.pipeline.message import IngestMessage

_ADD: Final = """INSERT INTO dead_letters
    (id, pst_file_id, engine, task, attempt, reason, message, created_at)
    VALUES (:id, :pst_file_id, :engine, :task, :attempt, :reason, :message, :now)
    ON CONFLICT (id) DO NOTHING"""

_READ: Final = """SELECT id, pst_file_id, engine, task, attempt, reason, message, created_at,
    requeued_at FROM dead_letters"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One that failed for good; `message` is None where it was no message."""

    id: str
    pst_file_id: str | None
    engine: Engine
    task: str | None
    attempt: int | None
    reason: str
    message: str | None
    created_at: str
    requeued_at: str | None

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        return asdict(self)

    def asks_for(self) -> IngestMessage:
        """Read its message; raises `WrongUsage` where there is none to send again."""
        if self.message is None:
            raise WrongUsage(
                "this dead letter cannot be requeued",
                where=f"dead letter {self.id}",
                why=self.reason,
                remedy="send a right message: postroom submit --help",
            )
        return IngestMessage.from_json(self.message)


def add_dead_letter(
    tx: Transaction,
    message: IngestMessage,
    engine: Engine,
    task: str | None,
    attempt: int | None,
    reason: str,
    now: str,
) -> None:
    """Write the dead letter of an attempt, once however often it is asked for."""
    name = f"postroom:dead-letter:{message.source_id}:{message.pst_file_id}:{engine}:{attempt}"
    tx.change(
        _ADD,
        id=str(uuid5(NAMESPACE_URL, name)),
        pst_file_id=message.pst_file_id,
        engine=engine,
        task=task,
        attempt=attempt,
        reason=reason,
        message=message.as_json(),
        now=now,
    )


def add_refused(tx: Transaction, engine: Engine, reason: str, text: str, now: str) -> None:
    """Write the dead letter of a `text` that came off a queue and is no message.

    The text is not kept. The same again adds nothing.
    """
    tx.change(
        _ADD,
        id=str(uuid5(NAMESPACE_URL, f"postroom:refused:{engine}:{text}")),
        pst_file_id=None,
        engine=engine,
        task=None,
        attempt=None,
        reason=reason,
        message=None,
        now=now,
    )


def read_dead_letters(archive: Archive, *, with_requeued: bool = False) -> list[DeadLetter]:
    """Read the dead letters of a source, the oldest first; those sent back only where asked."""
    which = "" if with_requeued else "WHERE requeued_at IS NULL"
    with archive.reading() as tx:
        rows = tx.rows(f"{_READ} {which} ORDER BY created_at, id")
    return [DeadLetter(**row) for row in rows]


def read_dead_letter(archive: Archive, letter_id: str) -> DeadLetter:
    """Read one dead letter; raises `NotReadable` if there is none of that id."""
    with archive.reading() as tx:
        row = tx.row(f"{_READ} WHERE CAST(id AS text) = :id", id=letter_id)
    if row is None:
        raise NotReadable(
            "there is no such dead letter",
            where=letter_id,
            why="the source has no row of that id in dead_letters",
            remedy="postroom dead-letters list --all; --source chooses the source",
        )
    return DeadLetter(**row)


def mark_requeued(archive: Archive, letter_id: str, now: str) -> None:
    """Say that a dead letter was sent back."""
    with archive.transaction() as tx:
        tx.change(
            "UPDATE dead_letters SET requeued_at = :now WHERE id = :id AND requeued_at IS NULL",
            id=letter_id,
            now=now,
        )
