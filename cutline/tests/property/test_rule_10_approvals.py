"""Rule 10: an approval binds to its brief, lapses, and a quorum is distinct people."""

from __future__ import annotations

import copy
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from tests_support.cutover import T0, Cutover
from tests_support.cutover_worlds import TRIGGERS, Case, cases, often, plan_of, played

from cutline.plan.model import Person
from cutline.run.checkpoint import Approval, Checkpoint, is_enough
from cutline.run.ports import Identified
from cutline.run.transitions import Phase

PEOPLE = {
    "ana": Person(roles=("sre",)),
    "ben": Person(roles=("sre", "dba")),
    "eva": Person(roles=("dba",)),
    "out": Person(),
}
ONE = {"name": "one", "percent": 10, "bake": {"for": "10m"}, "gates": ["success"]}


def asking(triggers: object = (), **approve: object) -> Cutover:
    two = {"name": "two", "approve": {"by": "sre", **approve}, "percent": 50}
    cutover = Cutover(plan_of([ONE, two], triggers))
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: bool(state.asks))
    return cutover


@often(150)
@given(
    st.lists(st.sampled_from(sorted(PEOPLE)), max_size=5),
    st.lists(st.sampled_from(["sre", "dba"]), max_size=3),
    st.integers(1, 3),
)
def test_a_quorum_is_distinct_people_one_for_each_role(
    given_by: list[str], roles: list[str], quorum: int
) -> None:
    """Every way of seating the people is tried by hand, and the core agrees."""
    approvals = tuple(Approval(by, "claimed", T0) for by in dict.fromkeys(given_by))
    point = Checkpoint("p", "stage", "s", "b", "ask", T0, tuple(roles), quorum, approvals=approvals)
    names = [approval.by for approval in approvals]
    seated = any(
        all(role in PEOPLE[person].roles for role, person in zip(roles, order, strict=False))
        for order in permutations(names)
        if len(order) >= len(roles)
    )
    assert is_enough(point, PEOPLE) == (seated and len(names) >= max(quorum, len(roles), 1))


@often(15)
@given(cases())
def test_no_stage_is_raised_without_its_quorum(case: Case) -> None:
    """Where a stage asks, its raise follows a closed checkpoint that has not lapsed."""
    asks = {one["name"]: one["approve"] for one in case.plan["stages"] if "approve" in one}
    for before, entry, _ in played(case).steps():
        if entry.kind == "stage_started":
            answered: set[str] = set()
        if entry.kind == "approved":
            assert entry.data["brief"] == before.checkpoints[entry.data["checkpoint"]].brief
            answered.add(entry.data["by"])
        if entry.kind == "lapsed":
            answered = set()
        stage = before.stage
        if entry.kind == "switch_setting" and stage is not None and stage.name in asks:
            is_rise = entry.data["percent"] > (before.traffic.percent or 0)
            if is_rise and before.raised_at is None:
                people = answered - ({"ana"} if asks[stage.name]["quorum"] > 1 else set())
                assert len(people) >= asks[stage.name]["quorum"]


def test_each_thing_that_makes_it_lapse() -> None:
    """A gate that stops passing, a trigger, and age: the yes is asked for anew."""
    for reason in ("gate", "trigger", "age"):
        cutover = asking([TRIGGERS[1] | {"for": "0"}], quorum=2)
        cutover.say("approve", by="bea", checkpoint="two")
        cutover.tick()
        assert cutover.state.asks[0].approvals
        if reason == "gate":
            cutover.world.answers["imports"] = lambda _: {"ok": 0, "total": 1000, "stuck": 0}
        if reason == "trigger":
            cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 11}
        cutover.tick(1500 if reason == "age" else 6)
        assert cutover.of("lapsed"), reason
        cutover.say("approve", by="cyd", checkpoint="two")
        cutover.tick(2)
        assert cutover.world.percent == 10, reason


def test_outside_hours_an_approval_does_not_grow_older() -> None:
    """A yes of Thursday is good on Monday, as `valid` counts hours in which one may raise."""
    two = {"name": "two", "approve": {"by": "sre", "quorum": 2, "valid": "8h"}, "percent": 50}
    one = {"name": "one", "percent": 10}
    plan = plan_of([one, two], hours={"raise": "Mon-Thu 09:00-16:00"})
    plan["watch"] = {"every": "20m", "blind_after": "90m"}
    cutover = Cutover(plan)
    cutover.until(lambda state: bool(state.asks))
    cutover.clock.sleep(3 * 86400 + 4 * 3600)
    cutover.tick()
    cutover.say("approve", by="bea", checkpoint="two")
    cutover.tick()
    before = len(cutover.of("lapsed"))
    cutover.tick(3 * 72)
    assert len(cutover.of("lapsed")) == before
    cutover.tick(3 * 26)
    assert len(cutover.of("lapsed")) == before + 1


def test_one_no_closes_the_checkpoint() -> None:
    """After a deny nobody's yes counts until a person resumes; then it is asked anew."""
    cutover = asking()
    cutover.say("deny", by="bea", checkpoint="two", note="not today")
    cutover.tick()
    cutover.say("approve", by="cyd", checkpoint="two")
    cutover.tick(3)
    assert cutover.world.percent == 10
    assert [one["is_accepted"] for one in cutover.of("message")] == [True, False]
    cutover.say("resume", by="bea", reason="denied two")
    cutover.tick()
    cutover.say("approve", by="cyd", checkpoint="two")
    cutover.tick(2)
    assert cutover.world.percent == 50


def test_who_started_the_run_does_not_count_from_two_on() -> None:
    """Of two people none may be the one whose run it is."""
    cutover = asking(quorum=2)
    for by in ("ana", "bea"):
        cutover.say("approve", by=by, checkpoint="two")
    cutover.tick(2)
    assert cutover.world.percent == 10
    cutover.say("approve", by="cyd", checkpoint="two")
    cutover.tick(2)
    assert cutover.world.percent == 50


def test_an_answer_to_another_brief_is_refused() -> None:
    """What a person saw and what is open must be the same."""
    cutover = asking()
    cutover.say("approve", by="bea", checkpoint="two", brief="0" * 64)
    cutover.tick()
    assert "another brief" in cutover.of("message")[0]["why"]
    assert cutover.state.phase is Phase.APPROVING


def test_ssh_is_asked_for_where_the_plan_says_so() -> None:
    """A claimed name does not open a checkpoint that wants a signature."""
    cutover = asking(identity="ssh")
    cutover.say("approve", by="bea", checkpoint="two")
    cutover.tick()
    assert "signature" in cutover.of("message")[0]["why"]
    cutover.driver.identify = lambda *_: Identified("ssh")
    cutover.say("approve", by="cyd", checkpoint="two", signature="…")
    cutover.tick(2)
    assert cutover.of("approved")[0]["identity"] == "ssh"
    assert cutover.world.percent == 50


@often(25)
@given(
    author=st.sampled_from(("ana", "bea", "cyd", "dan")),
    answers=st.lists(st.sampled_from(("ana", "bea", "cyd", "dan")), max_size=6),
    is_looser=st.booleans(),
)
def test_nobody_agrees_to_an_amendment_of_his_own(
    author: str, answers: list[str], *, is_looser: bool
) -> None:
    """Tighter takes one other person, looser two, and of two neither who started the run."""
    plan = plan_of([{**ONE, "bake": {"for": "9h"}}])
    plan["people"] = {name: {"roles": ["sre"]} for name in ("ana", "bea", "cyd", "dan")}
    cutover = Cutover(plan)
    cutover.world.answers["imports"] = lambda _: {"ok": 990, "total": 1000, "stuck": 0}
    cutover.until(lambda state: state.phase is Phase.BAKING)
    changed = copy.deepcopy(cutover.plan.model_dump(mode="json", exclude_unset=True))
    changed["gates"]["success"]["at_least"] = 90.0 if is_looser else 97.0
    asked = {"plan": {"digest": "e" * 64, "model": changed}, "reason": "learned something"}
    cutover.say("amend", by=author, **asked)
    cutover.tick()
    for by in answers:
        cutover.say("approve", by=by, checkpoint="amend")
        cutover.tick()
    others = set(answers) - {author} - ({"ana"} if is_looser else set())
    assert bool(cutover.of("amended")) == (len(others) >= (2 if is_looser else 1))
    assert author not in {one["by"] for one in cutover.of("approved")}
