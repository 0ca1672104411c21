"""The timeline of a run as one SVG: share of traffic, bake clock, marks, triggers, people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from cutline.run.kinds import Kind
from cutline.run.story import Fact, said_of

WIDTH, LEFT, RIGHT, TOP = 1100, 70, 20, 48
TRAFFIC_HEIGHT, LANE_HEIGHT, GAP = 160, 24, 14
LANES = (
    ("gates", (Kind.JUDGED,)),
    ("triggers", (Kind.TRIGGER_FIRED, Kind.REPORTED, Kind.ROLLBACK_STARTED, Kind.ROLLED_BACK)),
    ("people", (Kind.APPROVED, Kind.DENIED, Kind.OVERRIDDEN, Kind.AMENDED, Kind.RESUMED)),
    ("trouble", (Kind.PAUSED, Kind.DRIFTED, Kind.ABSENT, Kind.CLOCK_WENT_BACK, Kind.DEVIATION)),
)
STYLE = """
  text{font:12px system-ui,sans-serif;fill:#222} .title{font-size:16px;font-weight:600}
  .axis{stroke:#bbb;stroke-width:1} .share{fill:#3b6ea5;fill-opacity:.25;stroke:#3b6ea5}
  .stage{stroke:#999;stroke-dasharray:3 3} .good{fill:#2e7d32} .bad{fill:#c62828}
  .other{fill:#6d4c9f} .band{fill:#f5f5f2}
  @media(prefers-color-scheme:dark){svg{background:#1b1b1b} text{fill:#ddd} .band{fill:#262626}
  .axis{stroke:#555} .share{fill:#7fb3e6;fill-opacity:.25;stroke:#7fb3e6} .good{fill:#81c784}
  .bad{fill:#ef9a9a} .other{fill:#b39ddb}}
"""


@dataclass(frozen=True, slots=True)
class _Scale:
    since: datetime
    until: datetime

    def x(self, at: datetime) -> float:
        whole = max((self.until - self.since).total_seconds(), 1.0)
        part = (at - self.since).total_seconds() / whole
        return LEFT + part * (WIDTH - LEFT - RIGHT)


def svg(entries: Sequence[Fact], title: str) -> str:
    """Return the timeline of a journal; every mark has its words as a tooltip and for readers."""
    times = [datetime.fromisoformat(entry.at) for entry in entries]
    scale = _Scale(min(times), max(times))
    height = TOP + TRAFFIC_HEIGHT + len(LANES) * (LANE_HEIGHT + GAP) + 60
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{STYLE}</style>',
        f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>',
        *_traffic(entries, scale),
        *_stages(entries, scale, height - 50),
        *_lanes(entries, scale),
        *_days(scale, height - 30),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _traffic(entries: Sequence[Fact], scale: _Scale) -> Iterable[str]:
    base = TOP + TRAFFIC_HEIGHT
    for percent in (0, 50, 100):
        y = base - TRAFFIC_HEIGHT * percent / 100
        yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>'
    points, last = [f"{LEFT},{base}"], 0
    for entry in entries:
        if entry.kind == Kind.SWITCH_SET and entry.data["is_set"]:
            x = scale.x(datetime.fromisoformat(entry.at))
            points.append(f"{x:.1f},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
            last = int(entry.data["percent"])
            points.append(f"{x:.1f},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
    points.append(f"{WIDTH - RIGHT},{base - TRAFFIC_HEIGHT * last / 100:.1f}")
    points.append(f"{WIDTH - RIGHT},{base}")
    yield f'<polygon class="share" points="{" ".join(points)}"/>'


def _stages(entries: Sequence[Fact], scale: _Scale, bottom: float) -> Iterable[str]:
    last_x = -100.0
    for entry in entries:
        if entry.kind != Kind.STAGE_STARTED:
            continue
        x = scale.x(datetime.fromisoformat(entry.at))
        yield f'<line class="stage" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom:.1f}"/>'
        if x - last_x > 60:  # noqa: PLR2004  # names that would lie on each other stay tooltips
            name = escape(str(entry.data["stage"]))
            yield f'<text x="{x + 3:.1f}" y="{TOP - 10}">{name}</text>'
            last_x = x


def _lanes(entries: Sequence[Fact], scale: _Scale) -> Iterable[str]:
    for number, (name, kinds) in enumerate(LANES):
        y = TOP + TRAFFIC_HEIGHT + GAP + number * (LANE_HEIGHT + GAP)
        yield f'<rect class="band" x="{LEFT}" y="{y}" width="{WIDTH - LEFT - RIGHT}"'
        yield f' height="{LANE_HEIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">{name}</text>'
        for entry in entries:
            said = said_of(entry) if entry.kind in kinds else ""
            if said:
                x = scale.x(datetime.fromisoformat(entry.at))
                words = escape(f"{entry.at[:16]} {said}")
                yield f'<circle class="{_style(entry)}" cx="{x:.1f}" cy="{y + 12}" r="5">'
                yield f"<title>{words}</title></circle>"


def _style(entry: Fact) -> str:
    match entry.kind:
        case Kind.JUDGED:
            verdicts = {one["verdict"] for one in entry.data["verdicts"].values()}
            return "good" if verdicts <= {"PASS"} else "bad"
        case Kind.APPROVED | Kind.RESUMED:
            return "good"
        case Kind.OVERRIDDEN | Kind.AMENDED:
            return "other"
        case _:
            return "bad"


def _days(scale: _Scale, y: float) -> Iterable[str]:
    whole = scale.until - scale.since
    step = next(
        (one for one in _STEPS if whole / one <= 12),  # noqa: PLR2004  # labels that fit beside
        _STEPS[-1],
    )
    at, form = scale.since, "%d %b" if step >= timedelta(days=1) else "%d %b %H:%M"
    while at <= scale.until:
        yield f'<text x="{scale.x(at):.1f}" y="{y:.1f}" text-anchor="middle">{at:{form}}</text>'
        at += step


_STEPS = tuple(
    timedelta(seconds=one)
    for one in (1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 259200, 604800, 2592000)
)
