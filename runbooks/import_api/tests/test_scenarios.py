"""Every scenario of the runbook comes to what it expects: the plan's unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.plan.load import Loaded, load
from cutline.rehearsal.check import check_scenario
from cutline.rehearsal.load import load_scenario, scenarios_of
from cutline.rehearsal.rehearse import rehearse

HERE = Path(__file__).parents[1]
SCENARIOS = scenarios_of(HERE / "scenarios")


@pytest.fixture(scope="module")
def plan() -> Loaded:
    return load(HERE / "plan.yaml")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_plan_does_what_the_scenario_expects(plan: Loaded, path: Path) -> None:
    """Outcome, time and story, with the decisions of a real run."""
    scenario, source = load_scenario(path)
    assert check_scenario(scenario, plan, source) == []
    assert scenario.expect is not None
    assert rehearse(plan, scenario).unmet == ()
