"""Every scenario of every runbook comes to what it expects: the plans' unit tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from cutline.plan.load import Loaded, load
from cutline.rehearsal.check import check_scenario
from cutline.rehearsal.load import load_scenario, scenarios_of
from cutline.rehearsal.rehearse import rehearse

HERE = Path(__file__).parents[1]
SCENARIOS = [path for folder in HERE.glob("*/scenarios") for path in scenarios_of(folder)]


@cache
def plan_of(runbook: Path) -> Loaded:
    return load(runbook / "plan.yaml")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_the_plan_does_what_the_scenario_expects(path: Path) -> None:
    """Outcome, time and story, with the decisions of a real run."""
    plan = plan_of(path.parents[1])
    scenario, source = load_scenario(path)
    assert check_scenario(scenario, plan, source) == []
    assert scenario.expect is not None
    assert rehearse(plan, scenario).unmet == ()
