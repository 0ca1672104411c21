"""Has ingests processed: by v1, by v2, or by the one that the switch chooses."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from postroom.api.context import About, Asked
from postroom.api.errors import Away
from postroom.api.models import Queued
from postroom.api.registration import Named
from postroom.api.uploads import (
    BINARY,
    REPLAYED,
    SENT,
    IdempotencyKey,
    read_ingest,
    received,
)
from postroom.api.words import CONFLICT, ERRORS, NOT_FOUND, CaseId, FileName, IngestId, ProjectId
from postroom.claim import Engine
from postroom.ingest import Ingest
from postroom.pipeline.message import IngestMessage

router = APIRouter(tags=["processing"], responses=ERRORS)
router_v1 = APIRouter(tags=["processing"], responses=ERRORS)
"""Not a part of a service in which v1 is off: its paths are a 404 there."""

V1_PATH = "/pst/{pst_file_id}/process"
_ASKED = {**NOT_FOUND, **CONFLICT}


@router_v1.post(V1_PATH, status_code=202, responses=_ASKED, deprecated=True)
def process_by_v1(pst_file_id: IngestId, about: About) -> Queued:
    """Have an ingest processed by v1."""
    return _process(about, str(pst_file_id), "v1")


@router.post("/v2/pst/{pst_file_id}/process", status_code=202, responses=_ASKED)
def process_by_v2(pst_file_id: IngestId, about: About) -> Queued:
    """Have an ingest processed by v2."""
    return _process(about, str(pst_file_id), "v2")


@router.post("/pst/{pst_file_id}/cancel", responses=_ASKED)
def cancel(pst_file_id: IngestId, about: About) -> Queued:
    """Cancel an ingest that has not ended; what of it runs ends within seconds."""
    read_ingest(about, str(pst_file_id))
    about.services.queues.of(about.source_id).cancel(str(pst_file_id))
    ingest = read_ingest(about, str(pst_file_id))
    return Queued.model_validate(
        {
            "id": ingest.id,
            "engine": ingest.engine,
            "processing_status": ingest.processing_status,
        }
    )


@router.post("/imports", status_code=202, openapi_extra=BINARY, responses=SENT)
async def import_file(  # one parameter for each part of the request
    request: Request,
    response: Response,
    about: About,
    project_id: ProjectId = "default",
    case_id: CaseId = None,
    file_name: FileName = "upload.pst",
    idempotency_key: IdempotencyKey = None,
) -> Queued:
    """Receive a PST file and have it processed by the engine that the switch chooses for it."""
    split = about.services.split
    done = await received(
        request,
        about,
        Named.of(project_id, case_id, file_name),
        idempotency_key,
        lambda sha256: split.engine(project_id, sha256),
    )
    if done.is_replay:
        response.headers[REPLAYED] = "true"
    else:
        split.note(done.answer["id"], done.answer["engine"])
    await to_thread.run_sync(_submit_import, about, done.answer["id"], done.answer["engine"])
    return Queued.model_validate(done.answer)


def _process(about: Asked, pst_file_id: str, engine: Engine) -> Queued:
    _submit(about, read_ingest(about, pst_file_id), engine)
    return Queued(id=pst_file_id, engine=engine, processing_status="queued")


def _submit_import(about: Asked, pst_file_id: str, engine: Engine) -> None:
    """Queue an import whose row may be there from a request that died after writing it."""
    ingest = read_ingest(about, pst_file_id)
    if ingest.processing_status != "pending":
        return
    try:
        _submit(about, ingest, engine)
    except Exception as error:
        raise Away(
            "the file was received but cannot be queued now",
            where=f"ingest {pst_file_id}",
            why="the queue is away; the ingest is pending",
            remedy="send the same request with the same Idempotency-Key, or POST"
            f" /{'v2/' if engine == 'v2' else ''}pst/{pst_file_id}/process",
        ) from error


def _submit(about: Asked, ingest: Ingest, engine: Engine) -> None:
    message = IngestMessage(
        pst_file_id=ingest.id,
        project_id=ingest.project_id,
        case_id=ingest.case_id,
        file_name=ingest.file_name,
        source_bucket=ingest.s3_bucket,
        source_key=ingest.s3_key,
        source_id=about.source_id,
    )
    about.services.queues.of(about.source_id).submit(message, engine)
