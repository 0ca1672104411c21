"""What the object store of a folder promises."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from cutline.errors import WrongUsage
from postroom.errors import DiskRefused, NotReadable
from postroom.store import FolderStore


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "a/../../b", "..", "a//b", "a/./b", "a/", "a\\b", "a\0b", "./a"],
)
def test_a_key_cannot_leave_the_store(key: str, store: FolderStore) -> None:
    """A key is a path inside the store, whatever somebody wrote into a database."""
    with pytest.raises(WrongUsage, match="leave the object store"):
        store.path_for(key)


def test_a_link_cannot_lead_out_of_the_store(store: FolderStore, tmp_path: Path) -> None:
    """A symbolic link inside the store is no way around the rule."""
    store.root.mkdir()
    (store.root / "out").symlink_to(tmp_path)
    with pytest.raises(WrongUsage, match="symbolic link"):
        store.path_for("out/file")


def test_a_file_is_put_with_its_digest_and_stays_what_it_is(
    store: FolderStore, tmp_path: Path
) -> None:
    """An edit of the original in place, which Outlook does all the time, reaches no copy."""
    source = tmp_path / "a.pst"
    content = os.urandom(3_000_000)
    source.write_bytes(content)
    stored = store.put_file(source, "project_p/pst/1/a.pst")
    with source.open("r+b") as file:
        file.write(b"edited")
    path = store.path_for(stored.key)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert path.read_bytes() == content
    assert (store.size(stored.key), store.exists(stored.key)) == (len(content), True)
    assert path.stat().st_mode & 0o222 == 0


def test_putting_leaves_the_original_as_it_was(store: FolderStore, tmp_path: Path) -> None:
    """Evidence is only read."""
    source = tmp_path / "a.pst"
    source.write_bytes(b"mail")
    before = source.stat()
    store.put_file(source, "k")
    after = source.stat()
    assert (after.st_mtime_ns, after.st_mode, after.st_ino, after.st_nlink) == (
        before.st_mtime_ns,
        before.st_mode,
        before.st_ino,
        1,
    )


def test_a_missing_file_is_not_readable_and_leaves_nothing(
    store: FolderStore, tmp_path: Path
) -> None:
    """What cannot be read is named as such; no partial object stays."""
    with pytest.raises(NotReadable, match="cannot be read"):
        store.put_file(tmp_path / "none.pst", "a/b")
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A store below a file is refused with the place, whoever runs the test."""
    source, root = tmp_path / "a.pst", tmp_path / "root"
    source.write_bytes(b"mail")
    root.write_bytes(b"")
    with pytest.raises(DiskRefused, match="object store"):
        FolderStore(root).put_file(source, "a/b")


def test_an_object_that_is_not_there_has_no_size(store: FolderStore) -> None:
    """Absence is an error, not zero."""
    assert not store.exists("a/b")
    with pytest.raises(NotReadable, match="no such object"):
        store.size("a/b")
