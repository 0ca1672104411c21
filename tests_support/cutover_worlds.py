"""Generated plans, and worlds in which everything that can go wrong does: for the run's rules.

A `Case` is a plan with a script: what probes say minute by minute, what hands do to the switch,
when nobody watches, what people answer, and after which journal entries the process is killed.
`played` plays it and returns everything that happened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cutline.evidence.entry import Entry
from cutline.evidence.journal import MemoryJournal
from cutline.run.fold import begun, fold
from cutline.run.reading import Question
from cutline.run.state import State
from cutline.run.transitions import Phase
from tests_support.cutover import T0, Cutover

IS_SOAK = os.environ.get("SOAK") == "1"
MOODS = ("good", "bad", "blind", "missing", "thin", "stuck")
SAYS: Mapping[str, Mapping[str, Any] | None] = {
    "good": {"ok": 980, "total": 1000, "stuck": 0},
    "bad": {"ok": 500, "total": 1000, "stuck": 0},
    "blind": None,
    "missing": {"ok": 980, "stuck": 0},
    "thin": {"ok": 1, "total": 1, "stuck": 0},
    "stuck": {"ok": 980, "total": 1000, "stuck": 11},
}
GATES: Mapping[str, Mapping[str, Any]] = {
    "healthy": {"check": 'health.status == "ok"'},
    "success": {"rate": "imports.ok", "of": "imports.total", "at_least": 95.0, "needs": 20},
    "either": {"check": "imports.stuck < 5 || imports.total > 0"},
    "patient": {"check": "imports.stuck == 0", "tolerate": "10m"},
    "marked": {"rate": "imports.ok", "of": "imports.total", "at_least": 90.0, "at": "marks"},
    "warned": {"check": "imports.stuck == 0", "severity": "WARNING"},
}
TRIGGERS: tuple[Mapping[str, Any], ...] = (
    {"when": "imports.stuck > 10", "severity": "critical", "do": "rollback"},
    {"when": "imports.stuck > 10", "severity": "high", "do": "pause", "for": "6m", "name": "slow"},
    {
        "when": "imports.stuck > 9",
        "severity": "medium",
        "do": "notify",
        "else": "rollback",
        "after": "20m",
        "name": "flapping",
    },
    {
        "rate": "imports.ok",
        "of": "imports.total",
        "below": 90.0,
        "sure": 99,
        "severity": "critical",
        "do": "rollback",
        "name": "failing",
    },
    {"report": "complaint", "severity": "high", "do": "ask", "else": "rollback", "after": "1h"},
)


class Killed(BaseException):
    """The process died."""


class MortalJournal(MemoryJournal):
    """Dies around chosen entries: before they are written, or just after."""

    def __init__(self, deaths: Mapping[int, bool]) -> None:
        super().__init__()
        self.deaths = dict(deaths)

    def append(self, kind: str, data: Mapping[str, object], at: datetime) -> Entry:
        """Record one thing, or die."""
        number = len(self.entries()) + 1
        is_written = self.deaths.pop(number, None)
        if is_written is False:
            raise Killed(number)
        entry = super().append(kind, data, at)
        if is_written:
            raise Killed(number)
        return entry


@dataclass(frozen=True)
class Case:
    """A plan and what happens to it. Minutes count from the start."""

    plan: Mapping[str, Any]
    moods: Sequence[tuple[int, str]] = ((10_000, "good"),)
    sick: Sequence[tuple[int, int]] = ()  # minutes in which health is not ok
    hands: Mapping[int, int] = field(default_factory=dict)  # minute: percent set by hand
    absences: Mapping[int, int] = field(default_factory=dict)  # minute: for how many
    backs: Mapping[int, int] = field(default_factory=dict)  # minute: clock goes back by
    messages: Mapping[int, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    deaths: Mapping[int, bool] = field(default_factory=dict)
    lies: bool = False
    approves_after: int | None = 0  # ticks until people answer; None: never
    resumes_after: int | None = 3
    minutes: int = 400


@dataclass
class Played:
    """What happened: the run, and for each tick the instant with the state after it."""

    cutover: Cutover
    case: Case
    ticks: list[tuple[datetime, State]] = field(default_factory=list)
    kills: int = 0

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the journal."""
        return self.cutover.journal.entries()

    def steps(self) -> Iterator[tuple[State, Entry, State]]:
        """Yield each entry with the state before and after it."""
        state = begun(self.entries[0])
        for entry in self.entries[1:]:
            after = fold(state, entry)
            yield state, entry, after
            state = after


def mood_at(case: Case, at: datetime) -> str:
    """Return what the imports are like at an instant."""
    minute = (at - T0).total_seconds() / 60
    for length, mood in case.moods:
        if minute < length:
            return mood
        minute -= length
    return "good"


def played(case: Case) -> Played:
    """Play a case to its end or its last minute."""
    cutover = Cutover(case.plan, journal=MortalJournal(case.deaths))
    world, done = cutover.world, Played(cutover, case)

    def imports(question: Question) -> Mapping[str, Any] | None:
        return SAYS[mood_at(case, question.until)]

    def health(question: Question) -> Mapping[str, Any]:
        minute = (question.until - T0).total_seconds() / 60
        return {"status": "ill" if any(a <= minute < b for a, b in case.sick) else "ok"}

    world.answers = {
        "imports": imports,
        "health": health,
        "decisions": lambda _: {"v2": 10 * (world.percent or 0), "total": 1000},
    }
    world.lies = case.lies
    todo = _Script(case, cutover)
    while not cutover.state.is_over:
        minute = int((cutover.clock.now() - T0).total_seconds() // 60)
        if minute >= case.minutes or len(done.ticks) > 2 * case.minutes:
            break
        todo.at(minute)
        now = cutover.clock.now()
        try:
            cutover.state = cutover.driver.tick(cutover.state)
        except Killed:
            done.kills += 1
            cutover.restart()
        done.ticks.append((now, cutover.state))
        cutover.clock.sleep(cutover.plan.watch.every_s)
    return done


class _Script:
    """The hands and people of a case, each thing done once."""

    def __init__(self, case: Case, cutover: Cutover) -> None:
        self.case, self.cutover = case, cutover
        self.hands, self.absences = dict(case.hands), dict(case.absences)
        self.backs, self.messages = dict(case.backs), dict(case.messages)
        self.asked: dict[tuple[str, datetime], int] = {}
        self.paused: dict[tuple[str, datetime], int] = {}

    def at(self, minute: int) -> None:
        """Do what is due."""
        cutover = self.cutover
        for when in [one for one in self.hands if one <= minute]:
            cutover.world.percent = self.hands.pop(when)
        for when in [one for one in self.absences if one <= minute]:
            cutover.clock.sleep(60.0 * self.absences.pop(when))
        for when in [one for one in self.backs if one <= minute]:
            cutover.clock.sleep(-60.0 * self.backs.pop(when))
        for when in [one for one in self.messages if one <= minute]:
            verb, data = self.messages.pop(when)
            cutover.say(verb, by="bea", **data)
        self._people()

    def _people(self) -> None:
        state, case = self.cutover.state, self.case
        if case.approves_after is not None:
            for point in state.asks:
                key = (point.name, point.opened_at)
                waited = self.asked[key] = self.asked.get(key, -1) + 1
                if waited == case.approves_after:
                    for by in ("bea", "cyd"):
                        self.cutover.say("approve", by=by, checkpoint=point.name)
        if case.resumes_after is not None:
            for pause in state.pauses.values():
                key = (pause.reason, pause.at)
                waited = self.paused[key] = self.paused.get(key, -1) + 1
                if waited == case.resumes_after:
                    if pause.reason.startswith("step "):
                        self.cutover.say("retry", by="bea", step=pause.reason[5:])
                    else:
                        self.cutover.say("resume", by="bea", reason=pause.reason)


PEOPLE = {name: {"roles": ["sre"]} for name in ("ana", "bea", "cyd")}


def plan_of(
    stages: Sequence[Mapping[str, Any]], triggers: Sequence[Mapping[str, Any]] = (), **more: Any
) -> dict[str, Any]:
    """Return a plan with our probes and gates, and these stages and triggers."""
    imports = {"returns": {"ok": "int", "total": "int", "stuck": "int"}, "over": "10m"}
    probes: dict[str, Any] = {
        "imports": {"http": {"get": "http://i"}, "past": more.pop("past", True), **imports},
        "health": {"http": {"get": "http://h"}, "returns": {"status": "string"}},
        "decisions": {
            "http": {"get": "http://d"},
            "returns": {"v2": "int", "total": "int"},
            "over": "15m",
        },
    }
    switch: dict[str, Any] = {"env_file": {"path": ".env", "key": "V2"}}
    if more.pop("confirms", False):
        switch["confirm"] = {"rate": "decisions.v2", "of": "decisions.total", "needs": 10}
    return {
        "cutline": 1,
        "name": "generated",
        "people": PEOPLE,
        "switch": switch,
        "probes": probes,
        "gates": GATES,
        "stages": list(stages),
        "triggers": list(triggers),
        **more,
    }


@st.composite
def stages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One to three stages whose traffic rises, some with steps and approvals."""
    percents = sorted(draw(st.sets(st.sampled_from((5, 10, 50, 100)), min_size=1, max_size=3)))
    made: list[dict[str, Any]] = []
    for number, percent in enumerate(percents):
        length = draw(st.sampled_from((10, 20, 45)))
        marks = draw(st.sampled_from(([], ["10m"], "every 10m")))
        stage: dict[str, Any] = {
            "name": f"stage {number}",
            "percent": percent,
            "bake": {
                "for": f"{length}m",
                "every": "5m",
                "marks": marks,
                "max_hold": draw(st.sampled_from(("0", "15m", "1h"))),
            },
            "gates": draw(st.lists(st.sampled_from(sorted(GATES)), unique=True, max_size=4)),
            "on_fail": draw(st.sampled_from(("hold", "hold", "extend", "rollback"))),
        }
        if draw(st.integers(0, 3)) == 0:
            stage["bake"]["deadline"] = "2h"
        if draw(st.integers(0, 2)) == 0:
            stage["approve"] = {"by": "sre", "quorum": draw(st.sampled_from((1, 2)))}
        if draw(st.integers(0, 2)) == 0:
            stage["steps"] = [{"name": f"step {number}", "command": ["x"], "undo": ["y"]}]
        made.append(stage)
    return made


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A whole plan."""
    more: dict[str, Any] = {"past": draw(st.booleans()), "confirms": draw(st.booleans())}
    more["watch"] = {"every": "1m", "blind_after": draw(st.sampled_from(("5m", "30m")))}
    more["watch"]["on_blind"] = draw(st.sampled_from(("pause", "rollback", "notify")))
    if draw(st.booleans()):
        more["rollback"] = {
            "diagnose": ["imports"],
            "drained": {"check": "imports.stuck == 0", "timeout": "10m"},
        }
    chosen = draw(st.lists(st.sampled_from(TRIGGERS), unique_by=str, max_size=3))
    return plan_of(draw(stages()), chosen, **more)


def _minutes() -> st.SearchStrategy[int]:
    return st.integers(1, 240)


@st.composite
def cases(draw: st.DrawFn, deaths: bool = True) -> Case:  # noqa: FBT001, FBT002
    """A plan in a world where things go wrong; most minutes are good, so that runs get on."""
    bad = st.tuples(st.integers(1, 25), st.sampled_from(MOODS))
    good = st.tuples(st.integers(5, 60), st.just("good"))
    moods = draw(st.lists(st.one_of(good, bad), max_size=8))
    rarely = st.integers(0, 3).map(lambda n: n == 0)
    sick = draw(st.lists(st.tuples(_minutes(), _minutes()), max_size=1))
    some = st.dictionaries(_minutes(), st.sampled_from((0, 5, 50, 100)), max_size=1)
    verbs = st.sampled_from(
        (
            ("pause", {}),
            ("note", {"text": "seen"}),
            ("report", {"what": "complaint"}),
            ("rollback", {"reason": "said so"}),
            ("extend", {"by_s": 600}),
            ("resume", {}),
            ("abort", {}),
            ("deny", {"checkpoint": "stage 1"}),
        )
    )
    return Case(
        plan=draw(plans()),
        moods=moods,
        sick=[(a, min(b, a + 20)) for a, b in sick],
        hands=draw(some) if draw(rarely) else {},
        absences=draw(st.dictionaries(_minutes(), st.integers(2, 90), max_size=1)),
        backs=draw(st.dictionaries(_minutes(), st.integers(1, 60), max_size=1))
        if draw(rarely)
        else {},
        messages=draw(st.dictionaries(_minutes(), verbs, max_size=2)),
        deaths=draw(st.dictionaries(st.integers(3, 200), st.booleans(), max_size=3))
        if deaths
        else {},
        lies=draw(rarely) and draw(rarely),
        approves_after=draw(st.sampled_from((0, 2, None))),
        resumes_after=draw(st.sampled_from((0, 4, None))),
        minutes=300,
    )


def often(count: int) -> settings:
    """Return settings for that many examples; ten times as many in a soak."""
    return settings(
        max_examples=count * (10 if IS_SOAK else 1),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def minutes_apart(one: datetime, other: datetime) -> float:
    """Return the distance of two instants in minutes."""
    return (other - one) / timedelta(minutes=1)


__all__ = [
    "GATES",
    "TRIGGERS",
    "Case",
    "Killed",
    "MortalJournal",
    "Phase",
    "Played",
    "cases",
    "minutes_apart",
    "mood_at",
    "often",
    "plan_of",
    "plans",
    "played",
    "stages",
]
