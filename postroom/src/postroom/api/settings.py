"""What a running service was told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from postroom.api.noted import BACKENDS
from postroom.commands.where import Where

MAX_UPLOAD_BYTES: Final = 64 << 30
"""Outlook's own limit is 50 GB."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`where` is the default source; without `tokens` only this machine is served.

    `rate_per_s` and `burst` bound the requests of one caller, `uploads_at_once` the bodies that are
    received at the same time (others wait), `idle_s` the time between two pieces of a body.
    `switch` is the URL of the switch that `/imports` follows (`cutline.routing.Switch.from_url`);
    `v1_since` and `v1_sunset` are when v1 was deprecated and when it goes. `pipeline_dsn` is where
    the queue lies, `has_worker` whether a worker is begun as a child. `admin_dsn` is the PostgreSQL
    of `/admin`, as a user who may define things; without it `/admin` does nothing.
    """

    where: Where
    tokens: Path | None = None
    max_upload_bytes: int = MAX_UPLOAD_BYTES
    max_json_bytes: int = 1 << 20
    rate_per_s: float = 200.0
    burst: int = 1000
    uploads_at_once: int = 16
    idle_s: float = 60.0
    source_header: str = "X-Source-ID"
    switch: str | None = None
    v2_projects: tuple[str, ...] = ()
    is_v1_on: bool = True
    v1_since: str = "2026-11-01T00:00:00Z"
    v1_sunset: str = "2027-06-30T00:00:00Z"
    pipeline_dsn: str | None = None
    has_worker: bool = False
    admin_dsn: str | None = field(default=None, repr=False)

    @property
    def backend(self) -> str:
        """Name the engine as `X-Backend` does where nothing of a source was looked at.

        With a registry that is `-`: each source has its own, and its answers say which.
        """
        if self.where.registry is not None:
            return "-"
        return BACKENDS["sqlite" if self.where.dsn is None else "postgres"]
