"""The gate `no_upward`: no upward trend, such as memory that leaks.

One-sided test of Mann, Econometrica 13 (1945) 245, and Kendall, with the variance that Hamed and
Rao, Journal of Hydrology 204 (1998) 182, give for autocorrelated series: neighbouring readings of
one process are alike, and counting them as independent finds trends where there are none. The
first autocorrelation is corrected for the bias that Marriott and Pope, Biometrika 41 (1954) 390,
give. Many readings are averaged into at most `BLOCKS`, which takes out most of it. The slope is
that of Theil and Sen.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from cutline.gates.conditions import Conditions
from cutline.gates.field import NotMeasured, number, value
from cutline.gates.seen import Seen
from cutline.gates.verdict import Figures, Judged, Verdict
from cutline.plan.gate import Gate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Series = tuple[tuple[float, float], ...]

BLOCKS = 48
LEAST = 12  # below this many points the normal approximation does not hold
_MOST_ALIKE = 0.98
_LAG_SURE_Z = 1.645  # of autocorrelations only positive ones that are sure at 95 % count


def judge_trend(gate: Gate, seen: Seen, conditions: Conditions) -> Judged:
    """Judge the series of a field since the stage began; its present reading must be there."""
    wanted = conditions.field(str(gate.no_upward))
    fresh_s = conditions.fresh_s.get(wanted.probe)
    number(value(wanted, seen.readings, seen.now, fresh_s), wanted)
    series = seen.series.get(wanted.text)
    if series is None:
        raise NotMeasured(f"there is no series of {wanted.text}")
    margin = gate.margin_pct if gate.margin_pct is not None else gate.margin
    is_pct = gate.margin_pct is not None
    return _judged(wanted.text, tuple(series), (gate.sure, gate.needs), (margin or 0.0, is_pct))


@lru_cache(maxsize=256)
def _judged(
    label: str, series: Series, asked: tuple[float, int], margin: tuple[float, bool]
) -> Judged:
    sure, needs = asked
    least = max(needs, LEAST)
    points = tuple(point for point in series if all(map(math.isfinite, point)))
    if len(points) < least or points[-1][0] <= points[0][0]:
        why = f"{label}: {len(points)} of {least} readings that are needed"
        return Judged(Verdict.THIN, why, {"points": len(points), "needs": least})
    times, values = _blocks(points)
    p_value, slope = p_upward(times, values), _slope(times, values)
    rise = slope * (points[-1][0] - points[0][0])
    allowed = abs(float(values[0])) * margin[0] / 100 if margin[1] else margin[0]
    figures: Figures = {
        "points": len(points),
        "blocks": len(values),
        "slope_per_h": float(f"{slope * 3600:.6g}"),
        "rise": float(f"{rise:.6g}"),
        "p_value": float(f"{p_value:.4g}"),
    }
    said = f"{label} goes by {slope * 3600:+.4g} an hour, {rise:+.4g} in all"
    if p_value < 1 - sure / 100 and rise > allowed:
        return Judged(Verdict.FAIL, f"{said}: upward (p {p_value:.2g})", figures)
    return Judged(Verdict.PASS, f"{said}: no upward trend (p {p_value:.2g})", figures)


def p_upward(times: Floats, values: Floats) -> float:
    """Return the one-sided p-value of an upward trend, corrected for autocorrelation and ties."""
    import numpy as np  # noqa: PLC0415  # most verdicts do not need it

    count = len(values)
    score = float(np.sign(values[None, :] - values[:, None])[np.triu_indices(count, 1)].sum())
    _, ties = np.unique(values, return_counts=True)
    tied = float((ties * (ties - 1) * (2 * ties + 5)).sum())
    variance = (count * (count - 1) * (2 * count + 5) - tied) / 18
    if variance <= 0 or score <= 0:
        return 1.0 if score <= 0 else 0.0
    inflation = _inflation(values - _slope(times, values) * times)
    # So many independent readings tell as much; of few the variance itself is unsure.
    freedom = max(count / inflation - 2, 1.0)
    return _student(freedom, (score - 1) / math.sqrt(variance * inflation))


def _student(freedom: float, at: float) -> float:
    from scipy.special import stdtr  # noqa: PLC0415  # most verdicts do not need it

    return float(stdtr(freedom, -at))


def _inflation(detrended: Floats) -> float:
    """Return by how much autocorrelation of the ranks widens the variance; at least 1.

    The wider of what the autocorrelations that were found say, and of what a process of the first
    order says: short series hide how alike their neighbours are, and the correction is for that.
    """
    import numpy as np  # noqa: PLC0415

    count = len(detrended)
    ranks = np.argsort(np.argsort(detrended, kind="stable"), kind="stable").astype(float)
    ranks -= ranks.mean()
    power = float((ranks**2).sum())
    first = float((ranks[:-1] * ranks[1:]).sum()) / power
    first = min(_MOST_ALIKE, max(0.0, first + (2 + 4 * first) / count))
    lags = np.arange(1, count)
    of_first_order = 1 + 2 * float(((1 - lags / count) * first**lags).sum())
    return max(of_first_order, 1 + 2 * _found(ranks, power))


def _found(ranks: Floats, power: float) -> float:
    """Return the weighted sum of the autocorrelations that are surely positive, up to a third."""
    count = len(ranks)
    total = 0.0
    for lag in range(1, count // 3):
        found = float((ranks[:-lag] * ranks[lag:]).sum()) / power * count / (count - lag)
        # An alternating series must not make the test surer than independence does.
        if found <= _LAG_SURE_Z / math.sqrt(count):
            break
        total += (count - lag) * (count - lag - 1) * (count - lag - 2) * min(found, 1.0)
    return total / (count * (count - 1) * (count - 2))


def _slope(times: Floats, values: Floats) -> float:
    """Return the median of the slopes of all pairs, per second."""
    import numpy as np  # noqa: PLC0415

    first, second = np.triu_indices(len(values), 1)
    apart = times[second] - times[first]
    rises = (values[second] - values[first])[apart > 0]
    return float(np.median(rises / apart[apart > 0])) if len(rises) else 0.0


def _blocks(points: Series) -> tuple[Floats, Floats]:
    """Return times and values, as means of neighbours where there are many."""
    import numpy as np  # noqa: PLC0415

    table = np.array(points, dtype=float)
    if len(table) <= BLOCKS:
        return table[:, 0], table[:, 1]
    parts = np.array_split(table, BLOCKS)
    means = np.array([part.mean(axis=0) for part in parts])
    return means[:, 0], means[:, 1]
