"""The journal: its lines, its chain, its root, and who may write to it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cutline.errors import CannotMeasure, CannotWrite, WrongUsage
from cutline.evidence import Journal, MemoryJournal, Mode, Redactor, moment
from cutline.evidence.canonical import canonical, parse
from cutline.evidence.refusals import JournalClosed, JournalDamaged
from cutline.evidence.tree import Tree, leaf, node

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _journal(folder: Path, count: int) -> Journal:
    journal = Journal.create(folder, Mode.RUN, None)
    for number in range(count):
        journal.append("noted", {"number": number}, AT + timedelta(seconds=number))
    return journal


def _root(lines: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not lines:
        return hashlib.sha256().digest()
    if len(lines) == 1:
        return leaf(lines[0])
    split = 1
    while split * 2 < len(lines):
        split *= 2
    return node(_root(lines[:split]), _root(lines[split:]))


def test_a_line_is_canonical_json_and_follows_the_one_before(tmp_path: Path) -> None:
    """The first entry follows 64 zeros, each other the SHA-256 of the line before."""
    _journal(tmp_path, 3)
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    prev = "0" * 64
    for seq, line in enumerate(lines, 1):
        value = json.loads(line)
        assert line == rfc8785.dumps(value)
        assert (value["seq"], value["prev"], value["mode"]) == (seq, prev, "run")
        prev = hashlib.sha256(line).hexdigest()
    assert json.loads(lines[0])["at"] == "2026-11-20T12:00:00.000000Z"


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    """One instant has one text."""
    berlin = timezone(timedelta(hours=1))
    assert moment(AT.astimezone(berlin)) == moment(AT) == "2026-11-20T12:00:00.000000Z"
    with pytest.raises(ValueError, match="zone"):
        moment(AT.replace(tzinfo=None))


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_the_canonical_form_is_that_of_rfc_8785(value: dict[str, object]) -> None:
    """The fast way and the reference library write the same bytes."""
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]
    parse(canonical(value))


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1.0}',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":9007199254740993}',
        b'{"a":"\\u0041"}',
        b'{"a":1e5}',
        b"[" * 100_000,
        b"[1]",
        b"\xff",
        b'{"a":"\\ud800"}',
        b"",
    ],
)
def test_a_line_in_any_other_form_is_refused(line: bytes) -> None:
    """Two readers of one line can never read different things."""
    with pytest.raises(ValueError):  # noqa: PT011  # the wording is that of many parsers
        parse(line)


def test_what_is_read_back_is_what_append_returned(tmp_path: Path) -> None:
    """A resumed run sees the same values as the one that wrote them."""
    journal = Journal.create(tmp_path, Mode.COMPRESSED, None)
    written = journal.append("tick", {"rate": 95.0, "pair": (1, 2.5), "name": "ä\U0001f600"}, AT)
    opened = Journal.open(tmp_path)
    assert opened.entries() == [written]
    assert opened.mode is Mode.COMPRESSED
    assert written.data == {"rate": 95, "pair": [1, 2.5], "name": "ä\U0001f600"}
    assert written.digest() == hashlib.sha256(written.line()[:-1]).hexdigest()


def test_the_root_of_every_size_is_that_of_rfc_6962(tmp_path: Path) -> None:
    """Roots of earlier sizes stay available: a head at any size can be compared with."""
    tree = Tree()
    lines = [f"line {number}".encode() for number in range(70)]
    for line in lines:
        tree.add(line)
    assert [tree.root(size) for size in range(71)] == [_root(lines[:n]).hex() for n in range(71)]
    for cut in (0, 1, 2, 37, 70):
        grown = Tree()
        grown.extend(lines[:cut])
        grown.extend(lines[cut:])
        assert [grown.root(size) for size in range(71)] == [tree.root(size) for size in range(71)]
    journal = _journal(tmp_path, 5)
    written = (tmp_path / "journal.jsonl").read_bytes().splitlines()
    assert journal.root() == _root(written).hex()
    assert Journal.open(tmp_path).root(3) == _root(written[:3]).hex()


def test_two_processes_append_to_one_chain(tmp_path: Path) -> None:
    """An append goes behind what another process wrote since."""
    journal = _journal(tmp_path, 2)
    script = (
        "import sys, pathlib, datetime; from cutline.evidence import Journal;"
        "Journal.open(pathlib.Path(sys.argv[1]))"
        ".append('noted', {'by': 'other'}, datetime.datetime.now(datetime.UTC))"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    assert journal.append("noted", {"by": "first"}, AT).seq == 4
    assert [entry.data.get("by") for entry in Journal.open(tmp_path).entries()][2:] == [
        "other",
        "first",
    ]


def test_a_damaged_journal_is_refused_with_its_entry_and_left_alone(tmp_path: Path) -> None:
    """The message names the entry and what to do."""
    _journal(tmp_path, 4)
    path = tmp_path / "journal.jsonl"
    damaged = path.read_bytes().replace(b'"number":1', b'"number":7')
    path.write_bytes(damaged)
    with pytest.raises(JournalDamaged) as caught:
        Journal.open(tmp_path)
    assert "entry 3" in caught.value.what  # it does not follow entry 2 as that stands there
    assert "entry 2" in caught.value.why
    assert caught.value.remedy
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("damage", ["drop", "swap", "double", "garbage"])
def test_lines_dropped_moved_or_doubled_are_damage(tmp_path: Path, damage: str) -> None:
    """Only a cut-off last line is forgiven."""
    _journal(tmp_path, 5)
    path = tmp_path / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    match damage:
        case "drop":
            del lines[2]
        case "swap":
            lines[1], lines[2] = lines[2], lines[1]
        case "double":
            lines.insert(2, lines[2])
        case "garbage":
            lines[4] = b"\0" * 40 + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalDamaged):
        Journal.open(tmp_path)


def test_a_journal_that_became_shorter_is_not_appended_to(tmp_path: Path) -> None:
    """A file cut behind an open journal is damage, not a place to go on."""
    journal = _journal(tmp_path, 3)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(JournalDamaged, match="entry 3"):
        journal.append("noted", {}, AT)


def test_nothing_follows_the_closing_entry(tmp_path: Path) -> None:
    """A closed journal refuses another entry, also after it was opened anew."""
    journal = _journal(tmp_path, 1)
    journal.append("closed", {}, AT)
    with pytest.raises(JournalClosed):
        journal.append("noted", {}, AT)
    with pytest.raises(JournalClosed):
        Journal.open(tmp_path).append("noted", {}, AT)


def test_a_folder_has_one_journal(tmp_path: Path) -> None:
    """A second run cannot begin over a first one, not even between check and first entry."""
    second = Journal.create(tmp_path, Mode.RUN, None)
    _journal(tmp_path, 1)
    with pytest.raises(CannotWrite):
        Journal.create(tmp_path, Mode.RUN, None)
    with pytest.raises(CannotWrite):
        second.append("noted", {}, AT)
    assert len(Journal.open(tmp_path).entries()) == 1


def test_a_run_that_never_wrote_an_entry_left_no_journal(tmp_path: Path) -> None:
    """There is no empty journal: the file comes with its first line."""
    Journal.create(tmp_path, Mode.RUN, None)
    assert not (tmp_path / "journal.jsonl").exists()
    with pytest.raises(CannotMeasure, match="no journal"):
        Journal.open(tmp_path)


def test_known_secrets_do_not_reach_a_line(tmp_path: Path) -> None:
    """With a redactor even a careless caller writes no value."""
    journal = Journal.create(tmp_path, Mode.RUN, None)
    journal.redactor = Redactor(["hunter2-hunter2"])
    entry = journal.append("noted", {"text": ["is hunter2-hunter2!"], "hunter2-hunter2": 1}, AT)
    assert entry.data == {"text": ["is «secret»!"], "«secret»": 1}
    assert b"hunter2" not in (tmp_path / "journal.jsonl").read_bytes()


def test_a_rehearsal_keeps_its_entries_in_memory(tmp_path: Path) -> None:
    """The same entries without a chain; no folder can take it for evidence."""
    journal = MemoryJournal()
    entry = journal.append("noted", {"a": 1}, AT)
    assert journal.entries() == [entry]
    assert (entry.seq, entry.mode, entry.prev) == (1, Mode.REHEARSED, "")
    with pytest.raises(WrongUsage):
        Journal.create(tmp_path, Mode.REHEARSED, None)
