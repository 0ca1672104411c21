"""What the service answered to others: from its log by the second, else from its own counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from cutline.errors import CannotMeasure
from postroom.smoke.service import OURS, Service

_TAIL_BYTES: Final = 64 << 20
_ON_ITS_WAY: Final = ("fenced", "moving")
_COUNT: Final = re.compile(
    r'^postroom_requests_total\{method="\w+",route="[^"]*",status="(\d+)"\} (\d+)$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of the log: what was answered where, and whether we or somebody else had asked.

    `is_fenced`: it was refused because the source was on its way from one store to the other.
    """

    at: datetime
    route: str
    status: int
    is_ours: bool = False
    is_fenced: bool = False

    @property
    def is_server_error(self) -> bool:
        """Whether the service failed at it."""
        return self.status >= httpx.codes.INTERNAL_SERVER_ERROR

    @property
    def is_client_error(self) -> bool:
        """Whether the client was refused."""
        return httpx.codes.BAD_REQUEST <= self.status < httpx.codes.INTERNAL_SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Requests:
    """The logs of the service, oldest lines first; `since` is when something was changed.

    Without logs there are only the counts that the service had when this was made.
    """

    logs: tuple[Path, ...]
    since: datetime | None
    counts: dict[int, int] | None

    @classmethod
    def of(cls, service: Service, logs: tuple[Path, ...], since: datetime | None) -> Requests:
        """Make them; the counts are taken now."""
        return cls(logs, since, None if logs else counts(service))

    def answered(self) -> list[Answered]:
        """Read the last 64 MB of every log; raises `CannotMeasure` for one that is not there."""
        lines: list[Answered] = []
        for path in self.logs:
            lines += read_log(_tail(path))
        return sorted(lines, key=lambda line: line.at)


def counts(service: Service) -> dict[int, int] | None:
    """Count all answers by status, None where this caller is not shown them."""
    try:
        answer = service.send("GET", "/metrics", {})
    except httpx.TransportError:
        return None
    if not answer.is_success:
        return None
    found: dict[int, int] = {}
    for status, number in _COUNT.findall(answer.text):
        found[int(status)] = found.get(int(status), 0) + int(number)
    return found


def read_log(lines: Iterable[str]) -> list[Answered]:
    """Read the requests of a log; other lines are left out, but for why a request was refused."""
    said = [found for found in map(_object, lines) if found is not None]
    fenced = {one.get("request_id") for one in said if one.get("code") in _ON_ITS_WAY}
    return [
        Answered(
            datetime.fromisoformat(one["at"]),
            f"{one['method']} {one['route']}",
            one["status"],
            str(one["request_id"]).startswith(OURS),
            one["request_id"] in fenced,
        )
        for one in said
        if one.get("event") == "request" and isinstance(one.get("status"), int)
    ]


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise CannotMeasure(
            "a log of the service cannot be read",
            where=str(path),
            why=error.strerror or str(error),
            remedy="name the file that the standard error of `postroom serve` goes to: --log FILE",
        ) from error
