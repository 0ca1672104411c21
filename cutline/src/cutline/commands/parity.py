"""`cutline parity`: compare a candidate with a baseline by a suite."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.progress import Progress

from cutline.console import err, out, print_json
from cutline.dsn import from_option
from cutline.errors import CannotWrite, WrongUsage
from cutline.parity import (
    Options,
    Pair,
    Report,
    SetReport,
    Side,
    Suite,
    find,
    judge,
    judge_pairs,
    waivers,
)
from cutline.parity.page import page
from cutline.parity.pairs import load_pairs
from cutline.parity.terminal import show, show_set


@click.command()
@click.argument("suite")
@click.option("--baseline", help="Id of the baseline.")
@click.option("--candidate", help="Id of the candidate.")
@click.option("--dsn", help="Where both lie, such as env:DATABASE_URL or sqlite:////srv/a.sqlite.")
@click.option("--baseline-dsn", help="Where the baseline lies.")
@click.option("--candidate-dsn", help="Where the candidate lies.")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Such as source=acme.")
@click.option("--json-out", type=click.Path(path_type=Path), help="Write the report as JSON.")
@click.option("--html-out", type=click.Path(path_type=Path), help="Write the report as a page.")
@click.option("--exact", is_flag=True, help="Prove by grouping, without fingerprints.")
@click.option("--s3-head", is_flag=True, help="Look at each object in its store.")
@click.option("--store", help="Folder of the bucket `local`, or s3://bucket/prefix.")
@click.option("--show-values", is_flag=True, help="Show values in the report: this is mail.")
@click.option("--strict", is_flag=True, help="Warnings exit 1, gates not exercised exit 3.")
@click.option(
    "--waivers", "waivers_file", type=click.Path(path_type=Path), help="Known differences."
)
@click.option(
    "--pairs",
    "pairs_file",
    type=click.Path(path_type=Path),
    help="Judge a whole set: a CSV with baseline,candidate,class.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def parity(  # noqa: PLR0913  # one parameter an option
    *,
    suite: str,
    baseline: str | None,
    candidate: str | None,
    dsn: str | None,
    baseline_dsn: str | None,
    candidate_dsn: str | None,
    params: tuple[str, ...],
    json_out: Path | None,
    html_out: Path | None,
    exact: bool,
    s3_head: bool,
    store: str | None,
    show_values: bool,
    strict: bool,
    waivers_file: Path | None,
    pairs_file: Path | None,
    as_json: bool,
) -> int:
    """Compare two ingests by SUITE; 0 GO, 1 they differ, 3 they could not be compared."""
    values = dict(_param(text) for text in params)
    options = Options(
        exact=exact,
        objects=s3_head,
        store=store,
        show_values=show_values,
        strict=strict,
        waivers=waivers.load(waivers_file) if waivers_file else (),
    )
    ends = _dsn(baseline_dsn or dsn, "baseline"), _dsn(candidate_dsn or dsn, "candidate")
    if pairs_file is not None:
        many = _judge_pairs(find(suite), pairs_file, ends, values, options)
        write(many, json_out, html_out)
        print_json(many.as_json()) if as_json else show_set(many, out)
        return int(many.exit_code)
    report = judge(
        find(suite),
        baseline=Side(ends[0], _id(baseline, "baseline"), values),
        candidate=Side(ends[1], _id(candidate, "candidate"), values),
        options=options,
    )
    write(report, json_out, html_out)
    print_json(report.as_json()) if as_json else show(report, out)
    return int(report.exit_code)


def _judge_pairs(
    suite: Suite, listed: Path, ends: tuple[str, str], values: dict[str, str], options: Options
) -> SetReport:
    """Judge the pairs of a file, with a progress bar on a terminal."""
    asked = [
        Pair(Side(ends[0], baseline, values), Side(ends[1], candidate, values), kind)
        for baseline, candidate, kind in load_pairs(listed)
    ]
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("pairs", total=len(asked))
        return judge_pairs(
            suite, asked, options, lambda done, total: bar.update(task, completed=done, total=total)
        )


def write(report: Report | SetReport, json_out: Path | None, html_out: Path | None) -> None:
    """Write what was asked for, each file whole or not at all."""
    if json_out is not None:
        _write(json_out, json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n")
    if html_out is not None:
        _write(html_out, page(report))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CannotWrite(
            "the report cannot be written", where=str(path), why=str(error)
        ) from error


def _param(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise WrongUsage("--param takes NAME=VALUE", where=text)
    return name, value


def _id(given: str | None, side: str) -> str:
    if not given:
        raise WrongUsage(f"--{side} is missing", remedy="name the id of an ingest")
    return given


def _dsn(given: str | None, side: str) -> str:
    if not given:
        raise WrongUsage(f"no DSN for the {side}", remedy=f"add --dsn or --{side}-dsn")
    return from_option(given, f"DSN of the {side}")
