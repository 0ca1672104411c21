"""The brief of a checkpoint: what people see before they decide, and what their yes binds to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cutline.run.state import State

_DECIDES_NOTHING = {"message", "basis", "proposal"}


def brief_of(state: State, asked: Mapping[str, Any]) -> bytes:
    """Return a brief as JSON, the same bytes for the same facts (rule 10).

    `asked` are the members of CHECKPOINT_OPENED but the brief itself.
    """
    stage = state.stage
    brief = {
        **{key: value for key, value in asked.items() if key not in _DECIDES_NOTHING},
        "run": state.run,
        "plan": {"name": state.plan.name, "digest": state.plan_digest},
        "percent": {
            "now": state.traffic.percent,
            "then": stage.percent if stage is not None else None,
        },
        "marks": [
            {
                "stage": one.stage,
                "mark_s": one.mark_s,
                "at": one.at.isoformat(),
                "verdicts": {name: dict(said) for name, said in one.verdicts.items()},
            }
            for one in state.marks
        ],
        "gates": {
            name: {"verdict": seen.verdict.value, "why": seen.why, "at": seen.at.isoformat()}
            for name, seen in state.gates.items()
        },
        "deviations": [
            {"what": one.what, "why": one.why, "at": one.at.isoformat()} for one in state.deviations
        ],
        "overrides": [
            {"what": one.what, "name": one.name, "until": one.until.isoformat()}
            for one in state.overrides
        ],
    }
    proposal = asked.get("proposal")
    if proposal is not None:
        brief["proposal"] = {
            key: value
            for key, value in proposal["data"].items()
            if key in {"reason", "difference", "restarts", "what", "name", "until"}
        }
        plan = proposal["data"].get("plan")
        if plan is not None:
            brief["proposal"]["plan"] = plan["digest"]
    return json.dumps(brief, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"
