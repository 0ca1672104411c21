"""Stages: their order, their bakes, the gates they name, and the point of no return."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from cutline.plan.document import Loc
from cutline.plan.duration import words
from cutline.plan.fault import Fault, nearest
from cutline.plan.model import Plan
from cutline.plan.source import Source
from cutline.plan.stage import Bake, Stage

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


def check_stages(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with the stages, alone and in their order."""
    yield from _order(plan, source)
    for number, stage in enumerate(plan.stages):
        loc = ("stages", number)
        if not NAME.fullmatch(stage.name):
            what = "the name of a stage is letters, digits, blanks and . _ -, 64 at most"
            yield source.fault((*loc, "name"), what)
        yield from _gates(plan, stage, number, source)
        if stage.bake is not None:
            yield from _bake(stage.bake, plan.watch.every_s, (*loc, "bake"), source)
        elif stage.percent:
            what = f"raises traffic to {stage.percent} % and does not bake: nothing must hold"
            yield source.warning((*loc, "percent"), what)
        if stage.percent is not None and plan.switch.kind == "nop":
            what = "the switch `nop` shifts no traffic: name a switch, or leave `percent` out"
            yield source.at_key((*loc, "percent"), what)
    yield from _checkpoint_names(plan, source)
    yield from _no_return(plan, source)
    yield from _window(plan, source)


def _order(plan: Plan, source: Source) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    highest: tuple[int, str] | None = None
    for number, stage in enumerate(plan.stages):
        loc = ("stages", number)
        if stage.name in seen:
            first = source.spot(("stages", seen[stage.name], "name")).value.line
            what = f"two stages are called `{stage.name}`, first in line {first}"
            yield source.fault((*loc, "name"), what)
        seen.setdefault(stage.name, number)
        if stage.percent is None:
            continue
        if highest is not None and stage.percent < highest[0]:
            what = f"percentages never fall: `{highest[1]}` before it has {highest[0]} %"
            yield source.fault((*loc, "percent"), what)
        else:
            highest = stage.percent, stage.name


def _gates(plan: Plan, stage: Stage, number: int, source: Source) -> Iterator[Fault]:
    before = {one.name for one in plan.stages[:number]}
    all_stages = {one.name for one in plan.stages}
    for place, (name, count) in enumerate(_counted(stage.gates)):
        loc = ("stages", number, "gates", place)
        if count > 1:
            yield source.fault(loc, f"`{name}` is named twice in this stage")
        elif name not in plan.gates:
            yield source.fault(loc, f"unknown gate `{name}`", nearest(name, plan.gates))
        else:
            than = plan.gates[name].than
            if than in all_stages and than not in before and not _is_side(plan, name):
                what = f"`{name}` compares with the stage `{than}`, which has not ended here"
                yield source.fault(loc, what)


def _counted(names: tuple[str, ...]) -> list[tuple[str, int]]:
    """Return each name with how often it stood until there."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append((name, seen[name]))
    return found


def _is_side(plan: Plan, gate: str) -> bool:
    return any(plan.gates[gate].than in probe.sides for probe in plan.probes.values())


def _bake(bake: Bake, tick_s: float, loc: Loc, source: Source) -> Iterator[Fault]:
    whole = words(bake.for_s)
    if isinstance(bake.marks, tuple):
        for number, mark in enumerate(bake.marks):
            here = (*loc, "marks", number)
            if mark > bake.for_s:
                what = f"a bake shorter than its marks: {words(mark)} lies after {whole}"
                yield source.fault(here, what)
            elif mark == 0:
                yield source.fault(here, "a mark at 0 comes before anything was measured")
    elif not any(mark < bake.for_s for mark in bake.marks_s) and bake.marks.split()[-1:]:
        what = f"`{bake.marks}` gives no mark within the bake of {whole} but its end"
        yield source.warning((*loc, "marks"), what)
    if bake.every_s > bake.for_s:
        what = f"the bake of {whole} ends before the first instant"
        yield source.fault((*loc, "every"), what)
    if bake.gap_s < bake.every_s:
        what = f"`max_gap` is shorter than `every` ({words(bake.every_s)}): no distance ever counts"
        yield source.fault((*loc, "max_gap"), what)
    elif bake.gap_s < tick_s:
        what = f"`max_gap` is shorter than a tick ({words(tick_s)}): this bake never ends"
        key = "every" if bake.max_gap_s is None else "max_gap"
        yield source.fault((*loc, key), what)
    if bake.deadline_s is not None and bake.deadline_s <= bake.for_s:
        yield source.fault((*loc, "deadline"), f"the deadline passes before the bake of {whole}")


def _checkpoint_names(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield checkpoints that `cutline approve RUN NAME` could not tell apart."""
    seen: dict[str, str] = {}
    found: list[tuple[str, str, Loc]] = [
        (name, "the gate", ("gates", name)) for name, gate in plan.gates.items() if gate.attest
    ]
    for number, stage in enumerate(plan.stages):
        if stage.approve is not None:
            found.append((stage.name, "the approval of stage", ("stages", number, "name")))
        for at_step, step in enumerate(stage.steps):
            if step.checkpoint is not None:
                found.append((step.name, "the step", ("stages", number, "steps", at_step, "name")))
    for name, kind, loc in found:
        if name in seen:
            what = f"two checkpoints are called `{name}`: {seen[name]} and {kind} of that name"
            yield source.fault(loc, what)
        seen.setdefault(name, kind)


def _no_return(plan: Plan, source: Source) -> Iterator[Fault]:
    is_past = False
    for number, stage in enumerate(plan.stages):
        loc = ("stages", number)
        if is_past and stage.on_fail == "rollback":
            what = "past the point of no return nothing rolls back: hold or extend"
            yield source.fault((*loc, "on_fail"), what)
        asked = stage.approve is not None
        for at_step, step in enumerate(stage.steps):
            here = (*loc, "steps", at_step)
            asked = asked or step.checkpoint is not None
            if step.no_return and not asked:
                what = "a step of no return needs people before it: `approve`, or a checkpoint step"
                yield source.at_key((*here, "no_return"), what)
            if step.no_return and step.undo:
                yield source.at_key((*here, "undo"), "a step of no return has no `undo`")
            if step.restore is not None and not step.no_return:
                yield source.at_key((*here, "restore"), "`restore` belongs to a step of no return")
        if stage.has_no_return and stage.approve and stage.approve.identity == "claimed":
            what = "before a step of no return anybody could claim to be somebody: use ssh"
            yield source.warning((*loc, "approve", "identity"), what)
        is_past = is_past or stage.has_no_return


def _window(plan: Plan, source: Source) -> Iterator[Fault]:
    close_s = None
    if plan.window is not None and plan.window.close is not None:
        if not isinstance(plan.window.t0, datetime):
            what = "a window that opens some time after the start closes at no instant"
            yield source.fault(("window", "close"), what)
            return
        close_s = (plan.window.close - plan.window.t0).total_seconds()
        if close_s <= 0:
            yield source.fault(("window", "close"), "the window closes before it opens")
    latest: float | None = None
    for number, stage in enumerate(plan.stages):
        loc: Loc = ("stages", number, "at")
        if stage.at is None:
            continue
        if plan.window is None:
            yield source.fault(loc, f"`at: {stage.at}` needs `window: {{t0: …}}`")
        elif close_s is not None and stage.offset_s > close_s:
            yield source.fault(loc, f"`at: {stage.at}` lies after the window has closed")
        elif latest is not None and stage.offset_s < latest:
            yield source.fault(loc, f"`at: {stage.at}` lies before that of an earlier stage")
        latest = stage.offset_s
