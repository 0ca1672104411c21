"""Every example of docs/gates.md says what its table says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cutline.gates import Conditions, Seen, judge
from cutline.gates.seen import Side
from cutline.plan.gate import Gate
from cutline.run.reading import Question, Reading, Value

PAGE = Path(__file__).parents[3] / "docs" / "gates.md"
NOW = datetime(2026, 2, 21, 12, tzinfo=UTC)
EXAMPLE = re.compile(
    r"^#+ (.+)\n(?:(?!#).*\n)*?```yaml\n((?:(?!```).*\n)*)```\n\n((?:\|.*\n)+)", re.MULTILINE
)
CONDITIONS = Conditions(
    (
        ("health.rss_mb", "double"),
        ("health.status", "string"),
        ("imports.errors", "list(string)"),
        ("imports.ok", "int"),
        ("imports.seconds", "list(double)"),
        ("imports.stuck", "int"),
        ("imports.total", "int"),
        ("imports.v1.ok", "int"),
        ("imports.v1.total", "int"),
    ),
    sides={"imports": ("v2", "v1")},
)


def rows(table: str) -> list[dict[str, str]]:
    """The rows of a table by their headings."""
    cells = [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


CASES = [
    pytest.param(gate, row, id=f"{name} {'-'.join(row.values())}"[:80])
    for name, gate, table in EXAMPLE.findall(PAGE.read_text())
    for row in rows(table)
]


def value(text: str, *, is_list: bool) -> Value:
    """A cell: a scalar as YAML reads it, or `3 × a; 2 × b`."""
    if not is_list:
        return YAML(typ="safe").load(text)  # type: ignore[no-any-return]
    found: list[str | float] = []
    for part in [] if text == "none" else text.split(";"):
        count, one = part.split("×")
        found += [YAML(typ="safe").load(one)] * int(count)
    return tuple(found)


@dataclass
class Given:
    """What the cells of a row come to."""

    readings: dict[tuple[str, Side], dict[str, Value]] = field(default_factory=dict)
    reference: dict[tuple[str, Side], dict[str, Value]] = field(default_factory=dict)
    series: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    attested: dict[str, Value] = field(default_factory=dict)

    def take(self, heading: str, text: str) -> None:
        """Take one cell."""
        if heading == "attested":
            self.attested = {"gate": value(text, is_list=False)} if text else {}
            return
        if heading.startswith("series of "):
            wanted = CONDITIONS.field(heading.removeprefix("series of "))
            self.readings[wanted.probe, wanted.side] = {wanted.name: 500.0}
            if text != "none":
                count, way = int(text.split(maxsplit=1)[0]), text.rsplit(maxsplit=1)[-1]
                step = {"level": 0.0, "rising": 0.5, "falling": -0.5}[way]
                points = ((300.0 * at, 500 + step * at + at * 7919 % 13) for at in range(count))
                self.series[wanted.text] = tuple(points)
            return
        stage, _, name = heading.rpartition(": ")
        wanted = CONDITIONS.field(name)
        into = self.reference if stage else self.readings
        found = into.setdefault((wanted.probe, wanted.side), {})
        if text:
            is_list = wanted.name in {"seconds", "errors"}
            found[wanted.name] = value(text, is_list=is_list)


def readings(found: dict[tuple[str, Side], dict[str, Value]]) -> dict[tuple[str, Side], Reading]:
    return {key: Reading(Question(*key, NOW, NOW), NOW, one) for key, one in found.items()}


def test_the_page_has_an_example_of_every_kind() -> None:
    """A kind without a page section is unfinished."""
    named = " ".join(name for name, _, _ in EXAMPLE.findall(PAGE.read_text()))
    assert all(kind in named for kind in Gate.kinds)
    assert len(CASES) > 30


@pytest.mark.parametrize(("written", "row"), CASES)
def test_an_example_says_what_its_table_says(written: str, row: dict[str, str]) -> None:
    """The readings of a row give the verdict of its last cell."""
    given = Given()
    for heading, text in row.items():
        if heading != "says":
            given.take(heading, text)
    seen = Seen(
        NOW,
        readings(given.readings),
        reference=readings(given.reference),
        series=given.series,
        attested=given.attested,  # type: ignore[arg-type]
        looks=4 if "than" in written else 1,
    )
    gate = Gate.model_validate(YAML(typ="safe").load(written))
    found = judge(gate, "gate", seen, CONDITIONS)
    assert found.verdict == row["says"], found
