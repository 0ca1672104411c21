"""The HTTP service: imports routed to v1 or v2, health, metrics, faults."""

from __future__ import annotations

import hmac
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cutline.routing import (
    Deprecation,
    DeprecationMarker,
    Exposition,
    Router,
    RoutingMiddleware,
    Switch,
    by_json,
)
from cutline.routing.body import member
from cutline.routing.protocol import App, Receive, Scope, Send
from importer.deployment import Deployed
from importer.documents import is_known
from importer.faults import Faults, WrongFaultError, read
from importer.process import rss_mb
from importer.settings import TOKEN_VARIABLE
from importer.store import Import, Store

V1, V2, INTAKE = "/process-full", "/process-full-v2", "/import"
_BODY_LIMIT_BYTES: Final = 64 * 1024
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application stands on."""

    store: Store
    faults: Faults
    router: Router
    switch: Switch
    deprecation: Deprecation
    deployed: Callable[[], Deployed]
    wake: Callable[[], None]
    obey: Callable[[], None]
    are_workers_available: Callable[[], bool]
    started_at: str
    restarts: int


class Frontend:
    """Sends an import on to the endpoint of its version, as the frontend of the seed does."""

    def __init__(self, app: App, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection under the endpoint's own path, if it is an import."""
        if scope["type"] == "http" and scope["path"] == INTAKE:
            scope = {**scope, "path": self._path, "raw_path": self._path.encode()}
        await self._app(scope, receive, send)


class WhileDeployed:
    """Marks v1 as deprecated as long as it is deployed, and answers 404 from then on."""

    def __init__(self, app: App, marked: DeprecationMarker, parts: Parts) -> None:
        self._app = app
        self._marked = marked
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        is_v1 = scope["type"] == "http" and scope["path"].rstrip("/") == V1
        if not is_v1:
            await self._app(scope, receive, send)
        elif self._parts.deployed().has_v1:
            await self._marked(scope, receive, send)
        else:
            gone = JSONResponse({"error": "Not Found", "successor": V2}, status_code=404)
            await gone(scope, receive, send)


class WhileRouting:
    """Routes imports as long as the routing is deployed; from then on all of them go to v2."""

    def __init__(self, routed: App, v2: App, parts: Parts) -> None:
        self._routed = routed
        self._v2 = v2
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        is_import = scope["type"] == "http" and scope["path"] == INTAKE
        is_over = is_import and not self._parts.deployed().has_routing
        await (self._v2 if is_over else self._routed)(scope, receive, send)


def application(parts: Parts) -> App:
    """Return the whole application."""
    inner = Starlette(
        routes=[
            Route(V1, _Intake(parts, "v1").take, methods=["POST"]),
            Route(V2, _Intake(parts, "v2").take, methods=["POST"]),
            Route("/imports/{import_id}", _Lookup(parts).show),
            Route("/health", _Health(parts).show),
            Route("/faults", _FaultDesk(parts).set, methods=["GET", "POST"]),
        ]
    )
    marker = DeprecationMarker(
        inner, {V1: parts.deprecation}, caller=_caller, body_limit_bytes=_BODY_LIMIT_BYTES
    )
    served = WhileDeployed(inner, marker, parts)
    routed = RoutingMiddleware(
        Frontend(served, V1),
        parts.router,
        v2=Frontend(served, V2),
        identify=by_json(paths=(INTAKE,)),
        body_limit_bytes=_BODY_LIMIT_BYTES,
    )
    shown = Exposition(routed.counts, marker.calls, switch=parts.switch)
    inner.router.routes.append(Route("/metrics", _Metrics(parts, shown).show))
    return WhileRouting(routed, Frontend(served, V2), parts)


def _caller(scope: Scope, body: bytes) -> str:
    """Return the user that a body names, else the address: as v1 has always logged it."""
    client = scope.get("client")
    return member(body, "user_id") or (str(client[0]) if client else "")


@dataclass(frozen=True, slots=True)
class _Intake:
    """Takes an import in; the answer comes once it is in the database."""

    parts: Parts
    pipeline: str

    async def take(self, request: Request) -> Response:
        """Answer 202 with the import's id, or 422 with what is wrong."""
        try:
            given = await request.json()
        except ValueError:
            given = None
        wanted = self._wanted(given, request.headers.get("idempotency-key"))
        if isinstance(wanted, str):
            return JSONResponse({"error": wanted}, status_code=422)
        pipeline = await run_in_threadpool(self.parts.store.add, wanted)
        self.parts.wake()
        return JSONResponse({"id": wanted.id, "pipeline": pipeline}, status_code=202)

    def _wanted(self, given: object, key: str | None) -> Import | str:
        if not isinstance(given, dict):
            return "the body is a JSON object"
        user, path = given.get("user_id"), given.get("storage_path")
        if not isinstance(user, str) or not 0 < len(user) <= _LONGEST:
            return f"user_id is a text of 1 to {_LONGEST} characters"
        if not isinstance(path, str) or not is_known(path):
            return "storage_path names no object; one is generated/SEED/MESSAGES.jsonl"
        project, soulprint = given.get("project_id"), given.get("soulprint")
        return Import(
            id=key[:_LONGEST] if key else uuid.uuid4().hex,
            user_id=user,
            project_id=project if isinstance(project, str) else None,
            pipeline=self.pipeline,
            storage_path=path,
            soulprint=soulprint if isinstance(soulprint, str) else None,
        )


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Shows one import."""

    parts: Parts

    async def show(self, request: Request) -> Response:
        """Answer with the import's row, or 404."""
        found = await run_in_threadpool(self.parts.store.one, request.path_params["import_id"])
        return JSONResponse(found or {"error": "Not Found"}, status_code=200 if found else 404)


@dataclass(frozen=True, slots=True)
class _Health:
    """Shows how the service is."""

    parts: Parts

    async def show(self, _request: Request) -> Response:
        """Answer 200 while healthy, else 503."""
        is_broken = self.parts.faults.now().get("no_processors") is not None
        is_available = self.parts.are_workers_available() and not is_broken
        found = {
            "status": "healthy" if is_available else "degraded",
            "processors_available": is_available,
            "version": self.parts.deployed().version,
            "rss_mb": round(rss_mb(os.getpid()), 1),
            "pid": os.getpid(),
            "started_at": self.parts.started_at,
            "restarts": self.parts.restarts,
            "v2_percent": self.parts.switch.percent,
        }
        return JSONResponse(found, status_code=200 if is_available else 503)


@dataclass(frozen=True, slots=True)
class _Metrics:
    """Shows counts for Prometheus."""

    parts: Parts
    shown: Exposition

    async def show(self, request: Request) -> Response:
        """Answer with text, or with JSON where it is asked for."""
        counts = await run_in_threadpool(self.parts.store.counts)
        rss = rss_mb(os.getpid())
        if "application/json" in request.headers.get("accept", ""):
            imports = [{"pipeline": p, "status": s, "imports": n} for p, s, n in counts]
            own = {"imports": imports, "rss_mb": rss, "restarts": self.parts.restarts}
            return JSONResponse({**self.shown.as_json(), **own})
        lines = ["# TYPE import_api_imports gauge"]
        lines += [f'import_api_imports{{pipeline="{p}",status="{s}"}} {n}' for p, s, n in counts]
        lines += ["# TYPE import_api_resident_bytes gauge"]
        lines += [f"import_api_resident_bytes {rss * 1e6:.0f}"]
        lines += ["# TYPE import_api_restarts_total counter"]
        lines += [f"import_api_restarts_total {self.parts.restarts}"]
        text = self.shown.prometheus() + "\n".join(lines) + "\n"
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


@dataclass(frozen=True, slots=True)
class _FaultDesk:
    """Takes faults on demand; without a token in the environment there is no such endpoint."""

    parts: Parts

    async def set(self, request: Request) -> Response:
        """Put the posted faults in the place of those before, or show them."""
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            return JSONResponse({"error": "Not Found"}, status_code=404)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return JSONResponse({"error": "a token is needed"}, status_code=401)
        try:
            if request.method == "POST":
                self.parts.faults.set(self._complete(await request.json()))
                self.parts.obey()
        except WrongFaultError as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=422)
        except ValueError:
            return JSONResponse({"error": "the body is a JSON object"}, status_code=422)
        now = self.parts.faults.now().faults
        return JSONResponse({kind: dict(fault.members) for kind, fault in now.items()})

    def _complete(self, given: dict[str, object]) -> dict[str, object]:
        """Give a lie without a percentage the one that is in force at this moment."""
        found = read(given).get("lie")
        if found is None or found.number("percent") >= 0:
            return given
        return {**given, "lie": {"percent": self.parts.switch.percent}}
