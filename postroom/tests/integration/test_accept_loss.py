"""PostgreSQL is gone: the file opens by a person's word, and both come together afterwards."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests_support.moved import KEEP, Moved, moved

from postroom.errors import Fenced
from postroom.move.accept_loss import accept_loss
from postroom.move.carry_back import carry_once
from postroom.move.reconcile import reconcile
from postroom.move.return_refusals import FileRefused, NotThere

_NOTE = (
    "INSERT INTO item_notes (id, email_id, author, body, created_at, updated_at) VALUES"
    " (:id, :email, 'ann', :body, '2026-11-20T00:00:00.000000Z', '2026-11-20T00:00:00.000000Z')"
)
_META = (
    "INSERT INTO item_meta (id, email_id, name, value, updated_at) VALUES"
    " (:id, :email, 'tag', :value, '2026-11-20T00:00:00.000000Z')"
)


@pytest.fixture
def source(postgres_dsn: str, source_id: str, tmp_path: Path) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    return moved(tmp_path, postgres_dsn, source_id)


@pytest.fixture
def gone(source: Moved) -> str:
    """The DSN of the source's server while nobody answers there."""
    return psycopg.conninfo.make_conninfo(source.dsn, host="/nowhere", connect_timeout=2)


def test_nothing_is_accepted_while_postgresql_answers(source: Moved) -> None:
    """Then the ordinary rollback loses nothing."""
    with pytest.raises(NotThere, match="no loss has to be accepted"):
        accept_loss(source.file, source.dsn, by="ann")
    assert not source.fence.is_open


def test_the_file_takes_writes_in_the_name_of_who_attests_it(source: Moved, gone: str) -> None:
    """The name stands in the file; PostgreSQL's return is refused until both are reconciled."""
    opened = accept_loss(source.file, gone, by="ann")
    assert opened.attested.startswith("ann at 20")
    assert accept_loss(source.file, gone, by="bob").attested == opened.attested
    with source.file.transaction() as tx:
        tx.change(KEEP, key="here")
    with pytest.raises(FileRefused) as refused:
        carry_once(source.file, source.dsn)
    assert "reconciled" in refused.value.why


def test_both_come_together_and_what_both_changed_is_kept_for_a_person(
    source: Moved, gone: str, tmp_path: Path
) -> None:
    """What PostgreSQL alone had is carried; where the file has its own it stands."""
    first, second = source.email_ids[:2]
    note, both, free = (str(uuid4()) for _ in range(3))
    source.keep("carried")
    carry_once(source.file, source.dsn)
    source.keep("not carried")
    with source.server.transaction() as tx:
        tx.change(_NOTE, id=note, email=first, body="there")
        tx.change("UPDATE email_messages SET subject = 'there' WHERE id = :id", id=second)
        tx.change(_META, id=both, email=first, value='"there"')
        tx.change("DELETE FROM email_dedupe_decisions")
    accept_loss(source.file, gone, by="ann")
    with source.file.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'here' WHERE id = :id", id=second)
        tx.change(_META, id=free, email=first, value='"here"')
    done = reconcile(source.file, source.dsn, folder=tmp_path / "snapshots", wait_s=5)
    assert source.keys() == {"carried", "not carried"}
    assert done.written == {"idempotency_keys": 1, "item_notes": 1}
    assert done.gone == {"email_dedupe_decisions": 1}
    assert done.kept == {"email_messages": 1, "item_meta": 1}
    with source.file.transaction() as tx:
        subject = tx.value("SELECT subject FROM email_messages WHERE id = :id", id=second)
        assert subject == "here"
        assert tx.value("SELECT body FROM item_notes WHERE id = :id", id=note) == "there"
    assert done.kept_in is not None
    lines = [json.loads(line) for line in Path(done.kept_in).read_text().splitlines()]
    assert {line["table"] for line in lines} == {"email_messages", "item_meta"}
    assert any(
        line["postgres"]["subject"] == "there" for line in lines if "subject" in line["postgres"]
    )
    assert Path(done.kept_in).stat().st_mode & 0o077 == 0
    assert source.fence.loss_accepted is None
    assert source.fence.epoch == source.placement.epoch
    with pytest.raises(Fenced):
        source.keep("to the old one")


def test_reconciling_that_was_killed_finds_the_same_again(
    source: Moved, gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before PostgreSQL has forgotten, a second run does not let it win over the file."""
    second = source.email_ids[1]
    with source.server.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'there' WHERE id = :id", id=second)
    accept_loss(source.file, gone, by="ann")
    with source.file.transaction() as tx:
        tx.change("UPDATE email_messages SET subject = 'here' WHERE id = :id", id=second)

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> bool:
        raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr("postroom.move.reconcile.forgets", killed)
        reconcile(source.file, source.dsn, folder=tmp_path / "snapshots", wait_s=5)
    reconcile(source.file, source.dsn, folder=tmp_path / "snapshots", wait_s=5)
    with closing(source.file.connect()) as connection:
        query = "SELECT subject FROM email_messages WHERE id = ?"
        assert connection.execute(query, (second,)).fetchone()[0] == "here"


def test_there_is_nothing_to_reconcile_of_a_file_that_was_not_opened(
    source: Moved, tmp_path: Path
) -> None:
    """Who asks is told so, and PostgreSQL serves on."""
    with pytest.raises(NotThere, match="nothing to reconcile"):
        reconcile(source.file, source.dsn, folder=tmp_path, wait_s=5)
    source.keep("goes on")
