"""Faults are read strictly: a typing error must not look like a healthy service."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.faults import Faults, WrongFaultError, read


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"fial": {}},
        {"fail": {"rat": 1}},
        {"fail": {"rate": "half"}},
        {"fail": {"message": 5}},
        {"fail": 0.5},
        {"no_processors": {"rate": 1}},
    ],
)
def test_a_fault_that_is_not_known_is_refused(document: object) -> None:
    """Kind, member and type."""
    with pytest.raises(WrongFaultError):
        read(document)


def test_a_fault_hits_the_same_imports_each_time_and_only_its_side() -> None:
    """By rate, by id, by side."""
    faults = read({"fail": {"rate": 0.3}, "slow": {"side": "both"}})
    hit = [n for n in range(1000) if faults.hits("fail", f"id-{n}", "v2")]
    assert 240 < len(hit) < 360
    assert hit == [n for n in range(1000) if faults.hits("fail", f"id-{n}", "v2")]
    assert not any(faults.hits("fail", f"id-{n}", "v1") for n in range(1000))
    assert faults.hits("slow", "id", "v1")
    assert not faults.hits("corrupt", "id", "v2")


def test_a_crash_is_taken_as_often_as_it_was_asked_for(tmp_path: Path) -> None:
    """A process that dies of it does not die of it for ever; other faults stay."""
    faults = Faults(tmp_path / "faults.json")
    faults.set({"crash": {"times": 2}, "fail": {"rate": 0.1}})
    assert [Faults(faults.path).take("crash") for _ in range(4)] == [True, True, False, False]
    assert set(Faults(faults.path).now().faults) == {"fail"}
