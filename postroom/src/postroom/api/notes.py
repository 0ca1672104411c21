"""Notes that people write to messages. Nobody changes the words of another but an admin."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from postroom.api.access import Caller
from postroom.api.context import About
from postroom.api.errors import Forbidden, NotFound, Unprocessable
from postroom.api.item import check_item
from postroom.api.models import Note
from postroom.api.note_rows import note_of, notes_of
from postroom.api.words import BODY, ERRORS, NOT_FOUND, ItemId, Text
from postroom.archive.transaction import Transaction
from postroom.moment import now_text

router = APIRouter(tags=["notes"], responses={**ERRORS, **NOT_FOUND})

_LONGEST_CHARACTERS: Final = 20_000
_MOST: Final = 1_000
"""Notes of one message."""

NoteId = Annotated[UUID, Path(description="The id of a note.")]


class NoteBody(BaseModel):
    """What a note says, and whether it stands on top."""

    model_config = ConfigDict(extra="forbid", strict=True)

    body: Text = Field(min_length=1, max_length=_LONGEST_CHARACTERS, pattern=r"^[^\x00]*$")
    pinned: bool = False


@router.get("/items/{item_id}/notes")
def list_notes(item_id: ItemId, about: About) -> list[Note]:
    """List the notes of a message: pinned ones first, then the oldest first."""
    with about.archive.reading() as tx:
        check_item(tx, str(item_id))
        return [Note.model_validate(note) for note in notes_of(tx, str(item_id))]


@router.post("/items/{item_id}/notes", status_code=201, responses=BODY)
def write_note(item_id: ItemId, note: NoteBody, about: About) -> Note:
    """Write a note to a message, in the name of the token."""
    note_id = str(uuid4())
    with about.archive.transaction() as tx:
        check_item(tx, str(item_id))
        _check_room(tx, str(item_id))
        tx.change(
            "INSERT INTO item_notes (id, email_id, author, body, pinned, created_at, updated_at)"
            " VALUES (:id, :item_id, :author, :body, :pinned, :now, :now)",
            id=note_id,
            item_id=str(item_id),
            author=about.caller.name,
            body=note.body,
            pinned=note.pinned,
            now=now_text(),
        )
        return _read(tx, str(item_id), note_id)


@router.put("/items/{item_id}/notes/{note_id}", responses=BODY)
def change_note(item_id: ItemId, note_id: NoteId, note: NoteBody, about: About) -> Note:
    """Change a note; others than its author may only pin it."""
    with about.archive.transaction() as tx:
        known = _read(tx, str(item_id), str(note_id))
        if note.body != known.body:
            _check_author(about.caller, known)
        tx.change(
            "UPDATE item_notes SET body = :body, pinned = :pinned, updated_at = :now"
            " WHERE id = :id",
            id=str(note_id),
            body=note.body,
            pinned=note.pinned,
            now=now_text(),
        )
        return _read(tx, str(item_id), str(note_id))


@router.delete("/items/{item_id}/notes/{note_id}", status_code=204)
def delete_note(item_id: ItemId, note_id: NoteId, about: About) -> None:
    """Delete a note of one's own."""
    with about.archive.transaction() as tx:
        _check_author(about.caller, _read(tx, str(item_id), str(note_id)))
        tx.change("DELETE FROM item_notes WHERE id = :id", id=str(note_id))


def _read(tx: Transaction, item_id: str, note_id: str) -> Note:
    found = note_of(tx, item_id, note_id)
    if found is None:
        raise NotFound(
            "there is no such note",
            where=f"item {item_id}, note {note_id}",
            why="this source has none of that id with that message",
            remedy="GET /items/{id}/notes lists those that there are",
        )
    return Note.model_validate(found)


def _check_author(caller: Caller, note: Note) -> None:
    if caller.name != note.author and not caller.may("admin"):
        raise Forbidden(
            "this note is somebody else's",
            where=f"note {note.id}",
            why="its words belong to its author",
            remedy="write a note of your own, or ask an admin",
        )


def _check_room(tx: Transaction, item_id: str) -> None:
    known = tx.value("SELECT count(*) FROM item_notes WHERE email_id = :id", id=item_id)
    if known >= _MOST:
        raise Unprocessable(
            "this message has too many notes",
            where=f"item {item_id}",
            why=f"{_MOST} is the most",
            remedy="delete some",
        )
