"""The map of the seeds stays true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d{3}\.\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`([\w/.-]+\.(?:py|rs))::(\w+)`")
ROWS = ROW.findall((ROOT / "docs/seeds.md").read_text())


@pytest.mark.parametrize(("number", "state"), [(row[0], row[2]) for row in ROWS])
def test_every_requirement_has_a_state_that_holds(number: str, state: str) -> None:
    """A row is planned, a deviation with its reason, or names tests that exist."""
    if state == "planned":
        return
    if state.startswith("deviation: "):
        assert len(state) > len("deviation: ") + 20, f"{number}: the reason is missing"
        return
    named = TEST.findall(state)
    assert named, f"{number}: neither planned, nor a deviation, nor a test"
    for path, name in named:
        source = ROOT / path
        assert source.exists(), f"{number}: {path} is not there"
        assert re.search(rf"\b(def|fn) {name}\b", source.read_text()), f"{number}: no {name}"


def test_the_numbers_of_the_requirements_have_no_gaps() -> None:
    """Each seed's rows are numbered from 1, so a row cannot vanish unseen."""
    for seed in ("000", "001", "002", "003", "004"):
        numbers = [int(row[0].split(".")[1]) for row in ROWS if row[0].startswith(seed)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers


def test_a_release_has_nothing_planned() -> None:
    """Once the changelog has a 1.0, no row may say planned."""
    released = re.search(r"^## \[1\.0", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    planned = [row[0] for row in ROWS if row[2] == "planned"]
    assert not (released and planned)
