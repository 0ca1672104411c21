"""What holds for every name, every cut and every statement."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.archive.names import SOURCE_ID, file_name, schema_name
from postroom.archive.sqlite import sqlite_sources
from postroom.archive.transaction import for_postgres
from postroom.errors import NotReadable
from postroom.loading import outputs as loading
from postroom.loading.outputs import Described, Outputs
from postroom.store import FolderStore

IDS = st.from_regex(SOURCE_ID, fullmatch=True)


@given(st.lists(IDS, min_size=2, max_size=2, unique=True))
def test_two_sources_never_share_a_file_or_a_schema(ids: list[str]) -> None:
    """Also where case does not count, and the schema's name always fits PostgreSQL's 63 bytes."""
    one, other = ids
    assert file_name(one).lower() != file_name(other).lower()
    assert schema_name(one) != schema_name(other)
    assert len(schema_name(one)) <= 63


@given(IDS)
def test_a_source_is_found_by_its_file(source_id: str) -> None:
    """The file's name tells the source's id."""
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "sources").mkdir()
        (Path(home) / "sources" / file_name(source_id)).touch()
        assert sqlite_sources(Path(home)) == [source_id]


def described(folder: Path, stored: bytes) -> Outputs:
    (folder / "a.gz").write_bytes(stored)
    said = Described("a.gz", hashlib.sha256(stored).hexdigest(), len(stored), 0, 0)
    return Outputs(FolderStore(folder.parent), folder.name, "i", "p", "s", {}, {"a.gz": said})


@given(st.lists(st.binary(max_size=200), max_size=6), st.integers(1, 50))
def test_members_are_joined_wherever_the_reads_cut(members: list[bytes], piece: int) -> None:
    """A file of many gzip members, some of them empty, reads as one."""
    stored = b"".join(gzip.compress(member, 1, mtime=0) for member in members)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_PIECE_BYTES", piece)
        read = b"".join(described(Path(folder), stored).pieces("a.gz"))
    assert read == b"".join(members)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_no_flip_and_no_cut_of_a_stored_file_passes(content: bytes, data: st.DataObject) -> None:
    """Every change of a stored output is seen, and always as `NotReadable`."""
    stored = bytearray(gzip.compress(content, 1, mtime=0))
    with tempfile.TemporaryDirectory() as folder:
        outputs = described(Path(folder), bytes(stored))
        if data.draw(st.booleans()):
            del stored[data.draw(st.integers(0, len(stored) - 1)) :]
        else:
            stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        (Path(folder) / "a.gz").write_bytes(stored)
        with pytest.raises(NotReadable):
            list(outputs.pieces("a.gz"))


@given(st.binary(min_size=1, max_size=200), st.integers(1, 10))
def test_a_member_without_its_end_is_never_whole(content: bytes, missing: int) -> None:
    """Also where the manifest was written over the short file: its digests agree."""
    stored = gzip.compress(content, 1, mtime=0)[:-missing]
    with tempfile.TemporaryDirectory() as folder, pytest.raises(NotReadable, match="middle"):
        list(described(Path(folder), stored).pieces("a.gz"))


@pytest.mark.parametrize(
    ("portable", "spelled"),
    [
        ("SELECT :id", "SELECT %(id)s"),
        ("SELECT a::text, ':b', 'it''s :c' WHERE d = :e", None),
        ("SELECT '%' || :x", "SELECT '%%' || %(x)s"),
    ],
)
def test_parameters_are_spelled_for_postgres(portable: str, spelled: str | None) -> None:
    """A cast and a literal stay what they are."""
    expected = spelled or "SELECT a::text, ':b', 'it''s :c' WHERE d = %(e)s"
    assert for_postgres(portable) == expected
