"""The files that a plan names: what they say is a part of what it means."""

from __future__ import annotations

from cutline.plan.model import Plan

_Loc = tuple[str | int, ...]


def named_files(plan: Plan) -> list[tuple[_Loc, str]]:
    """Return the files that a plan names, with where it does: queries, and procedures of forms."""
    found: list[tuple[_Loc, str]] = []
    for name, probe in plan.probes.items():
        if probe.sql is not None and probe.sql.file is not None:
            found.append((("probes", name, "sql", "file"), probe.sql.file))
    for number, stage in enumerate(plan.stages):
        for at_step, step in enumerate(stage.steps):
            form = step.checkpoint.form if step.checkpoint else None
            if form is not None and form.procedure is not None:
                loc = ("stages", number, "steps", at_step, "checkpoint", "form", "procedure")
                found.append((loc, form.procedure))
    return found
