"""`postroom synth`: write a valid PST file from a seed, and the truth about it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cutline.console import out, print_json
from cutline.errors import Exit, WrongUsage
from postroom.commands.bar import shown_progress
from postroom.errors import DiskRefused, NotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = "pst-synth"
_STOPPED_AFTER_S = 10
"""Seconds that an interrupted writer gets to take its partial file away."""


def find_program() -> str:
    """Return the path of `pst-synth`: beside this interpreter, else on PATH."""
    beside = Path(sysconfig.get_path("scripts")) / PROGRAM
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise NotReadable(
            f"the program {PROGRAM} is not installed",
            where=str(beside),
            remedy="uv sync --all-packages, or pip install ./postroom/extractor",
        )
    return found


@click.command("synth")
@click.argument("profile")
@click.option("--out", "target", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--truth", type=click.Path(path_type=Path), help="What a reader has to find.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--size", type=int, help="Bytes that the file should have.")
@click.option("--divide", type=int, help="Divide the profile's default size by this.")
@click.option("--mails", type=int, help="Number of top-level mails.")
@click.option("--format", "file_format", help="unicode, unicode4k, ansi14 or ansi15.")
@click.option("--encoding", help="none, permute or cyclic.")
@click.option("--block-bytes", type=int, help="Cut streams into blocks of this size.")
@click.option("--hostile", metavar="KIND", help="Make one thing wrong, to test readers.")
@click.option("--pad", is_flag=True, help="Fill the last section of a 4K file too.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def synth(profile: str, target: Path, *, as_json: bool, pad: bool, **options: Any) -> None:  # noqa: ANN401  # click's options
    """Write a PST file of PROFILE.

    PROFILE is small, medium, large, unicode, deep, family, big-folder or many-attachments.
    """
    command = [find_program(), profile, "--out", str(target), *_arguments(options)]
    result = run_synth([*command, "--pad"] if pad else command)
    if as_json:
        print_json(result)
    else:
        out.print(
            f"{target}: {result['size_bytes']:,} bytes, {result['emails']:,} emails, "
            f"{result['attachments']:,} attachments",
        )


def _arguments(options: dict[str, Any]) -> Iterator[str]:
    """The options that were given, as the program takes them."""
    names = {"file_format": "format", "block_bytes": "block-bytes"}
    for name, value in options.items():
        if value is not None:
            yield from (f"--{names.get(name, name)}", str(value))


def run_synth(command: list[str]) -> dict[str, Any]:
    """Run the program, show its progress on a terminal, and return its last event.

    Raises `WrongUsage` or `DiskRefused` with the program's own words.
    """
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            last = _follow(process)
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait(timeout=_STOPPED_AFTER_S)
            raise
    if code != Exit.OK:
        _refuse(code, last)
    return last


def _follow(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Read events until the program ends; the last one says how it ended."""
    last: dict[str, Any] = {}
    words: list[str] = []
    with shown_progress() as progress:
        for line in process.stderr or ():
            try:
                last = json.loads(line)
            except json.JSONDecodeError:
                words.append(line.rstrip())
                continue
            if last.get("event") == "progress":
                progress(last["phase"], last["done"], last["total"])
    return last or {"what": " ".join(words)}


def _refuse(code: int, event: dict[str, Any]) -> NoReturn:
    what = event.get("what") or f"{PROGRAM} stopped with code {code}"
    details = {
        "where": event.get("where", ""),
        "why": event.get("why", ""),
        "remedy": event.get("help", ""),
    }
    if code == Exit.USAGE:
        raise WrongUsage(what, **details)
    if code == Exit.NOT_WRITTEN:
        raise DiskRefused(what, **details)
    raise NotReadable(what, **details)
