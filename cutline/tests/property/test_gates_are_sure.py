"""What gates promise about how often they are wrong: exactly where it can be, else by seeded draws.

With `SOAK=1` there are twenty times as many draws.
"""

from __future__ import annotations

import math
import os
import random
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from cutline.gates import Conditions, Judged, Seen, Verdict, judge, judge_trigger
from cutline.gates.bound import lower, upper
from cutline.gates.quantile import p_beyond
from cutline.gates.trend import p_upward
from cutline.gates.two_rates import Worse, p_worse
from cutline.plan.gate import Gate
from cutline.plan.trigger import Trigger
from cutline.run.reading import Question, Reading, Value

NOW = datetime(2026, 2, 21, 12, tzinfo=UTC)
DRAWS = 8000 if os.environ.get("SOAK") else 250
CONDITIONS = Conditions(
    (
        ("p.errors", "list(string)"),
        ("p.ok", "int"),
        ("p.rss", "double"),
        ("p.seconds", "list(double)"),
        ("p.status", "string"),
        ("p.total", "int"),
    ),
    sides={"p": ("v2", "v1")},
)


def _draw(*seed: object) -> random.Random:
    return random.Random(repr(seed))  # noqa: S311  # seeded draws


def reading(values: dict[str, Value] | None, side: str = "v2") -> Reading:
    return Reading(Question("p", side, NOW, NOW), NOW, values)


def compared(gate: Gate, ours: dict[str, Value], theirs: dict[str, Value], looks: int) -> Judged:
    """The verdict of a gate on v2 against v1."""
    both = {("p", "v2"): reading(ours), ("p", "v1"): reading(theirs, "v1")}
    return judge(gate, "gate", Seen(NOW, both, looks=looks), CONDITIONS)


def most_wrong(chance: float) -> int:
    """So many false alarms among the draws that more would be one test run in 100,000."""
    return int(binom.ppf(1 - 1e-5, DRAWS, chance))


def ever_fires(trigger: Trigger, true_rate: float, items: int) -> float:
    """How likely a trigger fires at one of all looks, exactly: one look after each item."""
    alive = {0: 1.0}
    fired = 0.0
    for total in range(1, items + 1):
        grown: dict[int, float] = {}
        for ok, chance in alive.items():
            grown[ok + 1] = grown.get(ok + 1, 0.0) + chance * true_rate
            grown[ok] = grown.get(ok, 0.0) + chance * (1 - true_rate)
        alive = {}
        for ok, chance in grown.items():
            seen = Seen(NOW, {("p", "v2"): reading({"ok": ok, "total": total})})
            if judge_trigger(trigger, seen, CONDITIONS).verdict is Verdict.FAIL:
                fired += chance
            else:
                alive[ok] = chance
    return fired


TRIGGER = Trigger.model_validate(
    {
        "rate": "p.ok",
        "of": "p.total",
        "below": 95.0,
        "sure": 99,
        "severity": "critical",
        "do": "rollback",
    }
)


def test_a_healthy_canary_is_rolled_back_in_less_than_one_of_a_hundred() -> None:
    """At a true 98 % with 96 imports, looked at after each: 0.2 %. Computed, not drawn."""
    assert 0.001 < ever_fires(TRIGGER, 0.98, 96) < 0.01
    # Half as sure fires several times as often: the figure is not one that always comes out.
    half_as_sure = TRIGGER.model_copy(update={"sure": 90.0})
    assert ever_fires(half_as_sure, 0.98, 96) > 0.04


def test_a_total_outage_fires_after_two_items_and_a_bad_canary_soon() -> None:
    """Two of two lost are enough; at a true 80 % it has fired within 96 imports in 99 of 100."""
    assert ever_fires(TRIGGER, 0.0, 1) == 0.0
    assert ever_fires(TRIGGER, 0.0, 2) == 1.0
    assert ever_fires(TRIGGER, 0.80, 96) > 0.99


@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([90.0, 95.0, 99.0, 99.9]))
def test_bounds_are_those_of_clopper_and_pearson(total: int, share: float, sure: float) -> None:
    """At the bound so few, or so many, items have exactly the probability that is left."""
    count = round(share * total)
    alpha = 1 - sure / 100
    if count < total:
        assert math.isclose(binom.cdf(count, total, upper(count, total, sure)), alpha, rel_tol=1e-6)
    if count > 0:
        at_least = binom.sf(count - 1, total, lower(count, total, sure))
        assert math.isclose(at_least, alpha, rel_tol=1e-6)
    assert lower(count, total, sure) <= count / total <= upper(count, total, sure)


@pytest.mark.parametrize(("ours", "theirs"), [(40, 40), (96, 96), (96, 864), (300, 900)])
@pytest.mark.parametrize("rate", [0.5, 0.98])
def test_identical_systems_fail_a_comparison_of_rates_no_more_often_than_promised(
    ours: int, theirs: int, rate: float
) -> None:
    """Without any margin, four looks at 95 % sure: at most 1.25 % each, whatever the rate."""
    draw = _draw(f"{ours} {theirs} {rate}")
    gate = Gate.model_validate(
        {"rate": "p.ok", "of": "p.total", "than": "v1", "margin": 0.0, "needs": 20}
    )
    failed = 0
    for _ in range(DRAWS):
        counts = [sum(draw.random() < rate for _ in range(n)) for n in (ours, theirs)]
        found = compared(
            gate, {"ok": counts[0], "total": ours}, {"ok": counts[1], "total": theirs}, looks=4
        )
        failed += found.verdict is Verdict.FAIL
    assert failed <= most_wrong(0.05 / 4)


@pytest.mark.parametrize(
    "worse",
    [
        Worse(0.02, is_ratio=False, is_higher=False),
        Worse(0.02, is_ratio=False, is_higher=True),
        Worse(0.10, is_ratio=True, is_higher=False),
        Worse(0.10, is_ratio=True, is_higher=True),
    ],
)
def test_a_comparison_is_exact_on_the_edge_of_its_margin(worse: Worse) -> None:
    """Summed over all tables of two samples of 18: as bad as is allowed fails in at most alpha."""
    size, alpha = 18, 0.05
    counts = range(size + 1)
    fails = [
        [p_worse((ours, size), (theirs, size), worse, alpha) < alpha for theirs in counts]
        for ours in counts
    ]
    greatest = 0.0
    for theirs in (0.05, 0.2, 0.5, 0.8, 0.9):
        ours = theirs * worse.null if worse.is_ratio else theirs + worse.null
        chances = [binom.pmf(counts, size, rate) for rate in (ours, theirs)]
        greatest = max(
            greatest,
            sum(chances[0][a] * chances[1][b] for a in counts for b in counts if fails[a][b]),
        )
    assert 0.01 < greatest <= alpha


@given(st.integers(1, 60), st.integers(1, 60), st.data())
@settings(max_examples=60)
def test_a_worse_result_never_has_a_greater_p_value(
    ours: int, theirs: int, data: st.DataObject
) -> None:
    """One item less of ours is never a better one."""
    worse = Worse(0.01, is_ratio=False, is_higher=False)
    count = data.draw(st.integers(1, ours))
    other = data.draw(st.integers(0, theirs))
    better = p_worse((count, ours), (other, theirs), worse, 1.0)
    assert p_worse((count - 1, ours), (other, theirs), worse, 1.0) <= better + 1e-9


@pytest.mark.parametrize(("ours", "theirs"), [(20, 20), (96, 96), (96, 864)])
def test_identical_systems_fail_a_comparison_of_quantiles_no_more_often_than_promised(
    ours: int, theirs: int
) -> None:
    """Whatever the distribution: drawn from a log-normal one, without any margin, at 95 % sure."""
    draw = _draw(f"{ours} {theirs}")
    gate = Gate.model_validate(
        {"quantile": 0.95, "of": "p.seconds", "than": "v1", "margin": 0.0, "needs": 20}
    )
    failed = 0
    for _ in range(DRAWS):
        seconds = [tuple(draw.lognormvariate(0, 0.5) for _ in range(n)) for n in (ours, theirs)]
        found = compared(gate, {"seconds": seconds[0]}, {"seconds": seconds[1]}, looks=1)
        failed += found.verdict is Verdict.FAIL
    assert failed <= most_wrong(0.05)


@pytest.mark.parametrize(("ours", "theirs", "rank"), [(7, 9, 8), (12, 5, 5), (4, 15, 10)])
def test_the_chance_of_items_beyond_a_rank_is_that_of_shuffled_cards(
    ours: int, theirs: int, rank: int
) -> None:
    """Counted over shuffles of all items, which is what identical systems are."""
    draw = _draw(ours)
    cards = [True] * ours + [False] * theirs
    rounds = 4000
    found = [0] * (ours + 1)
    for _ in range(rounds):
        draw.shuffle(cards)
        place = [at for at, is_ours in enumerate(cards) if not is_ours][rank - 1]
        found[sum(cards[place:])] += 1
    for beyond in range(ours + 1):
        chance = p_beyond(beyond, ours, rank, theirs)
        assert abs(sum(found[beyond:]) / rounds - chance) < 0.035


def process(draw: random.Random, count: int, alike: float) -> list[float]:
    """A stationary series whose neighbours are alike, as memory is."""
    found = [draw.gauss(0, 1)]
    for _ in range(count - 1):
        found.append(alike * found[-1] + math.sqrt(1 - alike**2) * draw.gauss(0, 1))
    return found


def upward(values: list[float], sure: float = 99.0) -> bool:
    """Whether the gate finds a trend in readings of each five minutes."""
    series = {"p.rss": tuple((300.0 * at, one) for at, one in enumerate(values))}
    gate = Gate.model_validate({"no_upward": "p.rss", "sure": sure})
    seen = Seen(NOW, {("p", "v2"): reading({"rss": values[-1]})}, series=series)
    return judge(gate, "gate", seen, CONDITIONS).verdict is Verdict.FAIL


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
def test_a_process_without_a_leak_is_seldom_said_to_have_one(alike: float) -> None:
    """24 h of readings whose neighbours are alike: about 1 in 100 at 99 % sure."""
    draw = _draw(f"{alike}")
    failed = sum(upward(process(draw, 288, alike)) for _ in range(DRAWS // 2))
    assert failed <= binom.ppf(1 - 1e-5, DRAWS // 2, 0.015)


def test_a_leak_as_large_as_three_times_the_noise_is_found() -> None:
    """Over 24 h, in each of the draws with independent noise."""
    draw = _draw("leak")
    for _ in range(20):
        values = [one + 3 * at / 288 for at, one in enumerate(process(draw, 288, 0.0))]
        assert upward(values)


def test_a_series_without_any_change_has_no_trend() -> None:
    """A flat line is neither an error nor a trend."""
    assert p_upward(np.arange(30.0), np.ones(30)) == 1.0


GATES = [
    {"check": 'p.status == "ok" || p.total > 0'},
    {"rate": "p.ok", "of": "p.total", "at_least": 50.0, "needs": 1},
    {"rate": "p.ok", "of": "p.total", "than": "v1", "margin": 50.0, "needs": 1},
    {"quantile": 0.5, "of": "p.seconds", "at_most": 99.0, "needs": 1},
    {"quantile": 0.5, "of": "p.seconds", "than": "v1", "margin": 99.0, "needs": 1},
    {"no_new": "p.errors", "than": "v1", "of": "p.total", "needs": 1},
    {"no_upward": "p.rss", "sure": 99},
    {"attest": "all is well", "equals": True},
]
WHOLE: dict[str, Value] = {
    "status": "ok",
    "ok": 30,
    "total": 30,
    "seconds": (1.0,) * 30,
    "errors": (),
    "rss": 1.0,
}
NONSENSE: list[Value] = [None, float("nan"), -1, "?", True, (None,)]  # type: ignore[list-item]
SERIES = {"p.rss": tuple((60.0 * at, float(at % 5)) for at in range(40))}
READ = {
    "check": {"status", "total"},
    "rate": {"ok", "total"},
    "quantile": {"seconds"},
    "no_new": {"errors", "total"},
    "no_upward": {"rss"},
    "attest": set(),
}


@pytest.mark.parametrize("written", GATES, ids=lambda one: " ".join(map(str, one)))
@given(data=st.data())
@settings(max_examples=60)
def test_what_could_not_be_measured_never_passes(
    written: dict[str, object], data: st.DataObject
) -> None:
    """Whatever field is missing or no such value, on either side: the gate does not pass."""
    gate = Gate.model_validate(written)
    whole = {("p", "v2"): reading(WHOLE), ("p", "v1"): reading(WHOLE, "v1")}
    seen = Seen(NOW, whole, series=SERIES, attested={"gate": True})
    assert judge(gate, "gate", seen, CONDITIONS).verdict is Verdict.PASS
    needed = [("p", "v2"), ("p", "v1")] if gate.than else [("p", "v2")]
    source = data.draw(st.sampled_from(needed))
    field = data.draw(st.sampled_from(sorted(READ[gate.kind]) or ["none"]))
    hurt = dict(whole)
    match data.draw(st.sampled_from(["gone", "blind", "field", "nonsense"])):
        case "gone":
            del hurt[source]
        case "blind":
            hurt[source] = reading(None, source[1])
        case "field":
            hurt[source] = reading({k: v for k, v in WHOLE.items() if k != field}, source[1])
        case _:
            wrong = data.draw(st.sampled_from(NONSENSE))
            if field == "status" and isinstance(wrong, str):
                wrong = None
            if field == "total" and gate.kind == "check" and wrong == -1:
                wrong = None
            if field == "rss" and wrong == -1:
                wrong = None
            hurt[source] = reading({**WHOLE, field: wrong}, source[1])
    attested = {} if gate.kind == "attest" else {"gate": True}
    found = judge(gate, "gate", Seen(NOW, hurt, series=SERIES, attested=attested), CONDITIONS)
    assert found.verdict is not Verdict.PASS, found
