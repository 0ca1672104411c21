"""Run every bench, print the table, keep it in bench/results/ with the machine named.

Each module of `MODULES` offers `rows(scale) -> list[Row]`: `scale` 1.0 is the size
that the claim names. Exits 1 where a row falls short, 3 where one could not be measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from row import Row

MODULES = (
    "evidence",
    "extract",
    "ingest",
    "load",
    "move",
    "parity",
    "rehearsal",
    "routing",
    "service",
)
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version()}


def table(rows: list[Row]) -> Table:
    """Return the rows as an aligned table."""
    shown = Table("claim", "peer", "ours", "peer's", "ratio", "wanted", "", title="bench")
    for row in rows:
        theirs = "" if row.theirs is None else f"{row.theirs:.3g} {row.unit}"
        ours = f"{row.ours:.3g} {row.unit}"
        mark = "[green]holds[/]" if row.holds else "[red]falls short[/]"
        shown.add_row(row.claim, row.peer, ours, theirs, f"{row.ratio:.2f}", row.wanted, mark)
    return shown


def markdown(rows: list[dict[str, object]]) -> str:
    """Return kept rows as the table of the README."""
    lines = ["| claim | beside | ours | theirs | ratio | wanted | |"]
    lines.append("|---|---|---:|---:|---:|---|---|")
    for kept in rows:
        fields = {name: kept[name] for name in Row.__dataclass_fields__}
        row = Row(**fields)  # type: ignore[arg-type]  # as `keep` wrote them
        theirs = "" if row.theirs is None else f"{_shown(row.theirs)} {row.unit}"
        mark = "holds" if row.holds else "**falls short**"
        cells = (row.claim, row.peer, f"{_shown(row.ours)} {row.unit}", theirs)
        lines.append(f"| {' | '.join(cells)} | {row.ratio:.2f} | {row.wanted} | {mark} |")
    return "\n".join(lines)


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.2f}"  # noqa: PLR2004  # digits enough


def keep(rows: list[Row], scale: float) -> Path:
    """Write the rows with the machine beside them; one file a day and scale.

    A row that was measured again that day takes the place of the earlier one.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-scale-{scale:g}.json"
    earlier = json.loads(path.read_text())["rows"] if path.exists() else []
    kept = {(row["claim"], row["peer"]): row for row in earlier}
    for row in rows:
        kept[row.claim, row.peer] = {**asdict(row), "ratio": row.ratio, "holds": row.holds}
    document = {"machine": machine(), "scale": scale, "rows": list(kept.values())}
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return path


def main() -> int:
    """Run the modules named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="*", choices=[*MODULES, []], default=[])
    parser.add_argument("--scale", type=float, default=1.0, help="1.0: the sizes of the claims")
    parser.add_argument(
        "--markdown", type=Path, help="print the rows of a kept file for the README"
    )
    asked = parser.parse_args()
    if asked.markdown:
        print(markdown(json.loads(asked.markdown.read_text())["rows"]))
        return 0
    rows: list[Row] = []
    console = Console(width=None if sys.stdout.isatty() else 160)
    broken = []
    for name in asked.module or MODULES:
        console.print(f"measuring {name} …")
        try:
            found = importlib.import_module(name).rows(asked.scale)
        except Exception:  # noqa: BLE001  # whatever a peer or a server does
            # The rows of an hour are not lost with one that could not be measured.
            traceback.print_exc()
            broken.append(name)
            continue
        rows += found
        console.print(f"kept in {keep(found, asked.scale)}")
    console.print(table(rows))
    if broken:
        console.print(f"could not be measured: {', '.join(broken)}")
        return 3
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
