"""A job that would run out of room does not begin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from postroom.aws.room import require_room
from postroom.errors import DiskRefused


def test_a_job_needs_two_and_a_half_times_the_pst(tmp_path: Path) -> None:
    """A PST of which 2.5 times do not fit is refused with both figures, before it is fetched."""
    free = shutil.disk_usage(tmp_path).free
    require_room(tmp_path / "scratch", free // 5)
    with pytest.raises(DiskRefused, match="did not begin") as refused:
        require_room(tmp_path / "scratch", int(free / 2.4))
    assert "2.5 times the PST" in refused.value.why


def test_a_scratch_folder_that_cannot_be_is_no_room(tmp_path: Path) -> None:
    """A file in its place is said as such."""
    (tmp_path / "scratch").write_text("")
    with pytest.raises(DiskRefused, match="cannot be told"):
        require_room(tmp_path / "scratch", 1)
