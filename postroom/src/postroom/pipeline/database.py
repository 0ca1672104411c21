"""The database of the queue: a SQLite file in the home, or PostgreSQL."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from cutline.errors import WrongUsage
from postroom.errors import Away, DiskRefused

if TYPE_CHECKING:
    import sqlalchemy

PIPELINE_DSN: Final = "POSTROOM_PIPELINE_DSN"
_CONNECT_TIMEOUT_S: Final = 5
_BUSY_TIMEOUT_MS: Final = 30_000
_POOL: Final = 20


@dataclass(frozen=True, slots=True)
class PipelineDatabase:
    """Where the queue lies: `dsn` is PostgreSQL; without it `path` is a SQLite file."""

    path: Path
    dsn: str | None = field(default=None, repr=False)

    @property
    def is_shared(self) -> bool:
        """Whether several workers, on several machines, may work on it."""
        return self.dsn is not None

    @property
    def where(self) -> str:
        """Say where it lies, without a secret."""
        return "the PostgreSQL of the pipeline" if self.dsn else str(self.path)

    def engine(self) -> sqlalchemy.Engine:
        """Make an SQLAlchemy engine; the SQLite file is made where there is none.

        What it logs and raises shows no parameters of a statement.
        """
        import sqlalchemy  # noqa: PLC0415  # a second to import
        from sqlalchemy import event  # noqa: PLC0415

        dsn = self.dsn
        if dsn is None:
            self._make_file()
            engine = sqlalchemy.create_engine(
                f"sqlite:///{self.path.resolve()}", hide_parameters=True
            )
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        return sqlalchemy.create_engine(
            "postgresql+psycopg://",
            creator=lambda: _connect(dsn),
            pool_pre_ping=True,
            pool_size=_POOL,
            max_overflow=_POOL,
            hide_parameters=True,
        )

    def _make_file(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise DiskRefused(
                "the queue cannot be made",
                where=str(self.path),
                why=error.strerror or str(error),
                remedy="choose another place with --home or POSTROOM_HOME",
            ) from error


def pipeline_database(home: Path, given: str | None = None) -> PipelineDatabase:
    """Find the queue of a home; `given` is `env:NAME` as the option takes it.

    Without it `POSTROOM_PIPELINE_DSN` holds the DSN, and without that it is SQLite.
    """
    dsn = os.environ.get(PIPELINE_DSN) or None
    if given is not None:
        name = given.removeprefix("env:")
        dsn = os.environ.get(name) if given.startswith("env:") else None
        if not dsn:
            raise WrongUsage(
                "the variable that should hold the DSN is not set",
                where="--pipeline-dsn",
                why="it takes env:NAME, and that variable is missing or empty",
                remedy="export PIPELINE_DSN=postgresql://user@host/database;"
                " --pipeline-dsn env:PIPELINE_DSN",
            )
    return PipelineDatabase(home / "pipeline.sqlite", dsn)


def away(database: PipelineDatabase, error: Exception) -> Away:
    """Make the error for a queue that cannot be reached."""
    origin = getattr(error, "orig", None) or error
    return Away(
        "the queue cannot be reached",
        where=database.where,
        why=" ".join(str(origin).split()) or type(error).__name__,
        remedy="check the server and POSTROOM_PIPELINE_DSN; what was queued stays queued",
    )


def _connect(dsn: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(dsn, connect_timeout=_CONNECT_TIMEOUT_S)
    except psycopg.OperationalError as error:
        # DBOS waits for a database only where the error says these two words; else it drops the
        # thread of the ingest that met it.
        why = " ".join(str(error).split())
        raise psycopg.OperationalError(f"connection failed: {why}") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's
    # As DBOS does it for an engine of its own: writers queue up instead of giving up half-way.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
