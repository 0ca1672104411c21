"""A step that compares v2's output with v1's by a suite; NO-GO fails it."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from cutline.errors import WrongUsage
from cutline.parity import Options, Pair, Report, SetReport, Side, find, judge, judge_pairs
from cutline.parity.pairs import load_pairs
from cutline.parity.terminal import show, show_set
from cutline.plan.step import ParityStep, Step
from cutline.run.world import Outcome
from cutline.steps.context import Context

REPORT = "parity.json"


def run(step: Step, context: Context) -> Outcome:
    """Compare; 0 for GO, 1 for NO-GO, 3 for NOT PROVEN and for what could not be compared.

    The report is kept as `parity.json`, without values.
    """
    config: ParityStep = step.config
    report = _report(config, context)
    text = io.StringIO()
    console = Console(file=text, width=100, color_system=None)
    if isinstance(report, SetReport):
        show_set(report, console)
    else:
        show(report, console)
    context.say(text.getvalue().rstrip())
    written = json.dumps(report.as_json(), indent=1, ensure_ascii=False, default=str)
    context.keep(REPORT, written.encode())
    why = "" if report.exit_code == 0 else f"{config.suite}: {report.verdict}"
    return Outcome(int(report.exit_code), why)


def _report(config: ParityStep, context: Context) -> Report | SetReport:
    site = context.site
    suite, dsn = find(site.expand(config.suite)), site.text(config.dsn)
    params = {name: site.expand(value) for name, value in config.params.items()}
    options = Options(exact=config.exact, objects=config.s3_head, store=_store(config, context))
    if config.pairs is not None:
        pairs = [
            Pair(Side(dsn, baseline, params), Side(dsn, candidate, params), kind)
            for baseline, candidate, kind in load_pairs(site.path(config.pairs))
        ]
        return judge_pairs(suite, pairs, options)
    if not config.baseline or not config.candidate:
        raise WrongUsage(
            "a parity step names what is compared",
            remedy="write `baseline:` and `candidate:`, or `pairs:` with a CSV file",
        )
    return judge(
        suite,
        baseline=Side(dsn, site.expand(config.baseline), params),
        candidate=Side(dsn, site.expand(config.candidate), params),
        options=options,
    )


def _store(config: ParityStep, context: Context) -> str | Path | None:
    if config.store is None:
        return None
    named = context.site.expand(config.store)
    return named if "://" in named else context.site.base / named
