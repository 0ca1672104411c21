"""The workers of a queue, each with a row that it keeps fresh."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cutline.errors import Exit, Problem
from postroom.claim import Engine, has_ended, owner_of_this_process
from postroom.pipeline.database import PipelineDatabase, away

if TYPE_CHECKING:
    import sqlalchemy

_LOCK: Final = 0x706F7375
_TABLE: Final = """CREATE TABLE IF NOT EXISTS postroom_workers (
    executor_id text NOT NULL PRIMARY KEY,
    token       text NOT NULL,
    state       text NOT NULL CHECK (state IN ('live', 'left', 'taken')),
    address     text NOT NULL,
    owner       text NOT NULL,
    engines     text NOT NULL,
    concurrency integer NOT NULL,
    started_at  double precision NOT NULL,
    beat_at     double precision NOT NULL)"""

# Times are the database's: workers need not agree on theirs.
_NOW: Final = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "extract(epoch from clock_timestamp())",
}
_READ: Final = """SELECT executor_id, token, state, address, owner, engines, concurrency,
    {now} - beat_at AS silent_s, {now} - started_at AS up_s FROM postroom_workers"""
_ENTER: Final = """INSERT INTO postroom_workers VALUES (:executor_id, :token, 'live', :address,
    :owner, :engines, :concurrency, {now}, {now}) ON CONFLICT (executor_id) DO NOTHING"""
_ENTER_AGAIN: Final = """UPDATE postroom_workers SET token = :token, state = 'live',
    address = :address, owner = :owner, engines = :engines, concurrency = :concurrency,
    started_at = {now}, beat_at = {now} WHERE executor_id = :executor_id AND token = :seen"""
_BEAT: Final = """UPDATE postroom_workers SET beat_at = {now}
    WHERE executor_id = :executor_id AND token = :token AND state = 'live'"""
_LEAVE: Final = """UPDATE postroom_workers SET state = 'left'
    WHERE executor_id = :executor_id AND token = :token AND state = 'live'"""
_TAKE: Final = """UPDATE postroom_workers SET state = 'taken', token = :token, beat_at = {now}
    WHERE executor_id = :executor_id AND token = :seen AND beat_at + :silent_s <= {now} + 0.5"""
_FORGET: Final = """DELETE FROM postroom_workers
    WHERE executor_id = :executor_id AND token = :token"""


class WorkerIsThere(Problem):
    """Another worker has this executor id, or the only place there is."""

    code = "worker-is-there"
    exit_code = Exit.BLOCKED


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker as its row tells it; `silent_s` is the time since its last beat."""

    executor_id: str
    token: str
    state: str
    address: str
    owner: str
    engines: tuple[Engine, ...]
    concurrency: int
    silent_s: float
    up_s: float

    def is_dead(self, dead_after_s: float) -> bool:
        """Whether it ended, or was silent for so long that it counts as dead."""
        return self.has_ended or self.silent_s >= dead_after_s

    @property
    def has_ended(self) -> bool:
        """Whether it is known to be gone: it said so, or was a process here that is no more."""
        return self.state == "left" or (self.state == "live" and has_ended(self.owner))

    def as_json(self) -> dict[str, Any]:
        """Give what others may know of it as a JSON object."""
        return {
            "executor_id": self.executor_id,
            "address": self.address,
            "engines": list(self.engines),
            "concurrency": self.concurrency,
            "silent_s": round(self.silent_s, 1),
            "up_s": round(self.up_s, 1),
        }


class WorkerRows:
    """The table of workers beside DBOS's own."""

    def __init__(self, database: PipelineDatabase, engine: sqlalchemy.Engine) -> None:
        self._database, self._engine = database, engine
        self._now = _NOW[engine.dialect.name]

    def prepare(self) -> None:
        """Make the table where it is not there."""
        with self._begin() as do:
            if self._database.is_shared:
                do(f"SELECT pg_advisory_xact_lock({_LOCK})")
            do(_TABLE)

    def read(self) -> list[WorkerSeen]:
        """Read the rows of all workers, also of those that are gone."""
        with self._begin() as do:
            rows = do(_READ).mappings().all()
        return [_seen(row) for row in rows]

    def enter(self, me: WorkerSeen, dead_after_s: float) -> None:
        """Write the row of this worker; raises `WorkerIsThere` while another has its id."""
        row = {
            "executor_id": me.executor_id,
            "token": me.token,
            "address": me.address,
            "owner": me.owner,
            "engines": ",".join(me.engines),
            "concurrency": me.concurrency,
        }
        with self._begin() as do:
            if do(_ENTER, **row).rowcount:
                return
            other = next(one for one in self._all(do) if one.executor_id == me.executor_id)
            is_free = other.is_dead(dead_after_s)
            if is_free and do(_ENTER_AGAIN, **row, seen=other.token).rowcount:
                return
        raise WorkerIsThere(
            "another worker has this executor id",
            where=f"executor {me.executor_id}",
            why=f"{other.owner} at {other.address}, heard {other.silent_s:.0f} s ago",
            remedy="give each worker an --executor-id of its own, or none",
        )

    def beat(self, me: WorkerSeen) -> bool:
        """Keep the row fresh; False if this worker counts as dead and was taken over."""
        with self._begin() as do:
            return bool(do(_BEAT, executor_id=me.executor_id, token=me.token).rowcount)

    def leave(self, me: WorkerSeen) -> None:
        """Say that this worker is gone, so that nobody waits for it."""
        with self._begin() as do:
            do(_LEAVE, executor_id=me.executor_id, token=me.token)

    def take(self, dead: WorkerSeen, dead_after_s: float) -> WorkerSeen | None:
        """Take over a dead worker, if nobody else did and it stayed silent meanwhile."""
        token = secrets.token_hex(8)
        silent_s = 0.0 if dead.has_ended else dead_after_s
        with self._begin() as do:
            taken = do(
                _TAKE,
                executor_id=dead.executor_id,
                seen=dead.token,
                token=token,
                silent_s=silent_s,
            ).rowcount
            if not taken:
                return None
            return next(one for one in self._all(do) if one.executor_id == dead.executor_id)

    def forget(self, taken: WorkerSeen) -> None:
        """Remove the row of a worker that was taken over."""
        with self._begin() as do:
            do(_FORGET, executor_id=taken.executor_id, token=taken.token)

    def _all(self, do: Any) -> list[WorkerSeen]:  # noqa: ANN401  # see `_begin`
        return [_seen(row) for row in do(_READ).mappings().all()]

    @contextmanager
    def _begin(self) -> Iterator[Any]:
        import sqlalchemy  # noqa: PLC0415  # a second to import
        from sqlalchemy.exc import OperationalError  # noqa: PLC0415

        try:
            with self._engine.begin() as connection:

                def do(statement: str, **values: object) -> Any:  # noqa: ANN401  # a result
                    text = sqlalchemy.text(statement.replace("{now}", self._now))
                    return connection.execute(text, values)

                yield do
        except OperationalError as error:
            raise away(self._database, error) from error


def this_worker(
    executor_id: str, address: str, engines: tuple[Engine, ...], concurrency: int
) -> WorkerSeen:
    """Make the row of this process."""
    owner, token = owner_of_this_process(), secrets.token_hex(8)
    return WorkerSeen(
        executor_id, token, "live", address, owner, engines, concurrency, silent_s=0.0, up_s=0.0
    )


def _seen(row: Any) -> WorkerSeen:  # noqa: ANN401  # a row of SQLAlchemy
    engines: list[Engine] = ["v1" if name == "v1" else "v2" for name in row["engines"].split(",")]
    return WorkerSeen(
        row["executor_id"],
        row["token"],
        row["state"],
        row["address"],
        row["owner"],
        tuple(engines),
        int(row["concurrency"]),
        float(row["silent_s"]),
        float(row["up_s"]),
    )
