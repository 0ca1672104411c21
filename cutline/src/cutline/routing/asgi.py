"""An ASGI middleware that sends each request to v1 or to v2, counts it and says so in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from cutline.routing.body import member, peek
from cutline.routing.counts import Counts
from cutline.routing.lifespan import lifespan_of_both
from cutline.routing.neutral import log_safe
from cutline.routing.protocol import App, Receive, Scope, Send, header
from cutline.routing.router import Router, Version

_log = logging.getLogger("cutline.routing")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a request belongs to: the key it is routed by, its project, its name in the log.

    Without a `name` the log names the key, so that one can count distinct keys in it.
    """

    key: str
    project: str | None = None
    name: str = ""


Identify = Callable[[Scope, bytes], Identity | None]
"""Whom a request belongs to, from its scope and body; None for one that is not to be routed."""


def by_header(
    key: str = "x-user-id", project: str = "x-project-id", *, paths: tuple[str, ...] = ()
) -> Identify:
    """Route by a header; with `paths` only these are routed and the rest goes to v1."""

    def identify(scope: Scope, _body: bytes) -> Identity | None:
        if paths and scope["path"] not in paths:
            return None
        return Identity(header(scope, key), header(scope, project) or None)

    return identify


def by_json(
    key: str = "user_id", project: str = "project_id", *, paths: tuple[str, ...] = ()
) -> Identify:
    """Route by a member of the request's JSON object; give the middleware a `body_limit_bytes`."""

    def identify(scope: Scope, body: bytes) -> Identity | None:
        if paths and scope["path"] not in paths:
            return None
        return Identity(member(body, key), member(body, project) or None)

    return identify


class RoutingMiddleware:
    """Routes each request to one of two applications, or tells one application the version.

    With `v2` requests go to `app` (v1) or to `v2`. Either way `scope["cutline"]` holds `version`
    and `why`. Each routed request is counted and logged once, as `Routing import request <id>
    routed to v1|v2`; ids are made harmless first.
    """

    def __init__(
        self,
        app: App,
        router: Router,
        *,
        v2: App | None = None,
        identify: Identify | None = None,
        body_limit_bytes: int = 0,
        counts: Counts | None = None,
    ) -> None:
        self.app = app
        self.router = router
        self.counts = counts if counts is not None else routed_counts()
        self._v2 = v2
        self._identify = identify if identify is not None else by_header()
        self._body_limit_bytes = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan" and self._v2 is not None:
            await lifespan_of_both((self.app, self._v2), scope, receive, send)
            return
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        body = b""
        if self._body_limit_bytes and scope["type"] == "http":
            body, receive = await peek(receive, self._body_limit_bytes)
        identity = self._identify(scope, body)
        if identity is None:
            await self.app(scope, receive, send)
            return
        version = self._route(scope, identity)
        to_v2 = self._v2 is not None and version is Version.V2
        await (self._v2 if to_v2 and self._v2 else self.app)(scope, receive, send)

    def _route(self, scope: Scope, identity: Identity) -> Version:
        decision = self.router.decide(identity.key, identity.project)
        known = scope.get("cutline") or {}
        scope["cutline"] = {**known, "version": decision.version.value, "why": decision.why.value}
        self.counts.add(decision.version.value, decision.why.value)
        name = log_safe(identity.name or identity.key)
        _log.info("Routing import request %s routed to %s", name, decision.version.value)
        return decision.version


def routed_counts() -> Counts:
    """Return counts for routed requests, by version and by what decided."""
    return Counts("cutline_routed_total", ("version", "why"), help="Requests routed.")
