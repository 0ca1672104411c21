"""Steps: names that are keys, files of evidence, and what comes last."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.model import Plan
from cutline.plan.rules.stage import NAME
from cutline.plan.source import Source
from cutline.plan.step import Step

_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_steps(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield what is wrong with the steps of all stages."""
    names: dict[str, Loc] = {}
    files: dict[str, Loc] = {}
    last = ("stages", len(plan.stages) - 1, "steps", len(plan.stages[-1].steps) - 1)
    for loc, step in all_steps(plan):
        if not NAME.fullmatch(step.name):
            what = "the name of a step is letters, digits, blanks and . _ -, 64 at most"
            yield source.fault((*loc, "name"), what)
        if step.name in names:
            first = source.spot((*names[step.name], "name")).value.line
            what = f"two steps are called `{step.name}`, first in line {first}: names are keys"
            yield source.fault((*loc, "name"), what)
        names.setdefault(step.name, loc)
        if step.evidence is not None:
            yield from _evidence(step, step.evidence, (*loc, "evidence"), files, source)
        if step.seal is not None and loc != last:
            yield source.at_key((*loc, "seal"), "a `seal` is the last step of the last stage")
        yield from _form(step, loc, source)
        yield from _coherence(step, loc, source)


def check_acceptance(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield lines of the acceptance that name a step or a stage that there is none of."""
    known = {
        "steps": [step.name for _, step in all_steps(plan)],
        "stages": [stage.name for stage in plan.stages],
    }
    for number, line in enumerate(plan.acceptance):
        loc: Loc = ("acceptance", number)
        for key, names in known.items():
            for at_name, name in enumerate(getattr(line, key)):
                if name not in names:
                    what = f"`{name}` is none of the {key}"
                    yield source.fault((*loc, key, at_name), what, nearest(name, names))
        if not (line.steps or line.stages or line.no_secrets):
            yield source.fault(loc, "a line of the acceptance that asks for nothing is always true")


def all_steps(plan: Plan) -> Iterator[tuple[Loc, Step]]:
    """Yield every step with its path."""
    for number, stage in enumerate(plan.stages):
        for at_step, step in enumerate(stage.steps):
            yield ("stages", number, "steps", at_step), step


def _evidence(
    step: Step, name: str, loc: Loc, files: dict[str, Loc], source: Source
) -> Iterator[Fault]:
    """Refuse what is no plain name, and a file of two stages or of a form and something else.

    Steps of one stage may share a file: each is a part of it, in their order.
    """
    if not _FILE.fullmatch(name):
        what = "a file of evidence has a plain name such as 30_rc_gates.txt: no folders"
        yield source.fault(loc, what)
    if name in files and (step.checkpoint is not None or files[name][:2] != loc[:2]):
        first = source.spot(files[name]).value.line
        yield source.fault(loc, f"`{name}` is written by two steps, first in line {first}")
    files.setdefault(name, loc)


def _form(step: Step, loc: Loc, source: Source) -> Iterator[Fault]:
    form = step.checkpoint.form if step.checkpoint else None
    if form is None:
        return
    here = (*loc, "checkpoint", "form")
    if not form.boxes and not form.fields:
        yield source.at_key(here, "a form asks something: `boxes`, `fields` or both")
    for key in ("boxes", "fields"):
        lines = getattr(form, key)
        for number, line in enumerate(lines):
            if line in lines[:number]:
                yield source.fault((*here, key, number), f"`{line}` stands twice in the form")
            elif not line.strip() or "\n" in line:
                yield source.fault((*here, key, number), "a line of a form is one line of text")


def _coherence(step: Step, loc: Loc, source: Source) -> Iterator[Fault]:
    if step.kind in {"checkpoint", "wait_for", "seal"}:
        for key in ("undo", "done", "cwd", "env"):
            if getattr(step, key):
                what = f"`{key}` means nothing for a `{step.kind}` step"
                yield source.at_key((*loc, key), what)
    if step.isolation is not None and not any(step.isolation.forbid.values()):
        what = "an isolation that forbids nothing proves nothing"
        yield source.at_key((*loc, "isolation", "forbid"), what)
