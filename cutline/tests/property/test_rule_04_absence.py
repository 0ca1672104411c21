"""Rule 4: after an absence the first tick asks about the past; what has none stays a gap."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, minutes_apart, often, plan_of, played

STAGE = {
    "name": "only",
    "percent": 10,
    "bake": {"for": "4h", "every": "5m", "max_hold": "30m"},
    "gates": ["success"],
}
TRIGGER = {"when": "imports.stuck > 10", "severity": "critical", "do": "rollback"}


def absent(minutes: int, *, has_past: bool, watched: bool = False) -> Cutover:
    cutover = Cutover(plan_of([STAGE], [TRIGGER] if watched else [], past=has_past))
    cutover.world.answers["imports"] = lambda _: {"ok": 99, "total": 100, "stuck": 0}
    cutover.until(lambda state: state.bake.total_s >= 3600)
    cutover.world.asked.clear()
    cutover.clock.sleep(60.0 * minutes)
    return cutover


@often(15)
@given(minutes=st.integers(1, 150), has_past=st.booleans())
def test_what_has_a_past_fills_the_gap(minutes: int, has_past: bool) -> None:  # noqa: FBT001  # hypothesis draws it
    """The clock goes on as if watched where the past can be asked, else the time is lost."""
    cutover = absent(minutes, has_past=has_past)
    before = cutover.state
    cutover.tick()
    after = cutover.state
    since = minutes_apart(before.ticked_at, after.ticked_at)
    late = [question for question in cutover.world.asked if question.is_late]
    assert all(question.until < after.ticked_at for question in late)
    if has_past and since > 3:
        assert after.bake.total_s == 3600 + 300 * int(
            minutes_apart(before.bake.last_at, after.ticked_at) // 5
        )
    if not has_past:
        assert not late
        gap_s = (after.ticked_at - before.bake.last_at).total_seconds()
        if gap_s > 900:
            assert after.bake.total_s == (3600 if gap_s <= 1800 else 0)
    ticks = [entry for entry in cutover.of("tick") if entry["is_late"]]
    assert len(ticks) == len({question.until for question in late})
    told = [one.what for one in after.deviations]
    assert told == (["absence"] if since > 10 else [])


@often(10)
@given(at=st.integers(10, 80), length=st.integers(5, 30))
def test_a_symptom_of_the_missed_time_fires(at: int, length: int) -> None:
    """What a trigger would have seen while nobody watched is acted on, before anything else."""
    cutover = absent(120, has_past=True, watched=True)
    gone = cutover.state.ticked_at
    sick = (gone + timedelta(minutes=at), gone + timedelta(minutes=at + length))
    cutover.world.answers["imports"] = lambda question: {
        "ok": 99,
        "total": 100,
        "stuck": 11 if sick[0] <= question.until < sick[1] else 0,
    }
    cutover.tick()
    assert cutover.world.percent == 0
    assert cutover.state.rollback is not None


@often(10)
@given(cases())
def test_every_long_absence_is_a_deviation(case: Case) -> None:
    """Between two looks at the switch lie at most `blind_after`, or an ABSENT entry says so."""
    done = played(case)
    limit_s = done.cutover.plan.watch.blind_after_s
    last: datetime | None = None
    said = False
    for before, entry, _ in done.steps():
        if entry.kind == "absent":
            said = True
        if entry.kind == "tick" and not entry.data["is_late"]:
            at = datetime.fromisoformat(entry.at)
            if last is not None and (at - last).total_seconds() > limit_s:
                assert said, before.at
            last, said = at, False
