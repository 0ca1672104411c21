"""What a smoke test is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from postroom.archive import Archive
from postroom.smoke.requests import Requests
from postroom.smoke.service import Service


@dataclass(frozen=True, slots=True)
class Asked:
    """One source of one service, and what it is held against.

    `archive` is the store that the source lives in, read beside the service; `others` are the other
    sources there; `drawn` are ids of messages, drawn by chance; `backend` is what the service has
    to name, None where any will do; `requests` are those of others, from its log or its counts;
    the index is waited for `wait_s`.
    """

    service: Service
    archive: Archive
    others: tuple[Archive, ...]
    drawn: tuple[str, ...]
    backend: str | None
    requests: Requests
    begun: datetime
    wait_s: float = 60.0

    @property
    def generation(self) -> int | None:
        """The generation that is looked at and not served from, None where the service's own is."""
        return self.service.generation
