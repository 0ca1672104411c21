"""Whether the service can work, for people, balancers and gates."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from cutline.errors import Problem
from postroom import __version__
from postroom.api.context import Services, services_of
from postroom.api.edge import NO_SOURCE, Call
from postroom.api.errors import RETRY_AFTER_S, Refused
from postroom.api.models import Health
from postroom.api.words import ERRORS
from postroom.pst_extract import PROGRAM

router = APIRouter(tags=["service"], responses=ERRORS)


@router.get("/health", responses={503: {"model": Health, "description": "the archive is away"}})
def show_health(request: Request, response: Response) -> Health:
    """Say whether the archive answers; 503 with `ok` false while it does not.

    Without a token, where tokens are needed, it is asked about the default source and not named.
    """
    services, call = services_of(request), request.state.call
    is_ok = _answers(services, call)
    if not is_ok:
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return Health.model_validate(
        {
            "ok": is_ok,
            "backend": {"backend": services.settings.backend},
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


def _answers(services: Services, call: Call) -> bool:
    default = services.settings.where.source_id
    source_id = default if call.source_id == NO_SOURCE else call.source_id
    try:
        archive: Any = services.sources.archive(source_id)
        with archive.reading() as tx:
            return bool(tx.value("SELECT 1 AS one") == 1)
    except Refused:
        raise
    except Problem as problem:
        services.log.problem(problem, call.request_id)
        return False
