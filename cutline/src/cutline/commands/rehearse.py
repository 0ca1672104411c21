"""`cutline rehearse`: play scenarios against a plan, and say what came of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from cutline.commands.given import input_options, pairs
from cutline.console import err, out, print_json
from cutline.errors import CannotMeasure, CannotWrite, WrongUsage
from cutline.plan.load import Loaded, load
from cutline.rehearsal.check import check_scenario
from cutline.rehearsal.load import ScenarioRefused, load_scenario, scenarios_of
from cutline.rehearsal.plot import svg
from cutline.rehearsal.rehearse import Played
from cutline.rehearsal.rehearse import rehearse as play
from cutline.rehearsal.scenario import Scenario
from cutline.run.story import said_of


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="A scenario, or a folder of them; may be given more than once.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the timeline as SVG; with one scenario only.",
)
@input_options
@click.option("-v", "--verbose", is_flag=True, help="Tell the story of each play.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of each as JSON.")
def rehearse(
    *,
    plan: Path,
    scenarios: tuple[Path, ...],
    plot: Path | None,
    given_inputs: tuple[str, ...],
    inputs_files: tuple[Path, ...],
    verbose: bool,
    as_json: bool,
) -> int:
    """Play PLAN through scenarios: 0 as expected, 1 not; without `expect` what a run would say."""
    loaded = load(plan, inputs=pairs(given_inputs), inputs_files=inputs_files, may_miss=True)
    paths = [path for given in scenarios for path in scenarios_of(given)]
    if not paths:
        raise CannotMeasure("there is no scenario", where=", ".join(map(str, scenarios)))
    if plot is not None and len(paths) > 1:
        raise WrongUsage("a timeline is drawn of one play", where=f"--plot {plot}")
    read = [(path, _read(path, loaded)) for path in paths]
    played = _played(loaded, read)
    if plot is not None:
        _draw(plot, played[0][1], f"{loaded.plan.name}: {read[0][1].about}")
    if as_json:
        print_json([_as_json(path, one) for path, one in played])
    else:
        show(played, is_verbose=verbose)
    return max(int(one.exit_code) for _, one in played)


def _read(path: Path, loaded: Loaded) -> Scenario:
    scenario, source = load_scenario(path)
    faults = check_scenario(scenario, loaded, source)
    if faults:
        raise ScenarioRefused(str(path), faults)
    return scenario


def _played(loaded: Loaded, read: Sequence[tuple[Path, Scenario]]) -> list[tuple[Path, Played]]:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    found = []
    with Progress(*columns, console=err, transient=True) as progress:
        for path, scenario in read:
            task = progress.add_task(path.stem, total=1.0)
            found.append((path, play(loaded, scenario, _shown(progress, task))))
            progress.update(task, completed=1.0)
    return found


def _shown(progress: Progress, task: TaskID) -> Callable[[float], None]:
    return lambda part: progress.update(task, completed=part)


def _draw(path: Path, played: Played, title: str) -> None:
    try:
        path.write_text(svg(played.entries, title))
    except OSError as error:
        raise CannotWrite(
            "the timeline cannot be written", where=str(path), why=error.strerror or str(error)
        ) from error
    err.print(f"timeline: {path}", markup=False)


def show(played: Sequence[tuple[Path, Played]], *, is_verbose: bool) -> None:
    """Print the stories if they are wanted, and a row for each play."""
    table = Table("scenario", "outcome", "stage", "when", "expected", "ticks", "took")
    for path, one in played:
        if is_verbose:
            out.print(f"[bold]{path.stem}[/]  {one.scenario.about}")
            for entry in one.entries:
                if said := said_of(entry):
                    out.print(f"  {entry.at[:16].replace('T', ' ')}  {said}", markup=False)
        table.add_row(
            path.stem,
            one.came.outcome,
            one.came.stage,
            f"{one.came.at:%Y-%m-%d %H:%M}",
            _met(one),
            f"{one.ticks}",
            f"{one.seconds:.1f} s",
        )
    out.print(table)
    for path, one in played:
        for wrong in one.unmet or ():
            out.print(f"{path.stem}: {wrong}", markup=False)


def _met(one: Played) -> str:
    if one.unmet is None:
        return "nothing"
    return "[red]no[/]" if one.unmet else "[green]yes[/]"


def _as_json(path: Path, one: Played) -> dict[str, object]:
    return {
        "scenario": str(path),
        "about": one.scenario.about,
        "outcome": one.came.outcome,
        "stage": one.came.stage,
        "at": one.came.at.isoformat(),
        "until": one.until.isoformat(),
        "expected": one.scenario.expect is not None,
        "unmet": list(one.unmet or ()),
        "ticks": one.ticks,
        "seconds": round(one.seconds, 3),
        "exit_code": int(one.exit_code),
        "notices": [
            {"event": told.event, "stage": told.stage, "reason": told.reason}
            for told in one.notices
        ],
        "story": [
            {"at": entry.at, "says": said} for entry in one.entries if (said := said_of(entry))
        ],
    }


__all__ = ["rehearse", "show"]
