"""A report on the terminal: the gates, then what differs, then the verdict."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cutline.parity.pairs import SetReport
from cutline.parity.report import CheckResult, Outcome, Report, Verdict

COLOURS = {
    Outcome.PASS: "green",
    Outcome.WARN: "yellow",
    Outcome.FAIL: "red",
    Outcome.NOT_EXERCISED: "dim",
}
VERDICTS = {Verdict.GO: "bold green", Verdict.NO_GO: "bold red", Verdict.NOT_PROVEN: "bold yellow"}


def show(report: Report, console: Console) -> None:
    """Print a report for people."""
    table = Table("gate", "severity", "outcome", "what was found", box=None, pad_edge=False)
    for check in report.checks:
        colour = COLOURS[check.outcome]
        outcome = f"[{colour}]{check.outcome}[/]"
        table.add_row(escape(check.name), check.severity, outcome, escape(_message(check)))
    console.print(table)
    for check in report.checks:
        _differences(check, console)
    for waiver in report.waivers:
        console.print(
            f"waiver {waiver.state}: {waiver.check}, {waiver.used} items, by {waiver.approver}:"
            f" {waiver.reason}",
            markup=False,
        )
    if report.not_exercised:
        console.print(f"not exercised: {', '.join(report.not_exercised)}", markup=False)
    console.print(
        f"[{VERDICTS[report.verdict]}]{report.verdict}[/] {report.suite}, mode {report.mode},"
        f" {report.elapsed_s:.1f} s"
    )


def show_set(report: SetReport, console: Console) -> None:
    """Print the report of a whole set for people: a line a pair, then what differs."""
    table = Table("class", "baseline", "candidate", "verdict", "", box=None, pad_edge=False)
    for pair in report.pairs:
        told = (
            ", ".join((*pair.report.blockers, *pair.report.warnings))
            if pair.report
            else pair.refused
        )
        verdict = f"[{VERDICTS[pair.verdict]}]{pair.verdict}[/]"
        table.add_row(pair.kind, pair.baseline, pair.candidate, verdict, escape(told))
    console.print(table)
    for pair in report.pairs:
        for check in pair.report.checks if pair.report else ():
            _differences(check, console)
    for what, names in (
        ("classes without a pair", report.missing_classes),
        ("gates that no pair exercised", report.never_exercised),
        ("waivers that nothing needed", [u.check for u in report.waivers if u.state != "used"]),
    ):
        if names:
            console.print(f"{what}: {', '.join(names)}", markup=False)
    console.print(
        f"[{VERDICTS[report.verdict]}]{report.verdict}[/] {report.suite},"
        f" {len(report.pairs)} pairs, mode {report.mode}"
    )


def _message(check: CheckResult) -> str:
    return f"{check.message} ({check.note})" if check.note else check.message


def _differences(check: CheckResult, console: Console) -> None:
    samples = check.differences.samples
    if not samples:
        return
    console.print(f"\n{check.name}: {check.message}", markup=False)
    for sample in samples:
        fields = f" ({', '.join(sample.fields)})" if sample.fields else ""
        waived = f" waived by {sample.waived}" if sample.waived else ""
        console.print(f"  {sample.kind}: {sample.key}{fields}{waived}", markup=False)
        if sample.baseline is not None or sample.candidate is not None:
            console.print(f"    baseline  {dict(sample.baseline or {})}", markup=False)
            console.print(f"    candidate {dict(sample.candidate or {})}", markup=False)
