"""Makes an upload an ingest: its object in the store, its row in the archive, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from cutline.errors import Problem
from postroom.api.context import Asked, Services
from postroom.api.idempotency import Keyed
from postroom.api.receive import Received
from postroom.api.scratch import InDoubtError, Intent
from postroom.archive.archive import Archive
from postroom.archive.transaction import Transaction
from postroom.claim import Engine
from postroom.ingest import safe_name
from postroom.moment import now_text
from postroom.store import Store


@dataclass(frozen=True, slots=True)
class Named:
    """What the client said of a file."""

    project_id: str
    case_id: str | None
    file_name: str

    @classmethod
    def of(cls, project_id: str, case_id: str | None, file_name: str) -> Named:
        """Take what was said; what cannot be printed in names becomes `_`."""
        return cls(
            project_id, None if case_id is None else _printable(case_id), _printable(file_name)
        )


@dataclass(frozen=True, slots=True)
class Registered:
    """What a client is answered; `is_replay` if its key was answered so before."""

    answer: dict[str, Any]
    is_replay: bool


def register(
    asked: Asked,
    received: Received,
    named: Named,
    keyed: Keyed | None,
    engine: Engine | None = None,
) -> Registered:
    """Register a received file as a pending ingest, of `engine` if one is given.

    The object is put into the store first and the row is written after it, in the transaction that
    keeps the key. If that does not come to its end, the object is taken back: at once, or by the
    next start after a crash.
    """
    with asked.archive.reading() as tx:  # also says that the archive is there
        known = None if keyed is None else keyed.known(tx)
    if known is not None:
        return Registered(known, is_replay=True)
    scratch = asked.services.receiver.scratch
    scratch.settle(partial(_settled, asked.services))
    pst_file_id = str(uuid4())
    key = f"project_{named.project_id}/pst/{pst_file_id}/{safe_name(Path(named.file_name))}"
    with scratch.intending(Intent(asked.source_id, pst_file_id, key)):
        asked.store.take_file(received.path, key, received.sha256)
        try:
            done = _commit(asked, received, named, keyed, engine, (pst_file_id, key))
        except BaseException as error:
            _undo(asked, pst_file_id, key, error)
            raise
        if done.is_replay:
            take_back(asked.archive, asked.store, pst_file_id, key)
    return done


def _undo(asked: Asked, pst_file_id: str, key: str, error: BaseException) -> None:
    try:
        take_back(asked.archive, asked.store, pst_file_id, key)
    except Problem:
        reason = error if isinstance(error, Exception) else RuntimeError("it was interrupted")
        raise InDoubtError(reason) from error


def _settled(services: Services, intent: Intent) -> None:
    archive = services.sources.archive(intent.source_id)
    take_back(archive, services.store, intent.pst_file_id, intent.key)


def take_back(archive: Archive, store: Store, pst_file_id: str, key: str) -> None:
    """Remove an object that no row names; where a commit was in doubt, its row says that it was."""
    with archive.reading() as tx:
        if tx.row("SELECT 1 AS x FROM pst_files WHERE id = :id", id=pst_file_id) is not None:
            return
    store.remove(key)


def _commit(
    asked: Asked,
    received: Received,
    named: Named,
    keyed: Keyed | None,
    engine: Engine | None,
    place: tuple[str, str],
) -> Registered:
    pst_file_id, key = place
    now = now_text()
    row = {
        "id": pst_file_id,
        "project_id": named.project_id,
        "case_id": named.case_id,
        "file_name": named.file_name,
        "size_bytes": received.size_bytes,
        "sha256": received.sha256,
        "created_at": now,
    }
    answer = {**row, "processing_status": "pending"}
    if engine is not None:
        answer = {"id": pst_file_id, "engine": engine, "processing_status": "queued"}
    with asked.archive.transaction() as tx:
        if keyed is not None and not keyed.keep(tx, answer, now):
            known = keyed.known(tx)
            if known is None:
                raise AssertionError("a key that was there is there")
            return Registered(known, is_replay=True)
        _insert(tx, {**row, "s3_key": key, "s3_bucket": asked.store.bucket, "engine": engine})
    return Registered(answer, is_replay=False)


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "_" for character in name)


def _insert(tx: Transaction, row: dict[str, Any]) -> None:
    tx.change(
        "INSERT INTO pst_files (id, project_id, case_id, file_name, s3_bucket, s3_key, size_bytes,"
        " sha256, engine, created_at) VALUES (:id, :project_id, :case_id, :file_name, :s3_bucket,"
        " :s3_key, :size_bytes, :sha256, :engine, :created_at)",
        **row,
    )
