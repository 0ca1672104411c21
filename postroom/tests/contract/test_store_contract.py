"""What every object store promises, a folder and S3 alike."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cutline.errors import Problem, WrongUsage
from postroom.errors import NoSuchObject, NotReadable
from postroom.store import Store

SIZES = [0, 5, (8 << 20) + 1, 17 << 20]
"""Empty, small, just more than one put of S3 takes, several parts."""
ODD = [
    "a b/c+d.pst",
    "project_p/pst/1/Müller & Söhne (2).pst",
    "100%/a%2Fb?x=1#y",
    "日本語/\U0001f4e7.pst",
    "'; DROP TABLE x; --/$(id)",
    "-rf/&amp;<b>",
    "a~b/{c}/[d]*",
]
HOSTILE = [
    *("", "/etc/passwd", "a/../../b", "..", "a//b", "a/./b", "a/", "./a", "a\\b", "a\0b", "a\nb"),
    *("a/.hidden", ".scratch/x", "x" * 241, "a/" * 600 + "b", "lone \ud800"),
]


def written(path: Path, size_bytes: int) -> bytes:
    """Write a file of so many bytes that are like no other's; return them."""
    content = os.urandom(size_bytes)
    path.write_bytes(content)
    return content


@pytest.mark.parametrize("size_bytes", SIZES)
def test_a_file_is_put_with_its_digest_and_stays_what_it_is(
    size_bytes: int, any_store: Store, tmp_path: Path
) -> None:
    """The store holds the same bytes and says their digest; the original is only read."""
    source = tmp_path / "a.pst"
    content = written(source, size_bytes)
    before = source.stat()
    stored = any_store.put_file(source, "project_p/pst/1/a.pst")
    after = source.stat()
    source.write_bytes(b"edited in place")
    assert stored.key == "project_p/pst/1/a.pst"
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert stored.size_bytes == any_store.size(stored.key) == size_bytes
    assert any_store.read_bytes(stored.key) == content
    assert (after.st_mtime_ns, after.st_mode, after.st_nlink) == (
        before.st_mtime_ns,
        before.st_mode,
        1,
    )


@pytest.mark.parametrize("size_bytes", SIZES)
def test_a_file_of_our_own_is_taken(size_bytes: int, any_store: Store) -> None:
    """The object is there and the file is not; its digest is taken from who wrote it."""
    with any_store.scratch() as scratch:
        content = written(scratch / "a", size_bytes)
        digest = hashlib.sha256(content).hexdigest()
        stored = any_store.take_file(scratch / "a", f"objects/{digest}", digest)
        assert not (scratch / "a").exists()
    assert (stored.size_bytes, stored.sha256) == (size_bytes, digest)
    assert any_store.read_bytes(f"objects/{digest}") == content


def test_bytes_are_put_and_replaced_whole(any_store: Store) -> None:
    """The last one to put an object wins, and nothing of another is left."""
    any_store.put_bytes("a/b", b"first and longer")
    any_store.put_bytes("a/b", b"second")
    assert any_store.read_bytes("a/b") == b"second"
    assert list(any_store.sizes("")) == [("a/b", 6)]
    assert any_store.exists("a/b")


READS: list[Callable[[Store, str], object]] = [
    lambda store, key: store.size(key),
    lambda store, key: store.read_bytes(key),
    lambda store, key: store.local(key).__enter__(),
    lambda store, key: store.open(key).__enter__(),
]


@pytest.mark.parametrize("read", READS)
def test_what_is_not_there_is_an_error_that_says_what_helps(
    read: Callable[[Store, str], object], any_store: Store
) -> None:
    """Absence is neither zero bytes nor a bug; an object that vanished is one that is not there."""
    for key in ("never/was", "gone"):
        any_store.put_bytes("gone", b"x")
        any_store.remove("gone")
        assert not any_store.exists(key)
        with pytest.raises(NoSuchObject) as caught:
            read(any_store, key)
        assert caught.value.where == key
        assert "postroom status" in caught.value.remedy
        assert caught.value.exit_code == 3


def test_a_source_that_is_not_there_leaves_nothing(any_store: Store, tmp_path: Path) -> None:
    """What cannot be read is named as such, and no object begins to be."""
    for put in (
        lambda: any_store.put_file(tmp_path / "none.pst", "a/b"),
        lambda: any_store.take_file(tmp_path / "none.pst", "a/b", "00" * 32),
    ):
        with pytest.raises(NotReadable, match="cannot be read"):
            put()
    assert list(any_store.keys("")) == []


def test_a_key_cannot_leave_the_store(any_store: Store, tmp_path: Path) -> None:
    """A key is a path inside the store, whatever somebody wrote into a database."""
    (tmp_path / "f").write_bytes(b"mail")
    for key in HOSTILE:
        refuse(key, any_store, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"mail"
    assert list(any_store.keys("")) == []


def refuse(key: str, any_store: Store, file: Path) -> None:
    uses: list[Callable[[], object]] = [lambda read=read: read(any_store, key) for read in READS]
    uses += [
        lambda: any_store.exists(key),
        lambda: any_store.put_file(file, key),
        lambda: any_store.take_file(file, key, "00" * 32),
        lambda: any_store.put_bytes(key, b"mail"),
        lambda: any_store.remove(key),
    ]
    for use in uses:
        with pytest.raises(WrongUsage, match="leave the object store"):
            use()


def test_any_name_that_is_a_key_comes_back_as_it_is(any_store: Store) -> None:
    """File names are people's: what a key holds is neither decoded nor interpreted."""
    for key in ODD:
        any_store.put_bytes(key, key.encode())
        assert any_store.size(key) == len(key.encode())
        with any_store.local(key) as path:
            assert path.read_bytes() == key.encode()
    assert sorted(any_store.keys("")) == sorted(ODD)


def test_a_prefix_is_a_folder_and_no_beginning(any_store: Store) -> None:
    """What begins alike lies elsewhere, and a prefix that holds nothing yields nothing."""
    for key in ("a/b/c", "a/bc", "a/b", "ab"):
        any_store.put_bytes(key if key != "a/b" else "a/x", b"1")
    assert sorted(any_store.keys("a/b")) == ["a/b/c"]
    assert sorted(any_store.keys("a")) == ["a/b/c", "a/bc", "a/x"]
    assert list(any_store.keys("b")) == list(any_store.keys("a/b/c")) == []


def test_an_object_is_read_as_a_local_file_and_piece_by_piece(any_store: Store) -> None:
    """Both ways give all of it, and none of it stays in scratch."""
    with any_store.scratch() as scratch:
        content = written(scratch / "a", 9 << 20)
        any_store.take_file(scratch / "a", "a/big.pst", hashlib.sha256(content).hexdigest())
    with any_store.local("a/big.pst") as path:
        assert path.name == "big.pst"
        assert path.read_bytes() == content
    with any_store.open("a/big.pst") as file:
        pieces = list(iter(lambda: file.read(1 << 20), b""))
    assert b"".join(pieces) == content
    assert len(pieces) >= 9
    if any_store.bucket != "local":
        assert not path.exists()
        assert list(path.parent.parent.iterdir()) == []


def outputs(folder: Path, many: int) -> set[str]:
    """Make a folder of outputs with so many objects; return their names."""
    names = {"emails.gz", "last.json", *(f"objects/{n:02x}/{n:04x}" for n in range(many))}
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return names


def test_a_folder_is_put_whole_beside_what_is_there(any_store: Store) -> None:
    """Every file arrives with its bytes; what lies there already stays."""
    any_store.put_bytes("out/1/objects/00/known", b"known")
    with any_store.scratch() as scratch:
        names = outputs(scratch, 40)
        any_store.put_folder(scratch, "out/1", last="last.json")
    found = {key.removeprefix("out/1/") for key in any_store.keys("out/1")}
    assert found == names | {"objects/00/known"}
    assert {any_store.read_bytes(f"out/1/{name}").decode() for name in names} == names


def test_a_folder_without_its_last_file_is_not_put_under_it(any_store: Store) -> None:
    """Who waits for the last file never sees it before the others."""
    with any_store.scratch() as scratch:
        outputs(scratch, 2)
        with pytest.raises(Problem) as caught:
            any_store.put_folder(scratch, "out/1", last="missing.json")
    assert caught.value.exit_code in (3, 6)
    assert not any_store.exists("out/1/missing.json")


def test_what_lies_below_a_prefix_is_cleared_but_for_what_is_kept(any_store: Store) -> None:
    """Twice is as good as once, and nothing beside the prefix is touched."""
    for key in ("p/1/manifest.json", "p/1/a", "p/1/objects/ab/x", "p/1/tasks/t/log", "p/12/a"):
        any_store.put_bytes(key, b"1")
    for _ in range(2):
        any_store.clear("p/1", first="manifest.json", keep=frozenset({"tasks"}))
        assert sorted(any_store.keys("p")) == ["p/1/tasks/t/log", "p/12/a"]
    any_store.clear("nothing/here", first="manifest.json")


def test_scratch_is_empty_and_gone_afterwards(any_store: Store) -> None:
    """Two at a time do not meet, and an error leaves nothing."""
    with any_store.scratch() as one, any_store.scratch() as two:
        assert one != two
        assert list(one.iterdir()) == list(two.iterdir()) == []
        (one / "a").write_bytes(b"x")
    assert list(one.parent.iterdir()) == []
    with pytest.raises(KeyError), any_store.scratch() as three:
        (three / "a").write_bytes(b"x")
        raise KeyError
    assert list(one.parent.iterdir()) == []
