"""A step run in the process of the test, with all that it said and kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutline.evidence.secrets import Redactor
from cutline.plan.interpolate import Given, named_inputs
from cutline.plan.model import Plan
from cutline.plan.secret import Secret
from cutline.run.asker import asker
from cutline.run.capture import Capture
from cutline.run.measure import Measure
from cutline.run.sealable import sealable
from cutline.run.site import Site
from cutline.run.world import Outcome
from cutline.steps import Context, run_step
from tests_support.real_runs import RUN, plan


@dataclass
class Ran:
    """What became of a step."""

    outcome: Outcome
    printed: str
    kept: Mapping[str, bytes] = field(default_factory=dict)


def ran(
    folder: Path, step: Mapping[str, Any], given: Mapping[str, Any] | None = None, /, **more: Any
) -> Ran:
    """Run one step of a plan in `folder`, `given` its inputs; `more` are keys of the plan."""
    of = plan(step, **more)
    kept: dict[str, bytes] = {}
    with _captured(folder) as printed:
        context = _context(of, folder, printed, kept, given or {})
        outcome = run_step(of.stages[0].steps[0], context)
    return Ran(outcome, (folder / "printed").read_text(), kept)


@contextmanager
def _captured(folder: Path) -> Iterator[Capture]:
    printed = Capture(folder / "printed", Redactor())
    try:
        yield printed
    finally:
        printed.close()


def _context(
    of: Plan,
    folder: Path,
    printed: Capture,
    kept: dict[str, bytes],
    inputs: Mapping[str, str | int | float | bool | Secret],
) -> Context:
    values: dict[str, Given] = {**named_inputs(inputs), "run.id": RUN}
    site = Site(RUN, folder, folder / "run", values, os.environ)
    statics = {name: value for name, value in values.items() if not isinstance(value, Secret)}
    step = of.stages[0].steps[0]
    return Context(
        site=site,
        stage="one",
        key="one/it",
        printed=printed,
        keep=kept.__setitem__,
        holds=Measure(of, statics, asker(of, site, {}).ask).holds,
        seal=lambda _config: sealable(of, site),
        cwd=step.cwd,
        declared=step.env,
    )
