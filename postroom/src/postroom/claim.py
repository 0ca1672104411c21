"""The claim on an ingest: who may write to it, and until when.

A claim is taken by a conditional update of the ingest's row and names its engine, owner, attempt,
epoch and lease. The epoch grows each time the claim changes hands, so a worker that lost it, even
one that does not know that yet, can commit nothing: `Claim.check` runs in the transaction of every
write.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from postroom.archive.archive import Archive
from postroom.archive.pause import check_not_paused
from postroom.archive.transaction import Row, Transaction
from postroom.errors import ClaimHeld, NotReadable
from postroom.moment import text_in

Engine = Literal["v1", "v2"]

LEASE_S: Final = 60.0
ADDRESS: Final = "POSTROOM_ADDRESS"
"""The variable that names this machine, where its host name is not enough."""

_READ: Final = """SELECT id, engine, processing_status, claim_owner, claim_attempt, claim_epoch,
    claim_lease_until FROM pst_files WHERE id = :id"""

_TAKE: Final = """UPDATE pst_files
    SET engine = :engine, claim_owner = :owner, claim_lease_until = :until,
        claim_epoch = claim_epoch + 1, claim_attempt = claim_attempt + :begins
    WHERE id = :id AND claim_epoch = :epoch AND (engine IS NULL OR engine = :engine)"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to one ingest, as long as its row still names this owner and epoch."""

    pst_file_id: str
    engine: Engine
    owner: str
    attempt: int
    epoch: int
    lease_s: float = LEASE_S

    def check(self, tx: Transaction) -> None:
        """Hold the claim until `tx` ends, its lease prolonged; raise `ClaimHeld` if it was lost.

        It locks the ingest's row, so nobody can take the claim between this and the commit. Call it
        in each transaction that writes; last, where that is long, since the lease is renewed by
        others on the same row. `tx` may be `Transaction(driver_connection, archive.backend)` on the
        driver's connection below an SQLAlchemy session.
        """
        until = text_in(self.lease_s)
        held_now = tx.change(
            "UPDATE pst_files SET claim_lease_until = :until"
            " WHERE id = :id AND claim_owner = :owner AND claim_epoch = :epoch",
            until=until,
            id=self.pst_file_id,
            owner=self.owner,
            epoch=self.epoch,
        )
        if not held_now:
            self.look(tx)
            raise AssertionError("a claim that is held can be prolonged")

    def look(self, tx: Transaction) -> None:
        """Raise `ClaimHeld` if the claim was lost, without holding it: to fail early."""
        row = tx.row(_READ, id=self.pst_file_id)
        if row is None:
            raise no_such_ingest(self.pst_file_id)
        if (row["claim_owner"], row["claim_epoch"]) != (self.owner, self.epoch):
            raise held(row)

    def renew(self, archive: Archive) -> None:
        """Prolong the lease from now on; raise `ClaimHeld` if the claim was lost."""
        with archive.transaction() as tx:
            self.check(tx)

    def release(self, archive: Archive) -> None:
        """Give the claim back; does nothing if somebody else holds it by now."""
        with archive.transaction() as tx:
            tx.change(
                "UPDATE pst_files SET claim_owner = NULL, claim_lease_until = NULL"
                " WHERE id = :id AND claim_owner = :owner AND claim_epoch = :epoch",
                id=self.pst_file_id,
                owner=self.owner,
                epoch=self.epoch,
            )


def take(
    archive: Archive,
    pst_file_id: str,
    engine: Engine,
    *,
    begins_attempt: bool = False,
    lease_s: float = LEASE_S,
) -> Claim:
    """Take the claim on an ingest for this process.

    Raises `ClaimHeld`, which names the holder, while another live owner has it or if the ingest
    belongs to the other engine; `Paused` while the source is about to move. A claim whose lease is
    over is free, and so is one whose process on this machine has ended.
    """
    owner = owner_of_this_process()
    with archive.transaction() as tx:
        check_not_paused(tx, archive.source_id)
        row = tx.row(_READ, id=pst_file_id)
        if row is None:
            raise no_such_ingest(pst_file_id)
        if not is_free(row, datetime.now(UTC)):
            raise held(row)
        changed = tx.change(
            _TAKE,
            id=pst_file_id,
            engine=engine,
            owner=owner,
            until=text_in(lease_s),
            begins=int(begins_attempt),
            epoch=row["claim_epoch"],
        )
        now = tx.row(_READ, id=pst_file_id)
    if now is None or not changed:
        raise held(now or row)
    return Claim(pst_file_id, engine, owner, now["claim_attempt"], now["claim_epoch"], lease_s)


@contextmanager
def claimed(
    archive: Archive, pst_file_id: str, engine: Engine, *, begins_attempt: bool = False
) -> Iterator[Claim]:
    """Hold the claim within the block and give it back at its end, whatever happens in it."""
    claim = take(archive, pst_file_id, engine, begins_attempt=begins_attempt)
    try:
        yield claim
    finally:
        with contextlib.suppress(*archive.busy_errors):  # then its lease ends by itself
            claim.release(archive)


def held(row: Row) -> ClaimHeld:
    """Make the error that says who has the claim of the ingest `row`."""
    owner = row["claim_owner"]
    holder = f"{owner} until {row['claim_lease_until']}" if owner else "nobody"
    return ClaimHeld(
        "another worker has the claim on this ingest",
        where=f"ingest {row['id']}",
        why=(
            f"engine {row['engine'] or 'none'}, held by {holder},"
            f" attempt {row['claim_attempt']}, epoch {row['claim_epoch']}"
        ),
        remedy=f"postroom status {row['id']} shows how far it is",
    )


def no_such_ingest(pst_file_id: str) -> NotReadable:
    """Make the error for an ingest that the archive does not have."""
    return NotReadable(
        "there is no such ingest",
        where=pst_file_id,
        why="the source has no row of that id in pst_files",
        remedy="postroom status lists the ingests of a source; --source chooses the source",
    )


def owner_of_this_process() -> str:
    """Name this process: `host/boot-and-pid-space/pid-random`, never the same twice."""
    return f"{_host()}/{_pid_space()}/{os.getpid()}-{secrets.token_hex(4)}"


def is_free(row: Row, now: datetime) -> bool:
    """Whether the claim of an ingest can be taken: nobody has it, its lease or its owner ended."""
    if row["claim_owner"] is None or row["claim_lease_until"] is None:
        return True
    return datetime.fromisoformat(row["claim_lease_until"]) < now or has_ended(row["claim_owner"])


def has_ended(owner: str) -> bool:
    """Whether `owner` was a process of this machine that is no more."""
    here = f"{_host()}/{_pid_space()}/"
    if not owner.startswith(here) or _pid_space() == "unknown":
        return False
    pid = int(owner.removeprefix(here).split("-")[0])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _host() -> str:
    # Where several machines of one cluster have the same name, each worker gets an address.
    return os.environ.get(ADDRESS) or socket.gethostname()


def _pid_space() -> str:
    # Two containers may share a host name but never boot id and pid namespace.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return "unknown"
