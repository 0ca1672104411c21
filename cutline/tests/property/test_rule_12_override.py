"""Rule 12: an override is named, expires, needs two, and never makes blind data pass."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import TRIGGERS, often, plan_of

from cutline.run.transitions import Phase

STAGE = {"name": "only", "percent": 10, "bake": {"for": "1h"}, "gates": ["success"]}
LONGEST_H = {"gate": 24, "bake": 24, "trigger": 4}


def baking(values: object, stage: object = STAGE, triggers: object = ()) -> Cutover:
    cutover = Cutover(plan_of([stage], triggers))
    cutover.world.answers["imports"] = lambda _: values
    cutover.until(lambda state: state.phase is Phase.BAKING)
    return cutover


def asked(cutover: Cutover, what: str, name: str, hours: float, approvals: int = 2) -> None:
    until = (cutover.clock.now() + timedelta(hours=hours)).isoformat()
    cutover.say("override", what=what, name=name, until=until, reason="known and harmless")
    cutover.tick()
    for by in ("bea", "cyd")[:approvals]:
        cutover.say("approve", by=by, checkpoint=f"override {what} {name}")
    cutover.tick()


@often(25)
@given(
    st.sampled_from((("gate", "success"), ("bake", "only"), ("trigger", "imports.stuck > 10"))),
    st.floats(0.1, 48),
    st.integers(0, 2),
)
def test_it_takes_two_and_a_limit(named: tuple[str, str], hours: float, approvals: int) -> None:
    """24 hours at most, four for a trigger, two people."""
    cutover = baking({"ok": 990, "total": 1000, "stuck": 0}, triggers=[TRIGGERS[0]])
    asked(cutover, *named, hours, approvals)
    is_made = hours <= LONGEST_H[named[0]] and approvals == 2
    assert bool(cutover.of("overridden")) == is_made
    if is_made:
        assert cutover.state.verdict == "PASS WITH DEVIATIONS"
        assert cutover.of("overridden")[0]["by"] == ["bea", "cyd"]


def test_a_waived_gate_counts_as_passed_until_it_expires() -> None:
    """The clock runs over its FAIL, and stands at zero again when the time is over."""
    stage = {**STAGE, "bake": {"for": "9h"}}
    cutover = baking({"ok": 500, "total": 1000, "stuck": 0}, stage)
    asked(cutover, "gate", "success", 2)
    cutover.tick(100)
    assert cutover.state.bake.total_s >= 3600
    assert cutover.state.gates["success"].is_waived
    cutover.tick(60)
    assert cutover.of("override_ended")
    assert cutover.state.bake.total_s == 0


def test_blind_is_blind_whoever_waives_it() -> None:
    """What could not be measured does not pass by people saying so."""
    cutover = baking(None)
    asked(cutover, "gate", "success", 20)
    cutover.tick(200)
    assert cutover.state.bake.total_s == 0
    assert not cutover.state.is_over


def test_a_bake_ended_early_still_wants_every_gate() -> None:
    """Time is what people give; the verdicts at its end are not theirs to give."""
    for ok, is_over in ((990, True), (500, False)):
        cutover = baking({"ok": ok, "total": 1000, "stuck": 0}, {**STAGE, "bake": {"for": "9h"}})
        asked(cutover, "bake", "only", 20)
        cutover.tick(10)
        assert cutover.state.is_over is is_over


def test_a_silenced_trigger_does_not_fire_until_it_expires() -> None:
    """A false alarm is silent for its time and no longer."""
    cutover = baking({"ok": 990, "total": 1000, "stuck": 0}, {**STAGE, "bake": {"for": "9h"}},
                     [TRIGGERS[0]])  # fmt: skip
    asked(cutover, "trigger", "imports.stuck > 10", 1)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 11}
    cutover.tick(50)
    assert cutover.state.rollback is None
    cutover.tick(15)
    assert cutover.state.rollback is not None
