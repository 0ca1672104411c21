"""What the object store of a folder promises beside the contract."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cutline.errors import WrongUsage
from postroom.errors import DiskRefused, NoSuchObject
from postroom.store import FolderStore, open_store
from postroom.store.s3 import S3Store


def test_a_link_cannot_lead_out_of_the_store(store: FolderStore, tmp_path: Path) -> None:
    """A symbolic link inside the store is no way around the rule, wherever in the key."""
    store.root.mkdir()
    (tmp_path / "file").write_bytes(b"secret")
    (store.root / "out").symlink_to(tmp_path)
    (store.root / "link").symlink_to(tmp_path / "file")
    for key in ("out/file", "link"):
        with pytest.raises(WrongUsage, match="symbolic link"):
            store.read_bytes(key)


def test_an_object_is_read_only(store: FolderStore, tmp_path: Path) -> None:
    """Nobody edits evidence in place."""
    (tmp_path / "a").write_bytes(b"mail")
    store.put_file(tmp_path / "a", "put")
    store.take_file(tmp_path / "a", "taken", "00" * 32)
    store.put_bytes("bytes", b"mail")
    modes = [store.path_for(key).stat().st_mode & 0o777 for key in ("put", "taken", "bytes")]
    assert modes == [0o400] * 3


def test_a_file_of_our_own_is_moved_and_not_copied(store: FolderStore) -> None:
    """What was written once is not written again: the object is the very file."""
    with store.scratch() as scratch:
        (scratch / "a").write_bytes(b"mail")
        written = (scratch / "a").stat().st_ino
        store.take_file(scratch / "a", "k", "00" * 32)
        (scratch / "out").mkdir()
        (scratch / "out" / "b").write_bytes(b"mail")
        inside = (scratch / "out" / "b").stat().st_ino
        store.put_folder(scratch / "out", "folder", last="b")
    assert store.path_for("k").stat().st_ino == written
    assert store.path_for("folder/b").stat().st_ino == inside


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no second file system")  # noqa: S108
def test_a_file_comes_from_another_file_system(store: FolderStore) -> None:
    """Where a file cannot be moved it is copied, and gone all the same."""
    store.put_bytes("folder/sub/known", b"known")
    with FolderStore(Path("/dev/shm/postroom-test")).scratch() as scratch:  # noqa: S108
        (scratch / "a").write_bytes(b"mail")
        (scratch / "out" / "sub").mkdir(parents=True)
        (scratch / "out" / "sub" / "b").write_bytes(b"b")
        (scratch / "out" / "last").write_bytes(b"last")
        store.take_file(scratch / "a", "k", "00" * 32)
        store.put_folder(scratch / "out", "folder", last="last")
        assert not (scratch / "a").exists()
    assert store.read_bytes("k") == b"mail"
    assert set(store.keys("folder")) == {"folder/sub/known", "folder/sub/b", "folder/last"}


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A store below a file is refused with the place, whoever runs the test."""
    source, root = tmp_path / "a.pst", tmp_path / "root"
    source.write_bytes(b"mail")
    root.write_bytes(b"")
    for put in (
        lambda store: store.put_file(source, "a/b"),
        lambda store: store.take_file(source, "a/b", "00" * 32),
        lambda store: store.put_bytes("a/b", b"mail"),
    ):
        with pytest.raises(DiskRefused, match="object store"):
            put(FolderStore(root))
    assert source.read_bytes() == b"mail"
    with pytest.raises(DiskRefused, match="room"), FolderStore(root).scratch():
        pass


def test_a_folder_is_no_object(store: FolderStore) -> None:
    """What is the folder of other keys is not there, as in a bucket."""
    store.put_bytes("a/b", b"mail")
    assert not store.exists("a")
    for read in (store.size, store.read_bytes, lambda key: store.local(key).__enter__()):
        with pytest.raises(NoSuchObject):
            read("a")
        with pytest.raises(NoSuchObject):
            read("a/b/c")


@pytest.mark.parametrize(
    "url",
    ["s3://", "s3://UPPER/x", "s3://b/../c", "http://x/y", "s3:///x", "s3://bkt?x", "s3://ab"],
)
def test_a_store_of_no_known_kind_is_refused(url: str, tmp_path: Path) -> None:
    """A slip in a URL is told at once, before anything is written into some folder."""
    with pytest.raises(WrongUsage):
        open_store(url, home=tmp_path)


def test_a_url_names_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing, a folder, a bucket, a place in a bucket; what it says of itself leads back to it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert open_store("", home=tmp_path) == FolderStore(tmp_path / "store")
    assert open_store("other/place", home=tmp_path) == FolderStore(Path("other/place"))
    for url in ("s3://mail", "s3://mail/a/b"):
        opened = open_store(f"{url}/", home=tmp_path)
        assert isinstance(opened, S3Store)
        assert (opened.url, opened.bucket) == (url, "mail")
