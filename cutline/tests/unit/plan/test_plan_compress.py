"""The same plan in less time."""

from __future__ import annotations

import pytest

from cutline.errors import WrongUsage
from cutline.plan.compress import compressed, largest_factor
from cutline.plan.model import Plan, Window

PLAN = Plan.model_validate(
    {
        "cutline": 1,
        "name": "a",
        "switch": {"nop": {}},
        "hours": {"raise": "Mon-Thu 09:00-16:00"},
        "watch": {"every": "1m", "blind_after": "10m"},
        "window": {"t0": "2026-02-21T12:00:00Z", "close": "2026-02-21T13:00:00Z"},
        "evidence": {"keep": "365d"},
        "probes": {
            "p": {
                "sql": {"dsn": "x", "query": "SELECT 1"},
                "returns": {"n": "int"},
                "over": "1h",
                "fresh": "5m",
                "timeout": "10s",
            }
        },
        "gates": {"g": {"check": "p.n == 0", "tolerate": "2h", "needs": 20}},
        "stages": [
            {
                "name": "canary",
                "at": "T-30m",
                "approve": {"by": "sre", "valid": "24h"},
                "steps": [
                    {
                        "name": "w",
                        "wait_for": {"check": "p.n == 0", "timeout": "10m", "every": "5s"},
                    }
                ],
                "bake": {
                    "for": "24h",
                    "every": "5m",
                    "marks": ["1h", "6h"],
                    "max_hold": "2h",
                    "deadline": "4d",
                },
            }
        ],
        "triggers": [
            {
                "when": "p.n > 1",
                "for": "15m",
                "severity": "low",
                "do": "extend",
                "by": "6h",
                "else": "rollback",
                "after": "1d",
            }
        ],
    }
)


def test_of_a_confirm_only_the_time_for_traffic_stays() -> None:
    """`by` is how long traffic may take; `grace` and `over` shrink, but not below 2 s."""
    confirm = {"rate": "p.n", "of": "p.n", "by": "1h"}
    made = PLAN.model_dump(mode="json", exclude_unset=True, by_alias=True)
    made["switch"] = {"env_file": {"path": "a", "key": "B"}, "confirm": confirm}
    found = compressed(Plan.model_validate(made), 100).switch.confirm
    assert found is not None
    assert (found.by_s, found.grace_s, found.quiet_s) == (3600, 2, 12)


def test_durations_and_spans_are_divided() -> None:
    """A day at a factor of 100 is 864 seconds; what hangs on it shrinks alike."""
    plan = compressed(PLAN, 100)
    stage, trigger = plan.stages[0], plan.triggers[0]
    assert stage.bake is not None
    assert (stage.bake.for_s, stage.bake.every_s, stage.bake.gap_s) == (864, 3, 9)
    assert stage.bake.marks_s == (36, 216, 864)
    assert (stage.bake.max_hold_s, stage.bake.deadline_s) == (72, 3456)
    assert (stage.offset_s, stage.slack_s) == (-18, 6)
    assert (plan.watch.every_s, plan.watch.blind_after_s) == (0.6, 6)
    assert (plan.probes["p"].over_s, plan.probes["p"].fresh_s) == (36, 3)
    assert plan.gates["g"].tolerate_s == 72
    assert (trigger.for_s, trigger.after_s, trigger.by_s) == (9, 864, 216)
    assert plan.window is not None
    assert plan.window.close is not None
    assert (plan.window.close - plan.window.t0).total_seconds() == 36


def test_nothing_shrinks_below_what_systems_need() -> None:
    """`every` stops at 0.2 s, deadlines at 60 s, all but `for`, marks and window at 2 s."""
    plan = compressed(PLAN, 10_000)
    bake = plan.stages[0].bake
    assert bake is not None
    assert (bake.for_s, bake.every_s, bake.marks_s) == (8.64, 0.2, (0.36, 2.16, 8.64))
    assert (bake.gap_s, bake.max_hold_s, bake.deadline_s) == (2, 2, 60)
    assert (plan.watch.every_s, plan.watch.blind_after_s) == (0.2, 2)
    assert plan.probes["p"].fresh_s == 2
    assert plan.stages[0].steps[0].config.every_s == 0.2


def test_timeouts_needs_validity_and_retention_stay() -> None:
    """What is not waited for by the plan is not divided; hours do not apply."""
    plan = compressed(PLAN, 1000)
    assert plan.hours is None
    assert plan.evidence.keep_s == PLAN.evidence.keep_s
    assert plan.gates["g"].needs == 20
    assert plan.probes["p"].timeout_s == 10
    assert plan.stages[0].approve == PLAN.stages[0].approve
    assert plan.stages[0].steps[0].config.timeout_s == 600


def test_what_was_short_stays_as_it_was() -> None:
    """A tolerance of 0 is no tolerance of 2 seconds."""
    strict = PLAN.gates["g"].model_copy(update={"tolerate_s": 0.0})
    assert compressed(PLAN.model_copy(update={"gates": {"g": strict}}), 50).gates["g"] == strict


def test_a_window_comes_sooner() -> None:
    """What lies a while after the start lies less long after it; an instant stays."""
    later = PLAN.model_copy(update={"window": Window(t0="start+40m")})
    found = compressed(later, 20).window
    assert found is not None
    assert found.t0 == 120.0
    assert PLAN.window is not None
    fixed = compressed(PLAN, 20).window
    assert fixed is not None
    assert fixed.t0 == PLAN.window.t0


def test_the_largest_factor_leaves_two_instants_between_marks() -> None:
    """1 h to the first mark is 0.4 s at 9000."""
    assert largest_factor(PLAN) == 9000
    assert compressed(PLAN, 1) == PLAN


@pytest.mark.parametrize("factor", [0, 0.5, -3, float("nan"), float("inf")])
def test_a_factor_that_means_nothing_is_refused(factor: float) -> None:
    """Time is not stretched, stopped or turned round."""
    with pytest.raises(WrongUsage):
        compressed(PLAN, factor)
