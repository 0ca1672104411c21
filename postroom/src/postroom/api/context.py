"""What a route gets: who asks, the archive of the source that is asked, and what is shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from cutline.routing import Counts
from postroom.api.access import LOCAL, Caller, require
from postroom.api.errors import Forbidden
from postroom.api.log import Log
from postroom.api.metrics import Requests
from postroom.api.noted import Noted
from postroom.api.queues import Queues
from postroom.api.receive import Receiver
from postroom.api.settings import Settings
from postroom.api.source import Sources
from postroom.api.split import Split
from postroom.archive.archive import Archive
from postroom.store import Store

_SOURCE: Final = "The source: by header or by query; both only if they are the same."
_GENERATION: Final = "Look at this generation in PostgreSQL, whatever serves; for administrators."
_MOST: Final = 2**31 - 1
_SOURCE_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests of a service share."""

    settings: Settings
    sources: Sources
    store: Store
    receiver: Receiver
    requests: Requests
    log: Log
    split: Split
    queues: Queues
    deprecated: Counts


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was let in, about one source."""

    caller: Caller
    source_id: str
    archive: Archive
    services: Services

    @property
    def store(self) -> Store:
        """Give the object store."""
        return self.services.store


def services_of(request: Request) -> Services:
    """Give what all requests share."""
    found: Services = request.app.state.services
    return found


def asked(
    request: Request,
    x_source_id: Annotated[str | None, Header(pattern=_SOURCE_ID, description=_SOURCE)] = None,
    source_id: Annotated[str | None, Query(pattern=_SOURCE_ID, description=_SOURCE)] = None,
    x_generation: Annotated[
        Annotated[int, Field(ge=0, le=_MOST)] | SkipJsonSchema[None],
        Header(description=_GENERATION),
    ] = None,
) -> Asked:
    """Open the archive that the request is about; the edge has said which one that is."""
    del x_source_id, source_id  # declared to be described; the edge has read and judged them
    call = request.state.call
    services = services_of(request)
    caller = call.caller or LOCAL
    if x_generation is None:
        archive = services.sources.archive(call.source_id)
    else:
        _check_looks(caller, request.method)
        archive = services.sources.shown(call.source_id, x_generation)
    return Asked(caller, call.source_id, Noted(archive, call.answered_by), services)


def _check_looks(caller: Caller, method: str) -> None:
    """Raise `Forbidden` unless an administrator only looks."""
    require(caller, "admin")
    if method not in ("GET", "HEAD"):
        raise Forbidden(
            "a generation that is only looked at takes no writes",
            where="header X-Generation",
            why="it is how a generation is looked at before it serves",
            remedy="send it with GET, or leave the header away",
        )


About = Annotated[Asked, Depends(asked)]
"""The parameter by which a route gets `Asked`."""
