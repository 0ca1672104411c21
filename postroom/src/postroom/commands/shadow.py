"""`postroom shadow`: files through v1 and through v2, every gate on each pair, one GO or NO-GO."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cutline.console import err, out, print_json
from cutline.errors import CannotWrite, WrongUsage
from cutline.parity import Options, waivers
from cutline.parity.page import page
from cutline.parity.pairs import CLASSES
from cutline.parity.terminal import show_set
from postroom.commands.bar import shown_progress
from postroom.commands.synth import find_program, run_synth
from postroom.commands.where import Where, where_options
from postroom.shadow import ShadowFile, ShadowRun, shadow
from postroom.shadow_page import as_json, as_markdown, as_pairs, as_table


@click.command("shadow")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--class",
    "classed",
    nargs=2,
    multiple=True,
    metavar="CLASS FILE",
    help=f"A file as one class of a whole set: {', '.join(CLASSES)}.",
)
@click.option("--synthetic", is_flag=True, help="Write a set of all five classes and use it.")
@click.option("--divide", type=click.IntRange(min=1), default=1, help="Divide its sizes by this.")
@click.option(
    "--waivers", "waivers_file", type=click.Path(path_type=Path), help="Known differences."
)
@click.option("--strict", is_flag=True, help="Warnings exit 1, gates not exercised exit 3.")
@click.option("--exact", is_flag=True, help="Prove by grouping, without fingerprints.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table as a page.")
@click.option("--json", "wants_json", is_flag=True, help="Print the report as JSON.")
@where_options
def shadow_command(  # noqa: PLR0913  # one parameter an option
    *,
    files: tuple[Path, ...],
    classed: tuple[tuple[str, str], ...],
    synthetic: bool,
    divide: int,
    waivers_file: Path | None,
    strict: bool,
    exact: bool,
    markdown: Path | None,
    wants_json: bool,
    where: Where,
) -> int:
    """Ingest FILES by v1 and by v2 and judge every pair by the suite postroom.pst.

    Safe to stop and to run again: what is completed stays. The report lies in the home as
    report.json and report.html, and the pairs as pairs.csv, for `cutline parity --pairs`.
    """
    chosen = [*(ShadowFile(path) for path in files), *_classed(classed)]
    if synthetic:
        chosen += _synthetic_set(where.home / "set", divide)
    if not chosen:
        raise WrongUsage(
            "there is nothing to shadow",
            why="no FILE, no --class and no --synthetic was given",
            remedy="postroom shadow --synthetic --divide 20, or postroom shadow mail.pst",
        )
    options = Options(
        exact=exact,
        strict=strict,
        waivers=waivers.load(waivers_file) if waivers_file else (),
    )
    with shown_progress() as progress:
        run = shadow(chosen, where.archive(create=True), where.store(), options, progress)
    _keep(run, where.home, markdown)
    if wants_json:
        print_json(as_json(run))
    else:
        _show(run, where.home)
    return int(run.report.exit_code)


def _classed(given: Sequence[tuple[str, str]]) -> list[ShadowFile]:
    """Return the files that were given with a class."""
    for kind, name in given:
        if kind not in CLASSES or not Path(name).is_file():
            raise WrongUsage(
                "--class takes a class and a file",
                where=f"--class {kind} {name}",
                why="there is no such class" if kind not in CLASSES else "there is no such file",
                remedy=f"classes are {', '.join(CLASSES)}",
            )
    return [ShadowFile(Path(name), kind) for kind, name in given]


def _synthetic_set(folder: Path, divide: int) -> list[ShadowFile]:
    """Return a set of all classes, written where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if divide > 1:
        err.print(f"synthetic set: default sizes divided by {divide} (--divide 1 does not)")
    files = []
    for kind in CLASSES:
        path = folder / f"{kind}-{divide}.pst"
        if not path.exists():
            truth = path.with_suffix(".truth.ndjson")
            command = [find_program(), kind, "--out", str(path), "--truth", str(truth)]
            run_synth([*command, "--divide", str(divide)])
        files.append(ShadowFile(path, kind))
    return files


def _keep(run: ShadowRun, home: Path, markdown: Path | None) -> None:
    """Write the reports, each whole or not at all."""
    document: dict[str, Any] = as_json(run)
    _write(home / "report.html", page(run.report))
    _write(home / "report.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    _write(home / "pairs.csv", as_pairs(run))
    if markdown is not None:
        _write(markdown, as_markdown(run))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CannotWrite(
            "the report cannot be written",
            where=str(path),
            why=error.strerror or str(error),
            remedy="choose another place with --home or --markdown",
        ) from error


def _show(run: ShadowRun, home: Path) -> None:
    """Print what was found, for people."""
    out.print(as_table(run))
    show_set(run.report, out)
    out.print(f"report: {home / 'report.json'} and {home / 'report.html'}", markup=False)
