"""The timeline of a run as one SVG: share of traffic, bake clock, marks, triggers, people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry
from cutline.run.story import said_of

WIDTH, LEFT, RIGHT, TOP = 1100, 74, 24, 62
TRAFFIC_HEIGHT, BAKE_HEIGHT, LANE_HEIGHT, GAP = 150, 44, 26, 12
LETTER = 6.4  # px of a letter at 12 px, a little more than most fonts need
DOT = 5
_LANES: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("gates", (Kind.JUDGED,)),
    ("triggers", (Kind.TRIGGER_FIRED, Kind.REPORTED, Kind.ROLLBACK_STARTED, Kind.ROLLED_BACK)),
    ("people", (Kind.APPROVED, Kind.DENIED, Kind.OVERRIDDEN, Kind.AMENDED, Kind.RESUMED)),
    ("trouble", (Kind.PAUSED, Kind.DRIFTED, Kind.ABSENT, Kind.CLOCK_WENT_BACK, Kind.DEVIATION)),
)
_LEGEND = (("good", "passes"), ("wait", "waits"), ("bad", "fails"), ("other", "changes the rules"))
STYLE = """
  text{font:12px system-ui,sans-serif;fill:#222} .title{font-size:16px;font-weight:600}
  .note{fill:#555;font-size:11px} .axis{stroke:#ccc;stroke-width:1}
  .share{fill:#3b6ea5;fill-opacity:.25;stroke:#3b6ea5} .bake{fill:none;stroke:#3b6ea5}
  .stage{stroke:#999;stroke-dasharray:3 3} .good{fill:#2e7d32} .bad{fill:#c62828}
  .wait{fill:#b26a00} .other{fill:#6d4c9f} .band{fill:#f2f2ee}
  @media(prefers-color-scheme:dark){svg{background:#1b1b1b} text{fill:#ddd} .note{fill:#aaa}
  .band{fill:#272727} .axis{stroke:#444} .share{fill:#7fb3e6;fill-opacity:.25;stroke:#7fb3e6}
  .bake{stroke:#7fb3e6} .stage{stroke:#777} .good{fill:#81c784} .bad{fill:#ef9a9a}
  .wait{fill:#ffb74d} .other{fill:#b39ddb}}
"""


@dataclass(frozen=True, slots=True)
class _Scale:
    since: datetime
    until: datetime

    def x(self, at: datetime) -> float:
        whole = max((self.until - self.since).total_seconds(), 1.0)
        part = (at - self.since).total_seconds() / whole
        return LEFT + part * (WIDTH - LEFT - RIGHT)


@dataclass(frozen=True, slots=True)
class _Dot:
    """One thing that happened: its place, its style, a word beside it, its words on pointing."""

    x: float
    style: str
    label: str
    words: str


def svg(entries: Sequence[AnEntry], title: str) -> str:
    """Return the timeline of a journal; every mark has its words as a tooltip and for readers."""
    times = [datetime.fromisoformat(entry.at) for entry in entries]
    scale = _Scale(min(times), max(times))
    bake_y = TOP + TRAFFIC_HEIGHT + GAP
    lanes_y = bake_y + BAKE_HEIGHT + GAP
    bottom = lanes_y + len(_LANES) * (LANE_HEIGHT + GAP)
    box = f'viewBox="0 0 {WIDTH} {bottom + 48}" role="img" aria-label="{escape(title)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{STYLE}</style>',
        f'<text class="title" x="{LEFT}" y="22">{escape(_cut(title, WIDTH - LEFT, 9.0))}</text>',
        *_traffic(entries, scale),
        *_bake(entries, scale, bake_y),
        *_lanes(entries, scale, lanes_y),
        *_stages(entries, scale, bottom - GAP + 4),
        *_days(scale, bottom + 10),
        *_legend(bottom + 34),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _time(entry: AnEntry) -> datetime:
    return datetime.fromisoformat(entry.at)


def _cut(text: str, width: float, letter: float = LETTER) -> str:
    most = int(width / letter)
    return text if len(text) <= most else text[: max(most - 1, 1)] + "…"


def _traffic(entries: Sequence[AnEntry], scale: _Scale) -> Iterator[str]:
    base = TOP + TRAFFIC_HEIGHT
    for percent in (0, 50, 100):
        y = base - TRAFFIC_HEIGHT * percent / 100
        yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>'
    points, last = [f"{LEFT},{base}"], 0
    for entry in entries:
        if entry.kind == Kind.SWITCH_SET and entry.data["is_set"]:
            x = scale.x(_time(entry))
            points.append(f"{x:.1f},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
            last = int(entry.data["percent"])
            points.append(f"{x:.1f},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
    points.append(f"{WIDTH - RIGHT},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
    points.append(f"{WIDTH - RIGHT},{base}")
    yield f'<polygon class="share" points="{" ".join(points)}"/>'


def _bake(entries: Sequence[AnEntry], scale: _Scale, top: float) -> Iterator[str]:
    """Draw the bake clock, from 0 to the `for` of its stage."""
    yield from _band("bake", top, BAKE_HEIGHT)
    wanted = _bakes(entries[0].data)
    base, stage, points = top + BAKE_HEIGHT - 3, "", list[tuple[float, float]]()
    for entry in entries:
        if entry.kind == Kind.STAGE_STARTED:
            yield from _line(points)
            stage, points = str(entry.data["stage"]), []
        clock = entry.data.get("clock") if entry.kind == Kind.JUDGED else None
        if clock is None or stage not in wanted:
            continue
        part = min(float(clock["after_s"]) / wanted[stage], 1.0)
        point = (scale.x(_time(entry)), base - part * (BAKE_HEIGHT - 6))
        # What cannot be seen apart is one point, but for a clock that fell.
        if len(points) > 1 and point[0] - points[-2][0] < 1 and point[1] <= points[-1][1]:
            points[-1] = point
        else:
            points.append(point)
    yield from _line(points)


def _bakes(started: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds for which each stage bakes, from the plan in the first entry."""
    stages = started["plan"]["model"]["stages"]
    return {one["name"]: float(one["bake"]["for_s"]) for one in stages if one.get("bake")}


def _line(points: Sequence[tuple[float, float]]) -> Iterator[str]:
    if points:
        said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline class="bake" points="{said}"/>'


def _band(name: str, y: float, height: float) -> Iterator[str]:
    wide = WIDTH - LEFT - RIGHT
    yield f'<rect class="band" x="{LEFT}" y="{y}" width="{wide}" height="{height}"/>'
    yield f'<text x="{LEFT - 8}" y="{y + height / 2 + 4}" text-anchor="end">{name}</text>'


def _stages(entries: Sequence[AnEntry], scale: _Scale, bottom: float) -> Iterator[str]:
    """Draw where each stage begins; a name stands there if it fits before the next one."""
    begun = [(scale.x(_time(e)), str(e.data["stage"])) for e in entries if e.kind == _STARTED]
    ends = [*(x for x, _ in begun), float(WIDTH - RIGHT)][1:]
    free = 0.0
    for (x, name), end in zip(begun, ends, strict=True):
        yield f'<line class="stage" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom:.1f}"/>'
        width = len(name) * LETTER
        if end - x >= min(width, 40) and x + width <= WIDTH and x >= free:
            yield f'<text x="{x + 3:.1f}" y="{TOP - 12}">{escape(name)}</text>'
            free = x + width + LETTER / 2


_STARTED = Kind.STAGE_STARTED


def _lanes(entries: Sequence[AnEntry], scale: _Scale, top: float) -> Iterator[str]:
    for number, (name, kinds) in enumerate(_LANES):
        y = top + number * (LANE_HEIGHT + GAP)
        yield from _band(name, y, LANE_HEIGHT)
        found = list(_dots(entries, kinds, scale))
        nexts = [*(dot.x - DOT for dot in found), float(WIDTH - RIGHT)][1:]
        free = float(LEFT)
        for dot, end in zip(found, nexts, strict=True):
            middle = y + LANE_HEIGHT / 2
            yield f'<circle class="{dot.style}" cx="{dot.x:.1f}" cy="{middle}" r="{DOT}">'
            yield f"<title>{escape(dot.words)}</title></circle>"
            x, anchor = _beside(dot, free, end)
            free = dot.x + DOT
            if anchor:
                place = f'x="{x:.1f}" y="{middle + 4}" text-anchor="{anchor}"'
                yield f'<text class="note" {place}>{escape(dot.label)}</text>'
                free = max(free, x + len(dot.label) * LETTER if anchor == "start" else free)


def _beside(dot: _Dot, free: float, end: float) -> tuple[float, str]:
    """Return where the word of a dot stands: right of it, else left, else nowhere."""
    width, apart = len(dot.label) * LETTER, DOT + 4
    if dot.label and dot.x + apart + width <= end:
        return dot.x + apart, "start"
    if dot.label and dot.x - apart - width >= free:
        return dot.x - apart, "end"
    return 0.0, ""


def _dots(entries: Sequence[AnEntry], kinds: Collection[str], scale: _Scale) -> Iterator[_Dot]:
    """Yield what happened in a lane; the same again at the same place is one dot."""
    before: _Dot | None = None
    for entry in entries:
        if entry.kind not in kinds or (entry.kind == Kind.JUDGED and not entry.data.get("clock")):
            continue
        said = said_of(entry)
        if not said:
            continue
        when = entry.at[:16].replace("T", " ")
        dot = _Dot(scale.x(_time(entry)), _style(entry), _label(entry), f"{when} {said}")
        if before is not None and dot.x - before.x < 1 and dot.style == before.style:
            words = f"{before.words}\n{dot.words}"
            before = _Dot(before.x, dot.style, dot.label or before.label, words)
            continue
        if before is not None:
            yield before
        before = dot
    if before is not None:
        yield before


def _label(entry: AnEntry) -> str:  # noqa: PLR0911  # one return a case
    data = entry.data
    match entry.kind:
        case Kind.TRIGGER_FIRED:
            return _cut(f"{data['trigger']}: {data['do']}", 260)
        case Kind.REPORTED:
            return str(data["what"])
        case Kind.ROLLBACK_STARTED:
            return "rollback"
        case Kind.ROLLED_BACK:
            return "rolled back"
        case Kind.APPROVED | Kind.DENIED | Kind.RESUMED | Kind.AMENDED:
            return str(data.get("by") or "")
        case Kind.PAUSED:
            return f"paused: {data['reason']}"
        case Kind.ABSENT:
            return "nobody watched"
        case Kind.DRIFTED:
            return f"found at {data['seen']} %"
        case Kind.CLOCK_WENT_BACK:
            return "clock"
        case _:
            return ""


def _style(entry: AnEntry) -> str:
    match entry.kind:
        case Kind.JUDGED:
            said = {one["verdict"] for one in entry.data["verdicts"].values()}
            return "bad" if "FAIL" in said else "good" if said <= {"PASS"} else "wait"
        case Kind.APPROVED | Kind.RESUMED:
            return "good"
        case Kind.OVERRIDDEN | Kind.AMENDED:
            return "other"
        case Kind.PAUSED | Kind.CLOCK_WENT_BACK | Kind.REPORTED:
            return "wait"
        case _:
            return "bad"


def _days(scale: _Scale, y: float) -> Iterator[str]:
    whole = scale.until - scale.since
    step = next((one for one in _STEPS if whole / one <= 9), _STEPS[-1])  # noqa: PLR2004  # beside each other
    at, form = scale.since, "%d %b" if step >= timedelta(days=1) else "%d %b %H:%M"
    half = len(f"{at:{form}}") * LETTER / 2
    while at <= scale.until:
        x = min(max(scale.x(at), half), WIDTH - half)
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{at:{form}}</text>'
        at += step


def _legend(y: float) -> Iterator[str]:
    x = float(LEFT)
    for style, name in _LEGEND:
        yield f'<circle class="{style}" cx="{x + DOT:.1f}" cy="{y - 4}" r="{DOT}"/>'
        yield f'<text class="note" x="{x + 3 * DOT:.1f}" y="{y}">{name}</text>'
        x += 3 * DOT + len(name) * LETTER + 16


_STEPS = tuple(
    timedelta(seconds=one)
    for one in (1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 259200, 604800, 2592000)
)
