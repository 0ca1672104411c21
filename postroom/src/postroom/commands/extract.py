"""`postroom extract`: a PST file into a folder of records, objects and errors."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from cutline.console import err, print_json
from cutline.errors import Exit
from postroom.commands.bar import shown_progress
from postroom.pst_extract import extract as run_extract


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to make.")
@click.option("--jobs", type=click.IntRange(min=1), help="Threads; the outputs are the same.")
@click.option("--hash", "hashes", metavar="md5,sha1", help="More digests of each attachment.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def extract(file: Path, out: Path, jobs: int | None, hashes: str | None, *, as_json: bool) -> int:
    """Extract a PST FILE; exit 0 complete, 5 with item errors, which errors.ndjson names."""
    with shown_progress() as progress:
        found = run_extract(file, out, progress, jobs=jobs, hashes=hashes)
    if as_json:
        print_json({**asdict(found), "out": str(out)})
    else:
        err.print(
            f"{found.emails:,} messages, {found.attachments:,} attachments,"
            f" {found.errors:,} item errors → {out}"
        )
    return Exit.ITEM_ERRORS if found.errors else Exit.OK
