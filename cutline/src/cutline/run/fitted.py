"""What is shown of a run on a terminal that is not high enough for all of it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Fitted:
    """Shows as many lines as there is room for; the last one says how many more there are."""

    whole: RenderableType
    run: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render all of it, or its beginning and what shows the rest."""
        # One line stays free for the cursor: a terminal that scrolls cannot be drawn over.
        lines, most = console.render_lines(self.whole, options, pad=False), console.height - 1
        if len(lines) <= most:
            shown, left = lines, 0
        else:
            rest = f"{len(lines)} more lines: cutline status {self.run}"
            taken = len(console.render_lines(Text(rest), options))
            shown = lines[: max(most - taken, 0)]
            left = len(lines) - len(shown)
        for line in shown:
            yield from line
            yield Segment.line()
        if left:
            yield Text(f"{left} more lines: cutline status {self.run}", style="yellow")
