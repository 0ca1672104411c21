"""A run on a terminal: nothing of it is cut without a word."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import plan_of

from cutline.run.fitted import Fitted
from cutline.run.status import view
from cutline.run.transitions import Phase

NAME = "the_gate_with_a_name_that_is_longer_than_a_column"
PATH = "/srv/imports/2026-11-21/a/path/without/any/space/that/goes/on/and/on/to/its/end.log"


def baking() -> Cutover:
    """A run that bakes under a gate with a long name, and is paused with a long word."""
    one = {"name": "one", "percent": 10, "bake": {"for": "9h"}, "gates": [NAME, "success"]}
    plan = plan_of([one])
    plan["gates"] = {**plan["gates"], NAME: {"check": "imports.stuck == 0 && imports.ok > -1"}}
    cutover = Cutover(plan)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 3}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    cutover.say("pause", note=f"look at {PATH}")
    cutover.tick(10)
    return cutover


def lines(cutover: Cutover, width: int, height: int) -> list[str]:
    """Render it on a terminal of that size."""
    file = StringIO()
    console = Console(file=file, width=width, height=height, force_terminal=True, color_system=None)
    shown = view(cutover.state, cutover.clock.now(), cutover.journal.entries())
    console.print(Fitted(shown, cutover.state.run))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_long_names_and_reasons_are_folded_and_never_cut() -> None:
    """On 50 columns every letter is there, and what to do comes before what there is to know."""
    shown = lines(baking(), 50, 200)
    assert all(len(line) <= 50 for line in shown)
    text = "".join(line.replace(" ", "") for line in shown)
    assert "…" not in text
    assert PATH in text
    columns = [line.partition(" ")[0] for line in shown]
    assert NAME in "".join(columns)
    command = next(n for n, line in enumerate(shown) if "cutline resume" in line)
    table = next(n for n, line in enumerate(shown) if line.startswith("   stage"))
    assert command < table


def test_what_does_not_fit_is_counted_and_said_where_to_read() -> None:
    """The lines are as many as there is room for; nothing scrolls."""
    cutover = baking()
    whole = lines(cutover, 60, 200)
    shown = lines(cutover, 60, 12)
    assert len(shown) == 11
    assert shown[:10] == whole[:10]
    assert shown[10] == f"{len(whole) - 10} more lines: cutline status test/1"
