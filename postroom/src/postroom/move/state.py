"""How a source stands between its two stores, and what comes next."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from postroom.archive.connection import connect
from postroom.archive.fence import Fence, fence_of
from postroom.archive.names import check_source_id, file_name, schema_name
from postroom.archive.placement import Placement
from postroom.archive.settle import standing
from postroom.archive.source_registry import has_registry, placement_of
from postroom.archive.sqlite import SqliteArchive, open_sqlite
from postroom.archive.trouble import registry_told
from postroom.errors import NotReadable
from postroom.move.attempts import Attempt, read_attempts
from postroom.move.lag import Lag, lag_of

UNREGISTERED: Final = Placement("sqlite", 0)
"""What stands for a source that never met PostgreSQL."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a source stands. `fence` is that of its file, None if it has none or there is no file.

    `is_registered` is False for a source that never met PostgreSQL.
    """

    source_id: str
    placement: Placement
    is_registered: bool
    has_file: bool
    fence: Fence | None = None
    lag: Lag = field(default_factory=Lag)
    attempts: tuple[Attempt, ...] = field(default=())

    @property
    def step(self) -> str | None:
        """The last step that was begun of the attempt that has not ended."""
        return self.attempts[-1].step if self.attempts and self.attempts[-1].is_open else None

    @property
    def pause_ms(self) -> float | None:
        """How long writes paused at the last switch that was measured."""
        measured = (one.detail.get("pause_ms") for one in reversed(self.attempts))
        return next((float(one) for one in measured if one is not None), None)

    @property
    def is_half_way(self) -> bool:
        """Whether no store takes writes, or an attempt has not ended."""
        return self.writes == "none" or self.step is not None

    @property
    def is_left(self) -> bool:
        """Whether the file was closed on the way to a registry that was not asked."""
        return not self.is_registered and self.fence is not None and not self.fence.is_open

    @property
    def serves(self) -> str:
        """The store that is read; `unknown` where the registry has to be asked."""
        return "unknown" if self.is_left else self.placement.reads

    @property
    def writes(self) -> str:
        """The store that takes writes; `none` while there is none, as far as it was looked."""
        return "none" if self.is_left else self.placement.writes or "none"

    @property
    def is_paused(self) -> bool:
        """Whether tasks are told not to begin."""
        return self.placement.is_paused or (self.fence is not None and self.fence.is_paused)

    @property
    def next(self) -> str:
        """The command that comes next, or what is waited for."""
        return next_of(self)

    def as_json(self) -> dict[str, Any]:
        """Give it as a JSON object."""
        fence = self.fence
        return {
            "source_id": self.source_id,
            "owner": self.placement.owner,
            "epoch": self.placement.epoch,
            "generation": self.placement.generation,
            "step": self.step,
            "serves": self.serves,
            "writes": self.writes,
            "fence": None if fence is None else {"is_open": fence.is_open, "epoch": fence.epoch},
            "lag": asdict(self.lag),
            "paused": self.is_paused,
            "attempts": [one.as_json() for one in self.attempts],
            "next": self.next,
            "pause_ms": self.pause_ms,
        }


def next_of(state: State) -> str:
    """Say what comes next: a command, or a sentence."""
    command = "postroom source {} " + state.source_id
    if state.is_left:
        return f"{command.format('status')} --registry env:NAME: its registry says where it lives"
    match state.placement.owner:
        case "freezing" | "returning":
            if state.placement.is_stuck:
                return command.format("recover")
            return "wait: within seconds it is where it goes, or back where it was"
        case "postgres":
            carry, rollback = command.format("carry"), command.format("rollback")
            return f"{carry} keeps its file ready for {rollback}"
        case "sqlite":
            if state.is_registered and _is_unsettled(state.fence, state.placement):
                return command.format("recover")
            return command.format("switch" if state.step == "verify" else "move")


def _is_unsettled(fence: Fence | None, placement: Placement) -> bool:
    """Whether the file's fence is not where the registry has it."""
    return standing(fence, placement) != "current"


def read_state(source_id: str, *, home: Path, dsn: str | None) -> State:
    """Look at the registry at `dsn` and at the file under `home`.

    Without a DSN, and without a registry there, the source lives in its file. Raises `NotReadable`
    for a source that is in neither, `Away` where the registry does not answer.
    """
    check_source_id(source_id)
    here = home / "sources" / file_name(source_id)
    file = open_sqlite(source_id, home, create=False) if here.exists() else None
    fence, entries = (None, None) if file is None else _of_file(file)
    placement, attempts, lag = (None, (), Lag()) if dsn is None else _of_registry(source_id, dsn)
    if placement is None and file is None:
        raise NotReadable(
            "there is no such source",
            where=f"source {source_id}",
            why=f"it has no file under {home} and no row in a registry",
            remedy="--home and --registry say where to look; postroom ingest FILE makes it",
        )
    in_file = (placement or UNREGISTERED).reads == "sqlite"
    return State(
        source_id,
        placement or UNREGISTERED,
        is_registered=placement is not None,
        has_file=file is not None,
        fence=fence,
        lag=Lag(entries) if in_file else lag,
        attempts=attempts,
    )


def _of_file(file: SqliteArchive) -> tuple[Fence | None, int]:
    with closing(file.connect()) as connection:
        entries = connection.execute("SELECT count(*) FROM move_log").fetchone()[0]
        return fence_of(connection), entries


def _of_registry(source_id: str, dsn: str) -> tuple[Placement | None, tuple[Attempt, ...], Lag]:
    with closing(connect(dsn, source_id)) as connection, registry_told(source_id):
        if not has_registry(connection):
            return None, (), Lag()
        placement = placement_of(connection, source_id)
        attempts = tuple(read_attempts(connection, source_id))
        lag = Lag()
        if placement is not None and placement.reads == "postgres":
            # Nobody but the administrator may read the log.
            with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable):
                lag = lag_of(connection, schema_name(source_id, placement.generation))
    return placement, attempts, lag
