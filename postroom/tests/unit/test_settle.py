"""Which file the registry speaks of."""

from __future__ import annotations

import pytest

from postroom.archive.fence import Fence
from postroom.archive.placement import Owner, Placement
from postroom.archive.settle import standing


@pytest.mark.parametrize(
    ("is_open", "epoch", "owner", "registry", "expected"),
    [
        (True, 5, "sqlite", 5, "current"),
        (False, 4, "sqlite", 5, "behind"),  # given back, or undone; its fence is still to open
        (True, 3, "sqlite", 5, "behind"),  # its freeze was undone before the fence was closed
        (True, 4, "sqlite", 5, "old"),
        (False, 2, "sqlite", 5, "old"),  # from the bake: what was carried later is not in it
        (True, 1, "sqlite", 5, "old"),
        (False, 5, "sqlite", 5, "old"),
        (True, 6, "sqlite", 5, "ahead"),
        (False, 6, "sqlite", 5, "ahead"),
        (False, 2, "freezing", 2, "current"),
        (True, 1, "freezing", 2, "current"),
        (True, 1, "freezing", 4, "old"),
        (False, 3, "freezing", 2, "ahead"),
    ],
)
def test_only_the_file_of_the_last_change_is_the_source(
    *, is_open: bool, epoch: int, owner: Owner, registry: int, expected: str
) -> None:
    """A file may be behind the registry by the change in progress and by nothing else."""
    assert standing(Fence(is_open, epoch), Placement(owner, registry)) == expected


def test_a_file_without_a_fence_never_met_postgresql() -> None:
    """Once the source was frozen its file has a fence: one without is of the time before."""
    assert standing(None, None) == "current"
    assert standing(None, Placement("sqlite", 1)) == "current"
    assert standing(None, Placement("sqlite", 3)) == "old"
    assert standing(None, Placement("freezing", 2)) == "old"
    assert standing(Fence(is_open=True, epoch=1), None) == "ahead"
