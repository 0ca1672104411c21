"""The progress bar on standard error, where that is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from cutline.console import err
from postroom.progress import Progress, silent


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show a bar for each phase, one after the other; say nothing where nobody watches."""
    if not err.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description:<20}"), BarColumn(), TextColumn("{task.fields[seen]}"))
    with Bar(*columns, TimeElapsedColumn(), console=err, transient=True) as bar:
        phases: dict[str, TaskID] = {}

        def report(phase: str, done: int, total: int | None) -> None:
            seen = f"{done:,}" if total is None else f"{done:,} / {total:,}"
            if phase not in phases:
                phases[phase] = bar.add_task(phase, total=total, seen=seen)
            bar.update(phases[phase], completed=done, total=total, seen=seen)

        yield report
