"""PST files: sent in, listed, and how far each is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Request, Response

from postroom.api import cursor
from postroom.api.context import About, Asked
from postroom.api.errors import NotFound
from postroom.api.idempotency import check_key, keyed
from postroom.api.ingest_tasks import task_states
from postroom.api.models import IngestAnswer, Ingests, IngestStatus, Upload
from postroom.api.registration import Named, Registered, register
from postroom.api.words import (
    BODY,
    CONFLICT,
    ERRORS,
    MEDIA,
    NOT_FOUND,
    After,
    CaseId,
    FileName,
    IngestId,
    Limit,
    ProjectId,
)
from postroom.archive.transaction import Transaction
from postroom.claim import Engine
from postroom.ingest import COLUMNS, ITEM_ERRORS, Ingest

router = APIRouter(tags=["ingests"], responses=ERRORS)

BINARY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The PST file itself.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
REPLAYED: Final = "Idempotency-Replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern="^[!-~]+$",
        description="The same key and the same request: the same answer, done once.",
    ),
]
SENT: Final = {**BODY, **MEDIA, **CONFLICT}

# Registrations wait for other writers of a SQLite file; they must not keep reads from a thread.
_registrations = CapacityLimiter(8)


@router.post("/pst", status_code=201, openapi_extra=BINARY, responses=SENT)
async def upload(  # one parameter for each part of the request
    request: Request,
    response: Response,
    about: About,
    project_id: ProjectId = "default",
    case_id: CaseId = None,
    file_name: FileName = "upload.pst",
    idempotency_key: IdempotencyKey = None,
) -> Upload:
    """Receive a PST file and register it as a pending ingest."""
    named = Named.of(project_id, case_id, file_name)
    done = await received(request, about, named, idempotency_key)
    if done.is_replay:
        response.headers[REPLAYED] = "true"
    return Upload.model_validate(done.answer)


async def received(
    request: Request,
    about: Asked,
    named: Named,
    key: str | None,
    engine_of: Callable[[str], Engine] | None = None,
) -> Registered:
    """Receive the body of a request and register it; `engine_of` its digest, if one is chosen."""
    check_key(key)
    async with about.services.receiver.received(request) as file:
        parts = (request.url.path, named.project_id, named.case_id, named.file_name, file.sha256)
        bound = keyed(key, about.caller.name, *parts)
        engine = None if engine_of is None else engine_of(file.sha256)
        return await to_thread.run_sync(
            register, about, file, named, bound, engine, limiter=_registrations
        )


@router.get("/pst")
def list_ingests(about: About, limit: Limit = 50, after: After = None) -> Ingests:
    """List ingests, the newest first, a page at a time."""
    query = (about.source_id, "ingests")
    with about.archive.reading() as tx:
        last = None if after is None else _place(tx, cursor.place(after, *query))
        where = "" if last is None else f"WHERE {_BEYOND}"
        text = f"SELECT {COLUMNS}, {ITEM_ERRORS} FROM pst_files AS f {where} {_NEWEST}"  # noqa: S608
        found = [Ingest(**row) for row in tx.rows(text, last=last, most=limit + 1)]
    listed = found[:limit]
    more = cursor.after(listed[-1].id, *query) if len(found) > limit else None
    return Ingests(
        ingests=[IngestAnswer.model_validate(one.as_json()) for one in listed], next=more
    )


@router.get("/pst/{pst_file_id}/status", responses=NOT_FOUND)
def show_status(pst_file_id: IngestId, about: About) -> IngestStatus:
    """Say how far an ingest is, task by task."""
    ingest = read_ingest(about, str(pst_file_id))
    return IngestStatus.model_validate(
        {
            **ingest.as_json(),
            "tasks": task_states(about.store, ingest),
            "errors": ingest.item_errors,
        }
    )


def read_ingest(about: Asked, pst_file_id: str) -> Ingest:
    """Read an ingest; raises `NotFound` if this source has none of that id."""
    text = f"SELECT {COLUMNS}, {ITEM_ERRORS} FROM pst_files AS f WHERE f.id = :id"  # noqa: S608
    with about.archive.reading() as tx:
        row = tx.row(text, id=pst_file_id)
    if row is None:
        raise NotFound(
            "there is no such ingest",
            where=f"ingest {pst_file_id}",
            why="this source has none of that id",
            remedy="GET /pst lists those that there are",
        )
    return Ingest(**row)


_NEWEST: Final = "ORDER BY f.created_at DESC, f.id DESC LIMIT :most"
_LAST: Final = "(SELECT l.created_at FROM pst_files AS l WHERE l.id = :last)"
_BEYOND: Final = f"(f.created_at < {_LAST} OR (f.created_at = {_LAST} AND f.id < :last))"


def _place(tx: Transaction, pst_file_id: str) -> str:
    if tx.row("SELECT 1 AS x FROM pst_files WHERE id = :id", id=pst_file_id) is None:
        raise cursor.foreign()
    return pst_file_id
