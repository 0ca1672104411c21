"""The result of a run in words, computed from its journal: no line is a constant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cutline.plan.model import Plan
from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry
from cutline.run.story import Story

WIDTH = 38


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the acceptance: accepted, not accepted, or not reached."""

    words: str
    verdict: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to."""

    run: str
    outcome: str
    verdict: str
    mode: str
    acceptance: tuple[Line, ...]
    deviations: tuple[str, ...]
    timeline: tuple[str, ...]
    identities: tuple[str, ...]
    lessons: tuple[str, ...]

    def text(self) -> str:
        """Return the summary as the numbered file 90 holds it."""
        head = f"{self.run} - RESULT SUMMARY"
        parts = [head, "=" * len(head), ""]
        if self.mode != "run":
            parts += [f"{self.mode.upper()}: durations were not those of the plan", ""]
        parts += _section("Deviations", self.deviations or ("none",))
        parts += [f"{line.words:<{WIDTH}}: {line.verdict}{_why(line)}" for line in self.acceptance]
        parts += ["", *_section("Approvals", self.identities or ("none was asked for",))]
        parts += _section("Timeline (UTC)", self.timeline)
        parts += _section("Lessons and notes", self.lessons or ("none was noted",))
        parts += [f"OUTCOME: {self.outcome}", f"VERDICT: {self.verdict}", ""]
        return "\n".join(parts)


def _why(line: Line) -> str:
    return f" ({line.why})" if line.why else ""


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines), ""]


def summary(
    entries: Sequence[AnEntry],
    plan: Plan,
    *,
    outcome: str,
    mode: str,
    secrets: Sequence[str] | None,
) -> Summary:
    """Return what the journal of a run says of it.

    `secrets` are the places at which a secret was found; None if nobody looked, and then a line
    that asks for it is not accepted. `mode` is run, compressed or rehearsed.
    """
    started = next(entry for entry in entries if entry.kind == Kind.STARTED)
    lines = tuple(_acceptance(entries, plan, secrets))
    deviations = tuple(_deviations(entries))
    accepted = all(line.verdict == "PASS" for line in lines) and outcome == "complete"
    verdict = "FAIL" if not accepted else "PASS WITH DEVIATIONS" if deviations else "PASS"
    return Summary(
        run=str(started.data["run"]),
        outcome=outcome,
        verdict=verdict if mode == "run" else f"{verdict} ({mode.upper()})",
        mode=mode,
        acceptance=lines,
        deviations=deviations,
        timeline=tuple(_timeline(entries)),
        identities=tuple(_identities(entries)),
        lessons=tuple(f"{e.data['by']}: {e.data['text']}" for e in _of(entries, Kind.NOTED)),
    )


def _of(entries: Iterable[AnEntry], *kinds: Kind) -> list[AnEntry]:
    return [entry for entry in entries if entry.kind in kinds]


def _acceptance(
    entries: Sequence[AnEntry], plan: Plan, secrets: Sequence[str] | None
) -> Iterable[Line]:
    ended = {str(entry.data["stage"]) for entry in _of(entries, Kind.STAGE_ENDED)}
    steps = _steps(entries)
    if not plan.acceptance:
        for stage in plan.stages:
            yield _line(f"stage {stage.name}", [] if stage.name in ended else ["not ended"])
    for asked in plan.acceptance:
        missing = [why for step in asked.steps if (why := steps.get(step, f"{step}: not reached"))]
        missing += [f"{stage}: not ended" for stage in asked.stages if stage not in ended]
        if asked.no_secrets:
            missing += ["nobody looked"] if secrets is None else list(secrets)
        yield _line(asked.line, missing)


def _line(asked: str, missing: Sequence[str]) -> Line:
    return Line(asked, "FAIL" if missing else "PASS", "; ".join(missing))


def _steps(entries: Sequence[AnEntry]) -> dict[str, str]:
    """Return each step that was tried with what is wrong with its last try, or nothing."""
    steps: dict[str, str] = {}
    for entry in entries:
        step = str(entry.data.get("step", ""))
        if entry.data.get("is_undo"):
            continue
        match entry.kind:
            case Kind.STEP_STARTING:
                steps[step] = f"{step}: not ended"
            case Kind.STEP_ENDED:
                code = entry.data["exit_code"]
                steps[step] = "" if code == 0 else f"{step}: exit {code}"
            case Kind.STEP_FOUND_DONE:
                steps[step] = ""
            case Kind.STEP_CUT_OFF:
                steps[step] = f"{step}: cut off"
            case Kind.CHECKPOINT_CLOSED:
                name = str(entry.data["checkpoint"])
                steps[name] = "" if entry.data["is_approved"] else f"{name}: denied"
            case _:
                pass
    return steps


def _deviations(entries: Sequence[AnEntry]) -> Iterable[str]:
    for entry in entries:
        data = entry.data
        match entry.kind:
            case Kind.DEVIATION:
                yield f"{_time(entry)} {data['what']}: {data['why']}"
            case Kind.OVERRIDDEN:
                people = ", ".join(data["by"])
                yield (
                    f"{_time(entry)} {data['what']} {data['name']} overridden until "
                    f"{data['until']} by {people}: {data['reason']}"
                )
            case Kind.AMENDED:
                changed = ", ".join(str(one["path"]) for one in data["difference"])
                yield f"{_time(entry)} plan amended by {data['by']} ({changed}): {data['reason']}"
            case _:
                pass


def _identities(entries: Sequence[AnEntry]) -> Iterable[str]:
    for entry in _of(entries, Kind.APPROVED, Kind.DENIED):
        did = "approved" if entry.kind == Kind.APPROVED else "denied"
        how = entry.data.get("identity", "claimed")
        yield f"{_time(entry)} {entry.data['checkpoint']} {did} by {entry.data['by']} ({how})"


def _time(entry: AnEntry) -> str:
    return entry.at[:19].replace("T", " ")


def _timeline(entries: Sequence[AnEntry]) -> Iterable[str]:
    story = Story()
    return filter(None, map(story.line, entries))
