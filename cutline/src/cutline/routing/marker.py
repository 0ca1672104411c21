"""An ASGI middleware that marks endpoints as deprecated and counts who still calls them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

from cutline.routing.body import peek
from cutline.routing.counts import Counts
from cutline.routing.deprecation import Deprecation
from cutline.routing.neutral import log_safe, printable
from cutline.routing.protocol import App, Message, Receive, Scope, Send, header

_log = logging.getLogger("cutline.routing")

_ANSWER_LIMIT_BYTES: Final = 1 << 20
_REPLACED: Final = {b"deprecation", b"sunset"}
_OF_THE_BODY: Final = {
    b"content-length",
    b"content-md5",
    b"content-digest",
    b"repr-digest",
    b"digest",
}

Caller = Callable[[Scope, bytes], str]
"""Who calls, from the scope and the body of a request."""


def calling_user(scope: Scope, _body: bytes) -> str:
    """Return the caller: the header `X-User-Id`, else the address that the call comes from.

    Never anything that could be a credential.
    """
    client = scope.get("client")
    return header(scope, "x-user-id") or (str(client[0]) if client else "")


class DeprecationMarker:
    """Marks every answer of the given paths, and counts and logs every call.

    `{name}` in a path stands for one part of it; such calls are counted and logged by the form.

    Answers get `Deprecation`, `Sunset` and `Link`; JSON objects also a member `deprecation`, with
    their other bytes as they were. The log line is `[DEPRECATED] <path> called by <caller>`.
    """

    def __init__(
        self,
        app: App,
        paths: Mapping[str, Deprecation],
        *,
        caller: Caller = calling_user,
        body_limit_bytes: int = 0,
        calls: Counts | None = None,
    ) -> None:
        self.app = app
        self.calls = calls if calls is not None else deprecated_calls()
        self._paths = dict(paths)
        self._forms = [(path, _form(path)) for path in paths if "{" in path]
        self._caller = caller
        self._body_limit_bytes = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = self._known(_plain(scope)) if scope["type"] == "http" else None
        if path is None:
            await self.app(scope, receive, send)
            return
        body = b""
        if self._body_limit_bytes:
            body, receive = await peek(receive, self._body_limit_bytes)
        self._note(scope, body, path)
        await self.app(scope, receive, _Answer(self._paths[path], send))

    def _known(self, path: str) -> str | None:
        if path in self._paths:
            return path
        return next((known for known, form in self._forms if form.fullmatch(path)), None)

    def _note(self, scope: Scope, body: bytes, known: str) -> None:
        path = known if "{" in known else log_safe(known)
        caller = log_safe(self._caller(scope, body))
        self.calls.add(path, caller, printable(header(scope, "user-agent")))
        _log.warning("[DEPRECATED] %s called by %s", path, caller)


def _form(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def _plain(scope: Scope) -> str:
    path = str(scope["path"])
    return path.rstrip("/") or "/"


class _Answer:
    """Passes an answer on with the headers, and holds a JSON body back until it is whole."""

    def __init__(self, deprecation: Deprecation, send: Send) -> None:
        self._deprecation = deprecation
        self._send = send
        self._start: Message | None = None
        self._held = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body" and self._start is not None:
            await self._hold(message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in _REPLACED]
        marked = {**message, "headers": [*kept, *self._deprecation.headers()]}
        if _is_plain_json(kept):
            self._start = marked
        else:
            await self._send(marked)

    async def _hold(self, message: Message) -> None:
        start, self._held = self._start, self._held + message.get("body", b"")
        has_more = message.get("more_body", False)
        if start is None or (has_more and len(self._held) <= _ANSWER_LIMIT_BYTES):
            return
        self._start = None
        body = self._held
        if not has_more:
            body = with_member(body, "deprecation", self._deprecation.as_json())
        if body != self._held:
            kept = [pair for pair in start["headers"] if pair[0].lower() not in _OF_THE_BODY]
            start["headers"] = [*kept, (b"content-length", str(len(body)).encode())]
        await self._send(start)
        await self._send({**message, "body": body})


def _is_plain_json(headers: list[tuple[bytes, bytes]]) -> bool:
    """Say whether a body is JSON that is not compressed."""
    given = {name.lower(): value.lower() for name, value in headers}
    kind = given.get(b"content-type", b"").partition(b";")[0].strip()
    is_json = kind == b"application/json" or kind.endswith(b"+json")
    return is_json and given.get(b"content-encoding", b"identity") == b"identity"


def with_member(body: bytes, name: str, value: object) -> bytes:
    """Return the bytes of a JSON object with one member more, set before its last brace.

    Anything but an object, and an object that has the member, stays as it is. The rest is not
    written anew: numbers and double keys keep their form.
    """
    try:
        known = json.loads(body.decode()) if body else None
    except (ValueError, RecursionError):
        return body
    if not isinstance(known, dict) or name in known:
        return body
    head, _, _ = body.rpartition(b"}")
    comma = b", " if known else b""
    return head + comma + f"{json.dumps(name)}: {json.dumps(value)}}}".encode()


def deprecated_calls() -> Counts:
    """Return counts for calls of deprecated endpoints, by path, caller and user agent."""
    return Counts(
        "cutline_deprecated_calls_total",
        ("path", "caller", "user_agent"),
        help="Calls of deprecated endpoints.",
    )
