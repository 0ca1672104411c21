"""A condition of the plan, measured now: its probes are asked, then it is judged as a gate is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cutline.errors import Problem
from cutline.gates import Conditions, Seen, Verdict, judge
from cutline.plan.gate import Gate
from cutline.plan.model import Plan
from cutline.run.holding import Holding
from cutline.run.reading import Question, Reading

Ask = Callable[[Sequence[Question]], Sequence[Reading]]
_HOLDS: Mapping[Verdict, bool | None] = {Verdict.PASS: True, Verdict.FAIL: False}


@dataclass(frozen=True, slots=True)
class Measure:
    """Asks only the probes that a condition names, all at once. `statics` are its other names."""

    plan: Plan
    statics: Mapping[str, object]
    ask: Ask

    def holds(self, text: str) -> Holding:
        """Say whether a condition holds now. What could not be measured is neither."""
        conditions = Conditions.of(self.plan, self.statics)
        try:
            named = {(f.probe, f.side) for _, f in conditions.compiled(text).fields}
        except Problem as problem:
            return Holding(None, f"{problem.what}: {problem.why}")
        now = datetime.now(UTC)
        questions = [self._question(probe, side, now) for probe, side in sorted(named, key=str)]
        readings = {(r.question.probe, r.question.side): r for r in self.ask(questions)}
        judged = judge(Gate(check=text), text, Seen(datetime.now(UTC), readings), conditions)
        figures = ", ".join(f"{name} = {value}" for name, value in judged.figures.items())
        return Holding(_HOLDS.get(judged.verdict), figures or judged.why)

    def _question(self, probe: str, side: str | None, now: datetime) -> Question:
        span = timedelta(seconds=self.plan.probes[probe].over_s)
        return Question(probe, side, now - span, now)
