"""The line of a file that is a switch, and everything around it that stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cutline.switches import SwitchUnreadable
from cutline.switches.env_file import EnvFileSwitch

LINES = {
    "plain": ("P=10\n", "P=50\n"),
    "quoted": ('P="10"\n', 'P="50"\n'),
    "single quotes": ("P='10'\n", "P='50'\n"),
    "export": ("export P=10\n", "export P=50\n"),
    "blanks": ("  P = 10  \n", "  P = 50  \n"),
    "comment behind": ("P=10 # set by the run\n", "P=50 # set by the run\n"),
    "windows": ("A=1\r\nP=10\r\nB=2\r\n", "A=1\r\nP=50\r\nB=2\r\n"),
    "no last newline": ("A=1\nP=10", "A=1\nP=50"),
    "others": ("# P=1\nPP=2\nXP=3\nP=10\nP_=4\n", "# P=1\nPP=2\nXP=3\nP=50\nP_=4\n"),
    "twice the same": ("P=10\nP=10\n", "P=50\nP=50\n"),
    "empty": ("P=\n", "P=50\n"),
    "missing": ("A=1\n", "A=1\nP=50\n"),
    "missing, no last newline": ("A=1", "A=1\nP=50\n"),
    "missing, windows": ("A=1\r\n", "A=1\r\nP=50\r\n"),
    "empty file": ("", "P=50\n"),
}
UNREADABLE = {
    "missing": "A=1\n",
    "in a comment alone": "# P=10\n",
    "empty": "P=\n",
    "not whole": "P=10.5\n",
    "with a sign": "P=10%\n",
    "negative": "P=-1\n",
    "over 100": "P=101\n",
    "words": "P=ten\n",
    "digits of another script": "P=१०\n",
    "twice, not the same": "P=10\nP=50\n",
}


def switch(tmp_path: Path, content: str) -> EnvFileSwitch:
    path = tmp_path / ".env"
    path.write_bytes(content.encode())
    return EnvFileSwitch(path, "P")


@pytest.mark.parametrize("name", LINES)
def test_one_value_changes_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Every other byte of the file stays."""
    before, after = LINES[name]
    one = switch(tmp_path, before)
    one.set(50)
    assert one.path.read_bytes() == after.encode()
    assert one.read() == 50


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_percent_is_not_0(name: str, tmp_path: Path) -> None:
    """An application may have a default of its own: not set is not off."""
    with pytest.raises(SwitchUnreadable):
        switch(tmp_path, UNREADABLE[name]).read()


def test_a_file_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    """A wrong path must not look like a switch that works."""
    one = EnvFileSwitch(tmp_path / "none", "P")
    with pytest.raises(SwitchUnreadable):
        one.set(0)
    assert not one.path.exists()


def test_mode_and_link_stay(tmp_path: Path) -> None:
    """The file behind a link is changed, with the rights that it had."""
    one = switch(tmp_path, "P=1\n")
    one.path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(one.path)
    EnvFileSwitch(link, "P").set(7)
    assert link.is_symlink()
    assert one.read() == 7
    assert one.path.stat().st_mode & 0o777 == 0o640


def test_bytes_that_are_no_utf_8_stay(tmp_path: Path) -> None:
    """The file is other people's."""
    one = switch(tmp_path, "")
    one.path.write_bytes(b"NAME=\xff\xfe\nP=3\n")
    one.set(4)
    assert one.path.read_bytes() == b"NAME=\xff\xfe\nP=4\n"


def test_the_same_percent_again_writes_nothing(tmp_path: Path) -> None:
    """Not even the time of the file changes."""
    one = switch(tmp_path, "P=4\n")
    os.utime(one.path, ns=(5, 5))
    one.set(4)
    assert one.path.stat().st_mtime_ns == 5
