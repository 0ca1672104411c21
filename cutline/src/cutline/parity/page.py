"""A report as one self-contained HTML page: no script, no request, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from cutline.parity.pairs import SetReport
from cutline.parity.plot import Bars, bars
from cutline.parity.report import CheckResult, Outcome, Report

MARKS = {Outcome.PASS: "✓", Outcome.WARN: "!", Outcome.FAIL: "✗", Outcome.NOT_EXERCISED: "∅"}
_TEMPLATES = Environment(
    loader=PackageLoader("cutline.parity", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a gate on both sides, and its plot where it is a number."""

    label: str
    baseline: str
    candidate: str
    plot: Bars | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as the page shows it."""

    anchor: str
    mark: str
    style: str
    result: CheckResult
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One pair as the page shows it; `refused` says why there is no report."""

    anchor: str
    title: str
    report: Report | None
    gates: tuple[Gate, ...]
    refused: str = ""


def page(report: Report | SetReport) -> str:
    """Return the page of a pair or of a whole set."""
    if isinstance(report, Report):
        sections: Sequence[Section] = [_section(0, "", report)]
    else:
        sections = [
            _section(
                at, f"{pair.kind}: {pair.baseline} and {pair.candidate}", pair.report, pair.refused
            )
            for at, pair in enumerate(report.pairs, 1)
        ]
    template = _TEMPLATES.get_template("page.html.jinja")
    many = report if isinstance(report, SetReport) else None
    return template.render(report=report, many=many, sections=sections)


def _section(at: int, title: str, report: Report | None, refused: str = "") -> Section:
    gates = (
        tuple(_gate(at, number, check) for number, check in enumerate(report.checks))
        if report
        else ()
    )
    return Section(f"pair-{at}", title, report, gates, refused)


def _gate(at: int, number: int, check: CheckResult) -> Gate:
    style = check.outcome.name.lower().replace("_", "-")
    figures = tuple(
        Figure(
            label,
            check.baseline.get(label, ""),
            check.candidate.get(label, ""),
            bars(check.baseline.get(label, ""), check.candidate.get(label, "")),
        )
        for label in dict.fromkeys((*check.baseline, *check.candidate))
    )
    return Gate(f"gate-{at}-{number}", MARKS[check.outcome], style, check, figures)
