"""A put that is killed leaves no object, and what it left does not stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import killed_put

from postroom.store import FolderStore, Store
from postroom.store.scratch import scratch_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of which one takes several parts, and the file that is put last."""
    made = tmp_path / "outputs"
    made.mkdir()
    (made / "big").write_bytes(os.urandom(20 << 20))
    (made / "last").write_bytes(b"last")
    (made / "other").write_bytes(b"other")
    return made


def kill(kind: str, store: Store, file: Path) -> None:
    command = [sys.executable, "-m", killed_put.__name__, kind, store.url, str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def test_a_killed_put_leaves_no_object(any_store: Store, folder: Path) -> None:
    """A key has a whole object or none; the next put of the same file is as if nothing was."""
    kill("file", any_store, folder / "big")
    assert not any_store.exists("a/b")
    assert list(any_store.keys("")) == []
    any_store.put_file(folder / "big", "a/b")
    assert any_store.read_bytes("a/b") == (folder / "big").read_bytes()
    assert list(any_store.keys("")) == ["a/b"]


def test_a_killed_put_of_a_folder_leaves_it_without_its_last_file(
    any_store: Store, folder: Path
) -> None:
    """So nobody takes it for whole; the scratch of the dead goes with the next one's."""
    kill("folder", any_store, folder / "big")
    assert not any_store.exists("a/last")
    is_folder = isinstance(any_store, FolderStore)
    root = any_store.root / ".scratch" if is_folder else folder.parent / "home" / "scratch"
    assert len(list(root.iterdir())) == 2
    with scratch_folder(root) as mine:
        assert {path.name for path in root.iterdir()} == {mine.name, f"{mine.name}.lock"}
