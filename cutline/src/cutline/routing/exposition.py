"""A small ASGI application that offers counts as Prometheus text or as JSON."""

from __future__ import annotations

import json

from cutline.routing.counts import Counts
from cutline.routing.protocol import Receive, Scope, Send, header
from cutline.routing.switch import Switch

_TEXT = b"text/plain; version=0.0.4; charset=utf-8"


class Exposition:
    """Answers GET with the counts of this process, and with what the switch holds.

    Text for Prometheus; JSON where the request asks for `application/json`.
    """

    def __init__(self, *counts: Counts, switch: Switch | None = None) -> None:
        self._counts = counts
        self._switch = switch

    def prometheus(self) -> str:
        """Return everything in Prometheus's text format."""
        return "".join(counts.prometheus() for counts in self._counts) + self._gauges()

    def as_json(self) -> dict[str, object]:
        """Return everything by the names that the text has."""
        found: dict[str, object] = {counts.name: counts.as_json() for counts in self._counts}
        if self._switch is not None:
            found["cutline_switch_percent"] = self._switch.percent
            found["cutline_switch_unreadable"] = bool(self._switch.trouble)
        return found

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        is_json = "application/json" in header(scope, "accept")
        body = json.dumps(self.as_json()) if is_json else self.prometheus()
        kind = b"application/json" if is_json else _TEXT
        is_allowed = scope["method"] in ("GET", "HEAD")
        await send(
            {
                "type": "http.response.start",
                "status": 200 if is_allowed else 405,
                "headers": [(b"content-type", kind), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": body.encode() if is_allowed else b""})

    def _gauges(self) -> str:
        if self._switch is None:
            return ""
        rows = (
            ("cutline_switch_percent", "The percentage in force.", self._switch.percent),
            ("cutline_switch_unreadable", "1: unreadable.", float(bool(self._switch.trouble))),
        )
        return "".join(
            f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} {value:g}\n"
            for name, text, value in rows
        )
