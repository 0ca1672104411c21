"""Why a source is not brought back as asked; each leaves both stores as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from cutline.errors import Exit, Problem
from postroom.errors import NotReadable


class FileRefused(Problem):
    """The SQLite file is not the one that PostgreSQL's writes were carried to so far."""

    code = "file-refused"
    exit_code = Exit.BLOCKED

    def __init__(self, source_id: str, why: str) -> None:
        super().__init__(
            "this SQLite file is not the one that was left for PostgreSQL",
            where=f"source {source_id}",
            why=why,
            remedy="put the right file back, or postroom source restore SOURCE;"
            " postroom source status SOURCE says where the source lives",
        )


class Differs(Problem):
    """The file and PostgreSQL do not hold the same, though everything was carried."""

    code = "stores-differ"
    exit_code = Exit.BLOCKED

    def __init__(self, source_id: str, why: str) -> None:
        super().__init__(
            "the file does not hold what PostgreSQL holds; PostgreSQL serves on",
            where=f"source {source_id}",
            why=why,
            remedy="postroom source move SOURCE of another file, or postroom source restore;"
            " nothing was switched",
        )


class NotThere(Problem):
    """The source is not where it would have to be for this."""

    code = "not-there"
    exit_code = Exit.BLOCKED

    def __init__(self, source_id: str, what: str, why: str) -> None:
        super().__init__(
            what,
            where=f"source {source_id}",
            why=why,
            remedy="postroom source status SOURCE says where it lives and what comes next",
        )


class NotInPostgres(NotThere):
    """The source is served from its file: there is nothing to carry back now."""

    def __init__(self, source_id: str, why: str) -> None:
        super().__init__(source_id, "nothing is carried back", why)


class InProgress(Problem):
    """The source is between its stores, and whoever moves it may be at work."""

    code = "move-in-progress"
    exit_code = Exit.IN_PROGRESS

    def __init__(self, source_id: str, owner: str, age_s: float, after_s: float) -> None:
        super().__init__(
            "this source is on its way",
            where=f"source {source_id}",
            why=f"the registry says {owner} for {age_s:.1f} s",
            remedy=f"it is undone after {after_s:.0f} s; run the command again then",
        )


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session of PostgreSQL that has written to a source and has not committed."""

    pid: int
    user: str
    application: str
    address: str
    state: str
    since_s: float

    def __str__(self) -> str:
        return (
            f"pid {self.pid} ({self.user}, {self.application or 'unnamed'}"
            f"{f' at {self.address}' if self.address else ''}), {self.state},"
            f" in a transaction for {self.since_s:.1f} s"
        )


class StillWriting(Problem):
    """Somebody holds a table for so long that the rollback gave up; nothing was changed."""

    code = "still-writing"
    exit_code = Exit.BLOCKED

    def __init__(self, source_id: str, waited_s: float, blockers: tuple[Blocker, ...]) -> None:
        self.blockers = blockers
        self.waited_s = waited_s
        super().__init__(
            "PostgreSQL's writers did not come to an end; nothing was changed",
            where=f"source {source_id}",
            why="; ".join(map(str, blockers)) or f"the locks were not had within {waited_s:.1f} s",
            remedy="wait for them, or SELECT pg_terminate_backend(pid), and run the command again",
        )

    def as_json(self) -> dict[str, object]:
        """Return it with the processes that are in the way."""
        pids = [one.pid for one in self.blockers]
        return {**Problem.as_json(self), "blockers": pids, "waited_s": self.waited_s}


@contextmanager
def owned(source_id: str) -> Iterator[None]:
    """Turn a right over the tables of a source that the user lacks into `NotReadable`."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotReadable(
            "this user may not move the source",
            where=f"source {source_id}",
            why=error.diag.message_primary or "permission denied",
            remedy="--admin-dsn env:NAME names the user who made it (postroom source bootstrap)",
        ) from error
