"""Rule 13: a run starts at its first stage; after a rollback the next one says what it follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import Cutover
from tests_support.cutover_worlds import Case, cases, often, plan_of, played

from cutline.run.open import RunRefused


@often(15)
@given(cases())
def test_stages_come_in_their_order_and_each_ends_before_the_next(case: Case) -> None:
    """Whatever happens, the stages that began are the first of the plan, one after another."""
    done = played(case)
    names = [stage["name"] for stage in case.plan["stages"]]
    begun = [one["stage"] for one in done.cutover.of("stage_started")]
    ended = [one["stage"] for one in done.cutover.of("stage_ended")]
    assert begun == names[: len(begun)]
    assert ended == begun[: len(ended)]
    assert len(begun) - len(ended) in {0, 1}
    if done.cutover.state.outcome == "complete":
        assert ended == names


@often(20)
@given(st.sampled_from(("complete", "rolled back", "aborted")), st.booleans(), st.booleans())
def test_a_run_after_a_rollback_names_it(outcome: str, names_it: bool, says_fixed: bool) -> None:  # noqa: FBT001  # hypothesis draws it
    """It names the run it follows and what was fixed, or does not begin."""
    given_words = {
        "follows": "test/0" if names_it else "",
        "fixed": "the pool is larger" if says_fixed else "",
        "previous": ("test/0", outcome),
    }
    if outcome == "complete" or (names_it and says_fixed):
        cutover = Cutover(plan_of([{"name": "only"}]), **given_words)
        assert cutover.state.stage_index == -1
        assert cutover.of("started")[0]["follows"] == given_words["follows"]
    else:
        with pytest.raises(RunRefused):
            Cutover(plan_of([{"name": "only"}]), **given_words)
