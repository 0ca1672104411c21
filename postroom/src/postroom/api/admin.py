"""What administrators do through the service: make what a source needs in PostgreSQL."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from postroom.api.access import LOCAL
from postroom.api.context import services_of
from postroom.api.errors import BadRequest, Conflict
from postroom.api.source import check_seen
from postroom.api.words import BODY, CONFLICT, ERRORS
from postroom.move.bootstrap import bootstrap

router = APIRouter(tags=["admin"], responses=ERRORS)


class Wanted(BaseModel):
    """The source that is to get its schema."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")


class SchemaMade(BaseModel):
    """What is there now; `owner` says which store serves."""

    source_id: str
    schema_name: str
    role: str
    owner: str
    epoch: int
    generation: int
    is_new: bool


@router.post("/admin/bootstrap/schema", responses={**BODY, **CONFLICT})
def bootstrap_schema(wanted: Wanted, request: Request) -> SchemaMade:
    """Make registry row, role and schema of a source; twice is as good as once, nothing moves.

    It needs the service to have been started with an administrator's DSN.
    """
    services, call = services_of(request), request.state.call
    where = services.settings.where
    check_seen(call.caller or LOCAL, wanted.source_id)
    if call.source_id not in (wanted.source_id, where.source_id):
        raise BadRequest(
            "two sources are named",
            where="the body and the source header or source_id=",
            why="they differ, and a request is about one source",
            remedy="name the source in the body alone",
        )
    if services.settings.admin_dsn is None:
        raise Conflict(
            "this service defines nothing in PostgreSQL",
            where="this service",
            why="it was started without an administrator's DSN",
            remedy="postroom source bootstrap SOURCE does the same; or postroom serve --admin-dsn",
        )
    if not where.place().has_source(wanted.source_id):
        raise BadRequest(
            "there is no such source",
            where=f"source {wanted.source_id}",
            why="this service has no archive of that id",
            remedy="postroom ingest FILE --source ID makes one",
        )
    made = bootstrap(
        wanted.source_id,
        home=where.home,
        admin_dsn=services.settings.admin_dsn,
        service_dsn=where.registry or where.dsn,
    )
    call.source_id = made.source_id
    told = made.as_json()
    del told["granted_to"]  # a user of PostgreSQL is not for clients
    return SchemaMade(schema_name=told.pop("schema"), **told)
