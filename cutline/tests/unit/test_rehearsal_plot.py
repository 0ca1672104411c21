"""The timeline says what happened, and can be read."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from cutline.rehearsal.plot import LETTER, svg
from cutline.run.kinds import Kind

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Entry:
    hours: float
    kind: str
    data: dict[str, Any]

    @property
    def at(self) -> str:
        return (START + timedelta(hours=self.hours)).isoformat()


def judged(hours: float, verdict: str, mark: float | None = None) -> Entry:
    verdicts = {"healthy": {"verdict": verdict, "why": "x", "figures": {}}}
    clock = {"after_s": hours * 3600 if verdict == "PASS" else 0.0}
    return Entry(
        hours, Kind.JUDGED, {"verdicts": verdicts, "mark": mark, "is_end": False, "clock": clock}
    )


def entries() -> list[Entry]:
    stages = [{"name": "canary & co", "bake": {"for_s": 24 * 3600.0}}]
    return [
        Entry(0, Kind.STARTED, {"by": "ana", "plan": {"model": {"stages": stages}}}),
        Entry(0, Kind.STAGE_STARTED, {"stage": "canary & co"}),
        Entry(0, Kind.SWITCH_SET, {"percent": 10, "is_set": True, "is_applied": True, "why": ""}),
        *(judged(n / 12, "PASS", n * 300.0 if n % 12 == 0 else None) for n in range(1, 200)),
        judged(17, "FAIL", 1.0),
        Entry(18, Kind.PAUSED, {"reason": "drain", "why": "<stuck>"}),
        Entry(18.01, Kind.PAUSED, {"reason": "other", "why": "again"}),
        Entry(20, Kind.ROLLBACK_STARTED, {"why": "enough"}),
        Entry(21, Kind.CLOSED, {"outcome": "rolled back"}),
    ]


def drawn() -> ET.Element:
    return ET.fromstring(svg(entries(), "a <plan>"))  # noqa: S314  # our own


def test_every_thing_that_happened_has_its_words_as_a_tooltip() -> None:
    """Also what lies on another dot: nothing is only to be seen."""
    words = " ".join(one.text or "" for one in drawn().iter(f"{SVG}title"))
    for said in ("paused: <stuck>", "paused: again", "rollback: enough", "mark 1h: all gates pass"):
        assert said in words


def test_the_bake_clock_rises_and_falls() -> None:
    """It is drawn through the bake, and goes to the ground when a gate fails."""
    line = next(drawn().iter(f"{SVG}polyline"))
    points = [tuple(map(float, one.split(","))) for one in line.attrib["points"].split()]
    heights = [y for _, y in points]
    assert len(points) > 50
    assert heights[:-1] == sorted(heights[:-1], reverse=True)
    assert heights[-1] > heights[-2]


def test_verdicts_are_told_apart_by_their_colour() -> None:
    """Passes are good, failures bad."""
    dots = [one.attrib["class"] for one in drawn().iter(f"{SVG}circle")]
    assert {"good", "bad", "wait"} <= set(dots)


def test_no_text_lies_on_another_or_leaves_the_picture() -> None:
    """Names that have no place are tooltips instead."""
    root = drawn()
    width = float(root.attrib["viewBox"].split()[2])
    rows: dict[float, list[tuple[float, float]]] = {}
    for one in root.iter(f"{SVG}text"):
        long = len(one.text or "") * (9.0 if one.attrib.get("class") == "title" else LETTER - 0.9)
        x, anchor = float(one.attrib["x"]), one.attrib.get("text-anchor", "start")
        left = x - {"start": 0, "middle": long / 2, "end": long}[anchor]
        assert left >= 0
        assert left + long <= width
        rows.setdefault(float(one.attrib["y"]), []).append((left, left + long))
    for spans in rows.values():
        ordered = sorted(spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(ordered))


def test_it_has_colours_for_light_and_dark() -> None:
    """Whatever has a colour in one has one in the other."""
    light, dark = svg(entries(), "x").split("prefers-color-scheme:dark", 1)
    wanted = set(re.findall(r"\.([a-z]+)\{(?:fill|stroke)", light)) - {"title"}
    assert wanted <= set(re.findall(r"\.([a-z]+)\{(?:fill|stroke)", dark.split("</style>")[0]))
