"""A run can be killed between any two entries and goes on where it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover_worlds import IS_SOAK, Case, cases, often, plan_of, played

from cutline.run.open import resume
from cutline.run.transitions import BACK, PHASES

STEPS = [
    {"name": "safe", "command": ["a"], "repeatable": True},
    {"name": "told", "command": ["a"], "done": 'health.status == "ok"'},
    {"name": "once", "command": ["a"], "undo": ["b"]},
]
STAGES = [
    {"name": "one", "steps": STEPS, "gates": ["healthy"]},
    {
        "name": "two",
        "approve": {"by": "sre", "quorum": 2},
        "percent": 50,
        "bake": {"for": "20m", "marks": ["10m"]},
        "gates": ["success"],
    },
]


def test_killed_at_every_entry_it_ends_the_same() -> None:
    """Before and after each entry: same outcome, same switch, and no step twice by itself."""
    whole = played(Case(plan_of(STAGES, confirms=True), minutes=200))
    assert whole.cutover.state.outcome == "complete"
    size = len(whole.entries)
    assert size > 50
    for number in range(2, size + 1, 1 if IS_SOAK else 3):
        for is_written in (True, False):
            case = Case(plan_of(STAGES, confirms=True), deaths={number: is_written}, minutes=300)
            done = played(case)
            assert done.kills == 1
            assert done.cutover.state.outcome == "complete", (number, is_written)
            assert done.cutover.world.percent == 50
            started = [call.step for call in done.cutover.world.started]
            assert started.count("told") <= 2
            # A cut-off step that nobody can tell about ran again only because a person said so.
            retried = [one for one in done.cutover.of("message") if one["verb"] == "retry"]
            assert started.count("once") <= 1 + len(retried)


@often(15)
@given(cases())
def test_the_journal_is_the_state(case: Case) -> None:
    """Whatever happened: the fold of the journal is what the driver held at the end."""
    done = played(case)
    assert resume(done.cutover.journal) == done.cutover.state


@often(15)
@given(cases())
def test_every_way_taken_is_in_the_table(case: Case) -> None:
    """The phases of a run follow the transition table, entry by entry."""
    for before, _, after in played(case).steps():
        if before.phase is not after.phase and not after.is_over:
            assert (before.phase, after.phase) in PHASES
        if before.rollback is not None and after.rollback is not None:
            pair = before.rollback.state, after.rollback.state
            assert pair[0] is pair[1] or pair in BACK


@often(10)
@given(st.integers(1, 4), st.booleans())
def test_a_step_key_stays_the_same_on_each_try(tries: int, is_written: bool) -> None:  # noqa: FBT001  # hypothesis draws it
    """`CUTLINE_STEP_KEY` is one for a step, however often it is tried."""
    case = Case(plan_of(STAGES), deaths=dict.fromkeys(range(3, 3 + tries), is_written), minutes=200)
    starting = played(case).cutover.of("step_starting")
    for step in ("safe", "told", "once"):
        assert len({one["key"] for one in starting if one["step"] == step}) == 1
