"""Puts the service together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cutline.errors import Problem
from cutline.routing import Deprecation, DeprecationMarker
from cutline.routing.marker import calling_user, deprecated_calls
from cutline.routing.protocol import Scope
from postroom import __version__
from postroom.api import (
    admin,
    attachments,
    health,
    item,
    items,
    measures,
    meta,
    notes,
    page,
    processing,
    search,
    stats,
    uploads,
)
from postroom.api.access import LOCAL, Tokens
from postroom.api.context import Services
from postroom.api.edge import Edge
from postroom.api.errors import Answer, Unprocessable, answer_to
from postroom.api.log import Log
from postroom.api.metrics import Requests
from postroom.api.queues import Queues
from postroom.api.receive import Receiver
from postroom.api.registration import take_back
from postroom.api.reply import INTERNAL
from postroom.api.scratch import Intent, Scratch
from postroom.api.settings import Settings
from postroom.api.source import Sources
from postroom.api.split import Split
from postroom.api.worker_child import WorkerChild

_ROUTERS: Final = (
    uploads,
    processing,
    items,
    item,
    attachments,
    search,
    notes,
    meta,
    stats,
    health,
    measures,
    admin,
    page,
)
SUCCESSOR: Final = "/imports"
"""What takes the place of v1's endpoint."""

_NAMED_FAULTS: Final = 5
_WHY: Final = {
    404: "this service has no such path",
    405: "this path has other methods",
}


def create_app(settings: Settings, log: Log | None = None) -> FastAPI:
    """Make the service for `settings`; its default source is made if it is not there.

    Raises what opening the archive raises, and what is wrong with the file of tokens.
    """
    log = log if log is not None else Log()
    tokens = None if settings.tokens is None else Tokens(settings.tokens)
    settings.where.archive(create=True)
    store = settings.where.store()
    scratch = Scratch(settings.where.home / "uploads", store)
    services = Services(
        settings=settings,
        sources=Sources(settings.where),
        store=store,
        receiver=Receiver(settings, scratch),
        requests=Requests(),
        log=log,
        split=Split(settings),
        queues=Queues(settings.where, settings.pipeline_dsn),
        deprecated=deprecated_calls(),
    )
    app = FastAPI(
        title="Postroom",
        version=__version__,
        summary="PST mail for e-discovery: uploads, their processing, and the messages in them.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    for router in _ROUTERS:
        app.include_router(router.router)
    if settings.is_v1_on:
        app.include_router(processing.router_v1)
        deprecation = Deprecation.of(settings.v1_since, settings.v1_sunset, SUCCESSOR)
        app.add_middleware(
            DeprecationMarker,
            paths={processing.V1_PATH: deprecation},
            caller=_caller,
            calls=services.deprecated,
        )
    app.add_exception_handler(Problem, partial(_on_problem, services))
    app.add_exception_handler(RequestValidationError, _on_wrong_value)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(
        Edge,
        settings=settings,
        tokens=tokens,
        log=log,
        requests=services.requests,
    )
    _describe(app, has_tokens=tokens is not None)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    scratch = services.receiver.scratch
    swept = await to_thread.run_sync(scratch.sweep, partial(_taken_back, services))
    services.log.line("start", version=__version__, backend=services.settings.backend, swept=swept)
    worker = WorkerChild(services.settings, services.log) if services.settings.has_worker else None
    try:
        yield
    finally:
        if worker is not None:
            await to_thread.run_sync(worker.stop)
        services.split.close()
        services.queues.close()
        services.sources.close()
        scratch.close()
        services.log.line("stop")


def _caller(scope: Scope, _body: bytes) -> str:
    """Name who still calls v1: by the token; without tokens by `X-User-Id` or address."""
    caller = scope["state"]["call"].caller
    return calling_user(scope, _body) if caller in (None, LOCAL) else str(caller.name)


def _taken_back(services: Services, intent: Intent) -> None:
    archive = services.sources.archive(intent.source_id)
    take_back(archive, services.store, intent.pst_file_id, intent.key)


def _on_problem(services: Services, request: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    answer = answer_to(problem)
    if answer.status >= INTERNAL.status:
        services.log.problem(problem, request.state.call.request_id)
    return _response(answer)


def _on_wrong_value(_request: Request, error: Exception) -> Response:
    """Say which values are wrong and how, never what they were: they may be of mail."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    told = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in faults[:_NAMED_FAULTS]
    )
    return _response(
        answer_to(
            Unprocessable(
                "a value of this request is not of its form",
                where=", ".join(sorted({str(fault["loc"][0]) for fault in faults})),
                why=told,
                remedy="see /openapi.json",
            )
        )
    )


def _on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: a path or a method that there is not."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    phrase = HTTPStatus(status).phrase.lower()
    body = {
        "code": phrase.replace(" ", "-"),
        "what": phrase,
        "where": "the request",
        "why": _WHY.get(status, "it cannot be read"),
        "remedy": "see /openapi.json",
    }
    return _response(Answer(status, {"error": body}, headers))


def _methods_of(request: Request) -> set[str]:
    """Give every method that some route has for the path of a request."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, APIRoute) and route.path_regex.match(request.url.path):
            found |= route.methods or set()
    return found


def _response(answer: Answer) -> Response:
    return JSONResponse(answer.body, answer.status, headers=answer.headers)


def _operation_id(route: APIRoute) -> str:
    return route.name


def _describe(app: FastAPI, *, has_tokens: bool) -> None:
    """Add to the description what the edge does for every route."""
    made = app.openapi()
    if has_tokens:
        schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer"}
        for path, methods in made["paths"].items():
            for operation in methods.values():
                operation["security"] = (
                    [{"token": []}, {}] if path == "/health" else [{"token": []}]
                )
    marks = {
        name: {"schema": {"type": "string"}}
        for name in ("X-Backend", "X-Source-ID", "X-Request-ID")
    }
    for methods in made["paths"].values():
        for operation in methods.values():
            answers: dict[str, dict[str, Any]] = operation["responses"]
            for status, answer in answers.items():
                answer.setdefault("headers", {}).update(marks)
                if not status.startswith("2"):  # whatever a route answers, its errors are JSON
                    kinds = answer.get("content", {})
                    answer["content"] = {"application/json": next(iter(kinds.values()), {})}
    app.openapi_schema = made
