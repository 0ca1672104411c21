"""The page about the plan, held against the models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cutline.plan.kind import Extension
from cutline.plan.model import Plan
from cutline.plan.shape import keys_of

PAGE = (Path(__file__).parents[4] / "docs" / "plan.md").read_text()
HEADINGS = {
    "Acceptance": "## acceptance",
    "Approve": "### approve",
    "Bake": "### bake",
    "CheckpointStep": "### checkpoint",
    "CommandProbe": "### command",
    "CommandSwitch": "### command (switch)",
    "Confirm": "### confirm",
    "Drained": "### drained",
    "Drill": "### drill",
    "EnvFile": "### env_file",
    "EnvRef": "### Values that name a variable",
    "Evidence": "### evidence",
    "Form": "### form",
    "Gate": "## gates",
    "Hours": "### hours",
    "Http": "### http",
    "HttpStep": "### http (step)",
    "HttpSwitch": "### http (switch)",
    "Input": "### inputs",
    "Isolation": "### isolation",
    "Kubernetes": "### kubernetes",
    "Log": "### log",
    "LogTime": "### time",
    "Nop": "### nop",
    "ParityProbe": "### parity",
    "ParityStep": "### parity (step)",
    "Person": "### people",
    "Plan": "## The file",
    "PostgresSwitch": "### postgres (switch)",
    "Probe": "## probes",
    "Prometheus": "### prometheus",
    "Rollback": "## rollback",
    "SealStep": "### seal",
    "Sql": "### sql",
    "Stage": "## stages",
    "Step": "## steps",
    "Switch": "## switch",
    "Trigger": "## triggers",
    "WaitFor": "### wait_for",
    "Watch": "### watch",
    "Window": "### window",
}


def models(kind: Any, found: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Every model that a plan may hold, by name."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind is not Extension and kind.__name__ not in found:
            found[kind.__name__] = kind
            for field in kind.model_fields.values():
                models(field.annotation, found)
    else:
        for inner in get_args(kind):
            models(inner, found)
    return found


MODELS = models(Plan, {})


def section(heading: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def test_every_part_has_its_section() -> None:
    """A new part of a plan is no secret of the code."""
    assert set(HEADINGS) == set(MODELS)


@pytest.mark.parametrize("name", sorted(HEADINGS))
def test_a_section_names_every_key_and_no_other(name: str) -> None:
    """The table of a part has a row for each key that it may have."""
    rows = re.findall(r"^\| `(\w+)` \|", section(HEADINGS[name]), re.MULTILINE)
    own = [field.alias or key for key, field in MODELS[name].model_fields.items()]
    assert sorted(rows) == sorted(key for key in own if key != "extension")
    assert set(rows) <= set(keys_of(MODELS[name]))
