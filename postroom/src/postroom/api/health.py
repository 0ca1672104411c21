"""Whether the service can work, for people, balancers and gates."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from fastapi import APIRouter, Request, Response

from cutline.errors import Problem
from postroom import __version__
from postroom.api.context import Services, services_of
from postroom.api.edge import NO_SOURCE, Call
from postroom.api.errors import RETRY_AFTER_S, Refused
from postroom.api.models import Health
from postroom.api.noted import Noted
from postroom.api.words import ERRORS
from postroom.archive.fence import fence_of
from postroom.pst_extract import PROGRAM

router = APIRouter(tags=["service"], responses=ERRORS)


@router.get("/health", responses={503: {"model": Health, "description": "the archive is away"}})
def show_health(request: Request, response: Response) -> Health:
    """Say whether the archive answers; 503 with `ok` false while it does not.

    Without a token, where tokens are needed, it is asked about the default source and not named.
    """
    services, call = services_of(request), request.state.call
    is_ok = _answers(services, call)
    is_read_only = is_ok and _is_read_only(services, call)
    if not is_ok:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return Health.model_validate(
        {
            "ok": is_ok,
            "backend": {"backend": call.backend or services.settings.backend},
            "read_only": is_read_only,
            "not_carried": "unknown" if is_read_only else None,
            "source_id": None if call.source_id == NO_SOURCE else call.source_id,
            "processors_available": processors(is_v1_on=services.settings.is_v1_on),
            "version": __version__,
        }
    )


def processors(*, is_v1_on: bool) -> dict[str, bool]:
    """Say which engine this service can ask for."""
    beside = Path(sys.executable).parent / PROGRAM
    return {
        "v1": is_v1_on and importlib.util.find_spec("pypff") is not None,
        "v2": beside.exists() or shutil.which(PROGRAM) is not None,
    }


def _archive(services: Services, call: Call) -> Noted:
    default = services.settings.where.source_id
    source_id = default if call.source_id == NO_SOURCE else call.source_id
    return Noted(services.sources.archive(source_id), call.answered_by)


def _is_read_only(services: Services, call: Call) -> bool:
    """Say whether the source moved away and is shown from its file: then nobody knows what lacks.

    What was written to PostgreSQL since the last carry is known there alone.
    """
    if not services.settings.where.is_emergency:
        return False
    with _archive(services, call).reading() as tx:
        fence = fence_of(tx.connection)
    return fence is not None and not fence.is_open


def _answers(services: Services, call: Call) -> bool:
    try:
        with _archive(services, call).reading() as tx:
            return bool(tx.value("SELECT 1 AS one") == 1)
    except Refused:
        raise
    except Problem as problem:
        services.log.problem(problem, call.request_id)
        return False
