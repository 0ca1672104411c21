"""Runs on disk: found by name, one open at a time, one tick at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cutline.errors import WrongUsage
from cutline.run.folder import Busy, RunFolder, beginning, every, find
from cutline.run.inbox import Inbox

NOW = datetime(2026, 2, 21, 12, 0, tzinfo=UTC)
TICK = '{"kind":"tick"}\n'


def begun(runs: Path) -> RunFolder:
    """Begin a run of `pilot`, as far as its folder and first entry go."""
    with beginning(runs, "pilot", NOW) as made:
        made.journal.write_text(TICK)
    return made


def test_a_run_is_found_by_path_by_name_and_by_its_plan_alone(tmp_path: Path) -> None:
    """Each way that a person may name it means the same folder."""
    made = begun(tmp_path)
    assert made.name == "pilot/20260221T120000Z"
    for text in (str(made.path), made.name, "pilot"):
        assert find(text, tmp_path).path == made.path
    assert [run.name for run in every(tmp_path)] == [made.name]


def test_a_second_run_of_a_plan_waits_for_the_first(tmp_path: Path) -> None:
    """One run of a plan is open at a time; the open one is named."""
    first = begun(tmp_path)
    with pytest.raises(WrongUsage, match="20260221T120000Z"):
        begun(tmp_path)
    first.journal.write_text(TICK + '{"kind":"closed"}\n')
    assert begun(tmp_path).name == "pilot/20260221T120001Z"


def test_what_was_killed_before_its_first_entry_is_in_nobodys_way(tmp_path: Path) -> None:
    """It is no run, and the next one takes its place; one whose journal was lost is not removed."""
    left = begun(tmp_path)
    left.journal.unlink()
    assert every(tmp_path) == []
    again = begun(tmp_path)
    assert again.name == "pilot/20260221T120000Z"
    with again.lock():
        again.journal.unlink()
    with pytest.raises(WrongUsage, match="is open"):
        begun(tmp_path)


def test_a_run_that_may_not_begin_leaves_nothing(tmp_path: Path) -> None:
    """Neither a folder nor a name that is taken."""
    with pytest.raises(KeyError), beginning(tmp_path, "pilot", NOW):
        raise KeyError
    assert list((tmp_path / "pilot").iterdir()) == []


@pytest.mark.parametrize("text", ["other", "../..", "pilot/20260101T000000Z", ".", "/etc"])
def test_what_is_no_run_is_refused_with_the_runs_there_are(tmp_path: Path, text: str) -> None:
    """A foreign folder is never taken for a run."""
    begun(tmp_path)
    with pytest.raises(WrongUsage, match="no run") as refused:
        find(text, tmp_path)
    assert "20260221T120000Z" in refused.value.why


def test_two_ticks_never_hold_one_run(tmp_path: Path) -> None:
    """The second is told so; after the first it gets in."""
    run = begun(tmp_path)
    with run.lock(), pytest.raises(Busy), run.lock():
        pass
    with run.lock():
        pass


def test_a_message_stays_until_it_is_dropped_and_comes_once(tmp_path: Path) -> None:
    """A kill between reading and journaling loses nothing."""
    inbox = Inbox(tmp_path / "inbox")
    sent = inbox.put("approve", "ana", NOW, {"checkpoint": "half"})
    assert inbox.read() == [sent]
    assert inbox.read() == [sent]
    inbox.drop(sent)
    inbox.drop(sent)
    assert inbox.read() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"verb": "x"}', "\x00", '{"verb":1,"at":"now"}'])
def test_a_file_that_is_no_message_is_read_as_one_that_is_refused(
    tmp_path: Path, text: str
) -> None:
    """It is told, never skipped in silence and never obeyed."""
    (tmp_path / "20260221-x.json").write_text(text)
    assert [message.verb for message in Inbox(tmp_path).read()] == ["unreadable"]


def test_a_link_out_of_the_inbox_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write the inbox may not make the driver read another file."""
    (tmp_path / "secret").write_text(
        '{"verb":"pause","by":"x","at":"2026-01-01T00:00:00Z","data":{}}'
    )
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.json").symlink_to(tmp_path / "secret")
    assert [message.verb for message in Inbox(folder).read()] == ["unreadable"]
