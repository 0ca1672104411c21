"""Five weeks rehearsed at a tick a minute: the runbook `import_api` with a longer last bake.

Everything of a real run is in it but the waiting: decisions, verdicts, the journal's entries, the
simulated work of 240 imports an hour that the probes measure.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from row import Row, best_of

from cutline.plan.load import Loaded, load
from cutline.rehearsal.load import load_scenario
from cutline.rehearsal.rehearse import Played, rehearse

RUNBOOK = Path(__file__).parents[1] / "runbooks" / "import_api"
WEEKS = 5
DAY_S = 86400.0


def rows(scale: float) -> list[Row]:
    """Return the measured seconds; `scale` 1.0 is five weeks, and less of it is scaled up."""
    days = max(2.0, WEEKS * 7 * scale)
    loaded = load(RUNBOOK / "plan.yaml")
    scenario, _ = load_scenario(RUNBOOK / "scenarios" / "healthy.yaml")
    scenario = scenario.model_copy(update={"until_s": days * DAY_S, "expect": None})
    longer = _longer(loaded)
    played: list[Played] = []
    seconds = best_of(3, lambda: played.append(rehearse(longer, scenario)))
    ticks = round(days * DAY_S / loaded.plan.watch.every_s)
    if played[0].ticks != ticks:
        raise AssertionError(f"{played[0].ticks} ticks, not {ticks}")
    whole = seconds * WEEKS * 7 / days
    return [Row("rehearsal of five weeks, a tick a minute", "", whole, None, at_most=5.0)]


def _longer(loaded: Loaded) -> Loaded:
    """Let the last bake take so long that the run is not over before."""
    stages = list(loaded.plan.stages)
    last = max(number for number, stage in enumerate(stages) if stage.bake is not None)
    bake = stages[last].bake
    assert bake is not None
    bake = bake.model_copy(update={"for_s": WEEKS * 7 * DAY_S})
    stages[last] = stages[last].model_copy(update={"bake": bake})
    plan = loaded.plan.model_copy(update={"stages": tuple(stages)})
    return dataclasses.replace(loaded, plan=plan)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is five weeks")
    for one in rows(parser.parse_args().scale):
        print(f"{one.claim}: {one.ours:.2f} s")
