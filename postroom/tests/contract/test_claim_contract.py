"""One claim per ingest: who does not hold it changes nothing and is told who does."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests_support.archives import ingest_folder, registered, tables
from tests_support.outputs import plausible

from postroom import claim as claims
from postroom.archive import Archive, Transaction
from postroom.claim import Claim, claimed, take
from postroom.errors import ClaimHeld, NotReadable
from postroom.progress import silent
from postroom.store import FolderStore
from postroom.tasks import load

PAST_S = -1.0


def row(archive: Archive) -> dict:
    with archive.reading() as tx:
        found = tx.row("SELECT * FROM pst_files")
    assert found is not None
    return dict(found)


def test_a_claim_names_engine_owner_attempt_epoch_and_lease(archive: Archive) -> None:
    """The row says who is at it, for how long, and for which time."""
    claim = take(archive, registered(archive), "v2", begins_attempt=True)
    seen = row(archive)
    assert (seen["engine"], seen["claim_owner"]) == ("v2", claim.owner)
    assert (seen["claim_attempt"], seen["claim_epoch"]) == (1, 1) == (claim.attempt, claim.epoch)
    assert str(os.getpid()) in claim.owner
    assert seen["claim_lease_until"] > seen["created_at"]


def test_a_second_taker_is_told_who_holds_it(archive: Archive) -> None:
    """A duplicate message changes nothing; its answer names the holder."""
    pst_file_id = registered(archive)
    claim = take(archive, pst_file_id, "v2")
    before = row(archive)
    with pytest.raises(ClaimHeld, match=claim.owner.split("/")[2]):
        take(archive, pst_file_id, "v2")
    assert row(archive) == before


def test_of_many_takers_exactly_one_wins(archive: Archive) -> None:
    """The update is conditional: a race has one winner."""
    pst_file_id = registered(archive)

    def attempt(_: int) -> bool:
        try:
            take(archive, pst_file_id, "v2")
        except ClaimHeld:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert row(archive)["claim_epoch"] == 1


def test_the_other_engine_never_gets_the_ingest(archive: Archive) -> None:
    """An ingest belongs to the engine that began it, also when nobody holds it."""
    pst_file_id = registered(archive)
    with claimed(archive, pst_file_id, "v1"):
        pass
    with pytest.raises(ClaimHeld, match="engine v1"):
        take(archive, pst_file_id, "v2")


def test_a_claim_whose_lease_is_over_can_be_taken(archive: Archive) -> None:
    """A worker that stopped renewing loses the claim; what it still writes does not commit."""
    pst_file_id = registered(archive)
    zombie = take(archive, pst_file_id, "v2", lease_s=PAST_S)
    heir = take(archive, pst_file_id, "v2")
    assert heir.epoch == zombie.epoch + 1
    with pytest.raises(ClaimHeld, match=f"epoch {heir.epoch}"), archive.transaction() as tx:
        tx.change("UPDATE pst_files SET case_id = 'zombie'")
        zombie.check(tx)
    assert row(archive)["case_id"] is None
    with archive.transaction() as tx:
        heir.check(tx)


def test_a_zombie_loads_nothing(archive: Archive, store: FolderStore) -> None:
    """A task that lost its claim before it began ends with who holds it."""
    pst_file_id = registered(archive)
    plausible(pst_file_id, 2).write(ingest_folder(store, pst_file_id))
    zombie = take(archive, pst_file_id, "v2", lease_s=PAST_S)
    take(archive, pst_file_id, "v2")
    with pytest.raises(ClaimHeld):
        load.run(archive, store, pst_file_id, zombie, silent)
    assert tables(archive)["email_messages"] == []


def test_a_claim_lost_in_the_middle_of_a_load_rolls_it_back(
    archive: Archive, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last thing before the commit is to look whether the claim still holds."""
    pst_file_id = registered(archive)
    plausible(pst_file_id, 2).write(ingest_folder(store, pst_file_id))
    claim = take(archive, pst_file_id, "v2")

    def lose(tx: Transaction, *_: object) -> None:
        if tx.backend == "sqlite":  # one writer at a time: only this transaction can
            tx.change("UPDATE pst_files SET claim_epoch = claim_epoch + 1")
            return
        with archive.transaction() as other:
            other.change("UPDATE pst_files SET claim_epoch = claim_epoch + 1")

    monkeypatch.setattr(load, "load_errors", lose)
    with pytest.raises(ClaimHeld):
        load.run(archive, store, pst_file_id, claim, silent)
    assert tables(archive)["email_messages"] == []


def test_a_check_prolongs_the_lease(archive: Archive) -> None:
    """Who writes is alive."""
    claim = replace(take(archive, registered(archive), "v2"), lease_s=3600.0)
    before = row(archive)["claim_lease_until"]
    claim.renew(archive)
    assert row(archive)["claim_lease_until"] > before


def test_a_claim_is_given_back_whatever_happens(archive: Archive) -> None:
    """After an error the next attempt need not wait for the lease."""
    pst_file_id = registered(archive)
    with pytest.raises(ValueError, match="x"), claimed(archive, pst_file_id, "v2"):
        raise ValueError("x")
    assert take(archive, pst_file_id, "v2").epoch == 2


def test_a_release_does_not_touch_the_claim_of_an_heir(archive: Archive) -> None:
    """A zombie's clean-up frees nothing that is not its own."""
    pst_file_id = registered(archive)
    zombie = take(archive, pst_file_id, "v2", lease_s=PAST_S)
    heir = take(archive, pst_file_id, "v2")
    zombie.release(archive)
    assert row(archive)["claim_owner"] == heir.owner


def test_the_claim_of_a_process_that_has_ended_is_free(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a kill nobody waits for a lease, if the dead owner was on this machine."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    owner = claims.owner_of_this_process()
    dead = owner.rsplit("/", 1)[0] + f"/{ended.pid}-abc"
    pst_file_id = registered(archive)
    monkeypatch.setattr(claims, "owner_of_this_process", lambda: dead)
    take(archive, pst_file_id, "v2")
    monkeypatch.setattr(claims, "owner_of_this_process", lambda: owner)
    assert take(archive, pst_file_id, "v2").owner == owner


def test_the_claim_of_another_machine_is_waited_for(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a process elsewhere lives cannot be seen from here: its lease decides."""
    pst_file_id = registered(archive)
    monkeypatch.setattr(claims, "owner_of_this_process", lambda: "elsewhere/1.2/999999999-a")
    take(archive, pst_file_id, "v2")
    monkeypatch.undo()
    with pytest.raises(ClaimHeld, match="elsewhere"):
        take(archive, pst_file_id, "v2")


def test_an_ingest_that_is_not_there_cannot_be_claimed(archive: Archive) -> None:
    """The error says what helps."""
    with pytest.raises(NotReadable, match="postroom status"):
        take(archive, "00000000-0000-0000-0000-000000000001", "v2")


def test_a_claim_can_be_checked_below_an_orm(archive: Archive) -> None:
    """v1 writes through SQLAlchemy and is held to the same claim."""
    pst_file_id = registered(archive)
    zombie: Claim = take(archive, pst_file_id, "v2", lease_s=PAST_S)
    heir = take(archive, pst_file_id, "v2")
    with archive.sqlalchemy_engine().begin() as connection:
        tx = Transaction(connection.connection.driver_connection, archive.backend)
        heir.check(tx)
        with pytest.raises(ClaimHeld):
            zombie.check(tx)
