"""`cutline backtest`: run a plan's gates and triggers over the past, and say what they would do."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cutline.commands.given import input_options, pairs
from cutline.console import err, out, print_json
from cutline.errors import Exit, WrongUsage
from cutline.evidence.secrets import Redactor
from cutline.plan.duration import seconds, words
from cutline.plan.interpolate import named_inputs
from cutline.plan.load import Loaded, load
from cutline.rehearsal.backtest import Backtested, Baked, Said, Span, span_of, tick_of
from cutline.rehearsal.backtest import backtest as judged
from cutline.rehearsal.past_world import PastWorld
from cutline.run.asker import asker
from cutline.run.secret_values import secret_values
from cutline.run.site import Site


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--from", "since", required=True, help="-30d, or 2026-02-01T00:00Z.")
@click.option("--to", "until", default="", help="Likewise; now if it is left out.")
@click.option("--every", default="", help="How often to look; else as the plan judges gates.")
@click.option("--side", help="Ask for this side where the plan means v2: v1 was all there was.")
@input_options
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def backtest(  # noqa: PLR0913  # one parameter an option
    *,
    plan: Path,
    since: str,
    until: str,
    every: str,
    side: str | None,
    given_inputs: tuple[str, ...],
    inputs_files: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Judge PLAN over the past: 0 quiet, 1 a trigger or gate would act, 3 not all was measured."""
    loaded = load(plan, inputs=pairs(given_inputs), inputs_files=inputs_files)
    now = datetime.now(UTC)
    first = _instant(since, now, "--from")
    last = _instant(until, now, "--to") if until else now
    if first >= last:
        raise WrongUsage("the past ends before it begins", where=f"--from {since} --to {until}")
    step_s = _duration(every, "--every") if every else tick_of(loaded.plan)
    _known_side(loaded, side)
    found = _judged(loaded, span_of(first, last, step_s), side)
    print_json(_as_json(found)) if as_json else show(found)
    return int(_code(found))


def _judged(loaded: Loaded, span: Span, side: str | None) -> Backtested:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, console=err, transient=True) as progress,
    ):
        task = progress.add_task("asking the past", total=1.0)
        world = PastWorld(
            loaded.plan, asker(loaded.plan, _site(loaded, folder), loaded.files), side
        )
        return judged(loaded, world, span, lambda part: progress.update(task, completed=part))


def _site(loaded: Loaded, folder: str) -> Site:
    return Site(
        run=f"{loaded.plan.name}/backtest",
        base=loaded.path.parent.resolve(),
        folder=Path(folder),
        values={**named_inputs(loaded.inputs), "run.id": "backtest"},
        environ=os.environ,
        redactor=Redactor(secret_values(loaded.plan, loaded.inputs, os.environ)),
    )


def _instant(text: str, now: datetime, option: str) -> datetime:
    if text.startswith("-"):
        return now - timedelta(seconds=_duration(text[1:], option))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"{text!r} is no time", where=option, remedy=f"{option} -30d or 2026-02-01T00:00Z"
        ) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _duration(text: str, option: str) -> float:
    try:
        found = float(str(seconds(text)))
    except ValueError as error:
        raise WrongUsage(str(error), where=option) from None
    if found <= 0:
        raise WrongUsage("a span is longer than nothing", where=f"{option} {text}")
    return found


def _known_side(loaded: Loaded, side: str | None) -> None:
    sides = sorted({one for probe in loaded.plan.probes.values() for one in probe.sides})
    if side is not None and side not in sides:
        raise WrongUsage(
            f"no probe of the plan has a side {side!r}",
            where="--side",
            remedy=f"one of {', '.join(sides)}" if sides else "leave it out",
        )


def _code(found: Backtested) -> Exit:
    if found.is_bad:
        return Exit.BLOCKED
    if not found.measured or found.unmeasured or any(bake.blind for bake in found.bakes):
        return Exit.NOT_MEASURED
    return Exit.OK


def show(found: Backtested) -> None:
    """Print the bakes, the triggers, and what nobody looked at."""
    span = found.span
    out.print(f"{span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC", end=", ")
    looked = f"looked at every {words(span.every_s)}, {found.measured} readings"
    out.print(f"{looked} in {found.seconds:.1f} s", markup=False)
    if found.bakes:
        table = Table("bake", "for", "would take", "thin at marks", "failed", "blind")
        for bake in found.bakes:
            table.add_row(
                bake.stage,
                words(bake.for_s),
                _took(bake),
                *(_said(of, span) for of in (bake.thin, bake.failed, bake.blind)),
            )
        out.print(table)
    if found.fired:
        table = Table("would have fired", "until", "trigger", "severity", "does", "why")
        for one in found.fired:
            until = f"{one.until:%Y-%m-%d %H:%M}" if one.until else "the end"
            table.add_row(
                f"{one.at:%Y-%m-%d %H:%M}", until, one.trigger, one.severity, one.do, one.why
            )
        out.print(table)
    else:
        out.print("no trigger would have fired")
    for left in found.left:
        out.print(f"not backtested: {left.what}: {left.why}", markup=False)
    for blind in found.unmeasured:
        side = f" for {blind.side}" if blind.side else ""
        count = f"{blind.blind} of {blind.asked} times"
        out.print(f"not measured: {blind.probe}{side}, {count}: {blind.why}", markup=False)


def _took(bake: Baked) -> str:
    if bake.took_s is not None:
        return words(bake.took_s)
    return f"did not end; its clock stood at {words(bake.stood_s)}"


def _said(said: dict[str, Said] | object, span: Span) -> str:
    if not isinstance(said, dict):
        return ""
    return "\n".join(
        f"{name}: {words(one.count * span.every_s)}, first {one.first:%d %b %H:%M}; {one.why}"
        for name, one in said.items()
    )


def _as_json(found: Backtested) -> dict[str, object]:
    def gates(said: object) -> dict[str, object]:
        items = said.items() if isinstance(said, dict) else ()
        return {
            name: {"count": one.count, "first": one.first.isoformat(), "why": one.why}
            for name, one in items
        }

    return {
        "from": found.span.since.isoformat(),
        "to": found.span.until.isoformat(),
        "every_s": found.span.every_s,
        "measured": found.measured,
        "bakes": [
            {
                "stage": bake.stage,
                "for_s": bake.for_s,
                "took_s": bake.took_s,
                "stood_s": bake.stood_s,
                "thin": gates(bake.thin),
                "failed": gates(bake.failed),
                "blind": gates(bake.blind),
            }
            for bake in found.bakes
        ],
        "fired": [
            {
                "trigger": one.trigger,
                "do": one.do,
                "severity": one.severity,
                "at": one.at.isoformat(),
                "until": one.until.isoformat() if one.until else None,
                "why": one.why,
            }
            for one in found.fired
        ],
        "not_backtested": [{"what": one.what, "why": one.why} for one in found.left],
        "not_measured": [
            {"probe": one.probe, "side": one.side, "times": one.blind, "why": one.why}
            for one in found.unmeasured
        ],
        "exit_code": int(_code(found)),
    }
