"""Whether one rate is worse than another by more than a margin: score tests, made exact.

The statistic is that of Miettinen and Nurminen, Statistics in Medicine 4 (1985) 213, with the
constrained estimates of Farrington and Manning, Statistics in Medicine 9 (1990) 1447. Where both
samples are small enough its p-value is exact: the greatest over the nuisance rate, as Chan,
Statistics in Medicine 17 (1998) 1403. Of more than that the normal approximation serves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Counts = tuple[int, int]  # the count and the total of one sample

MOST_EXACT = 100_000  # items of both samples; beyond the approximation serves
_NUISANCE_STEPS = 97
_ROUNDING = 1e-9  # tables whose statistics are that near are equally extreme
_TINY = 1e-12  # below this a difference is rounding
_FAR = 20.0  # times alpha: an approximate p-value beyond needs no exact one


@dataclass(frozen=True, slots=True)
class Worse:
    """By how much a rate must be worse: a share between 0 and 1, of the reference if `is_ratio`.

    `is_higher`: a higher rate is the worse one, as with errors.
    """

    margin: float
    is_ratio: bool
    is_higher: bool

    @property
    def sign(self) -> int:
        """Return the sign of the statistic of what is worse."""
        return 1 if self.is_higher else -1

    @property
    def null(self) -> float:
        """Return the ratio or the difference on the edge of what is allowed."""
        return self.sign * self.margin + (1.0 if self.is_ratio else 0.0)


@lru_cache(maxsize=4096)
def p_worse(ours: Counts, theirs: Counts, worse: Worse, alpha: float) -> float:
    """Return the p-value of being worse by more than the margin; below `alpha` it is.

    It is exact whenever it is below `alpha` and the samples allow it: then a system that is not
    worse by more than the margin is called so with a probability of at most `alpha`.
    """
    import numpy as np  # noqa: PLC0415  # most verdicts do not need it

    (count, total), (their_count, their_total) = ours, theirs
    at = float(
        _statistic(
            np.array([float(count)]), total, np.array([float(their_count)]), their_total, worse
        )[0]
    )
    approximate = math.erfc(at / math.sqrt(2)) / 2
    if approximate > _FAR * alpha or total + their_total > MOST_EXACT:
        return approximate
    return max(approximate, _exact(at, total, their_total, worse))


def _statistic(x1: Floats, n1: int, x0: Floats, n0: int, worse: Worse) -> Floats:
    """Return by how many standard errors ours is worse than the edge; positive is worse."""
    import numpy as np  # noqa: PLC0415

    p1, p0 = x1 / n1, x0 / n0
    if worse.is_ratio:
        apart, e1, e0, weight = p1 - worse.null * p0, *_ratio(p1, n1, p0, n0, worse.null)
    else:
        apart, e1, e0 = p1 - p0 - worse.null, *_difference(p1, n1, p0, n0, worse.null)
        weight = 1.0
    variance = e1 * (1 - e1) / n1 + weight * e0 * (1 - e0) / n0
    variance = variance * (n1 + n0) / (n1 + n0 - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = worse.sign * apart / np.sqrt(variance)
    return np.where(variance > _TINY**2, z, np.where(worse.sign * apart > _TINY, np.inf, 0.0))


def _difference(p1: Floats, n1: int, p0: Floats, n0: int, null: float) -> tuple[Floats, Floats]:
    """Return the likeliest rates whose difference is `null`: the middle root of a cubic."""
    import numpy as np  # noqa: PLC0415

    theta = n0 / n1
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p0 + null * (theta + 2))
    c = null**2 + null * (2 * p1 + theta + 1) + p1 + theta * p0
    d = -p1 * null * (1 + null)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    root = np.sqrt(np.maximum(b**2 / (3 * a) ** 2 - c / (3 * a), 0.0))
    u = np.where(v >= 0, root, -root)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(np.abs(u) > _TINY, v / u**3, 0.0)
    angle = (math.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    e1 = np.clip(2 * u * np.cos(angle) - b / (3 * a), 0.0, 1.0)
    return e1, np.clip(e1 - null, 0.0, 1.0)


def _ratio(p1: Floats, n1: int, p0: Floats, n0: int, null: float) -> tuple[Floats, Floats, float]:
    """Return the likeliest rates whose ratio is `null`, and the weight of the second variance."""
    import numpy as np  # noqa: PLC0415

    a = (n1 + n0) * null
    b = -(n1 * null + p1 * n1 + n0 + p0 * n0 * null)
    c = p1 * n1 + p0 * n0
    if a == 0:
        return np.zeros_like(p1), np.clip(-c / b, 0.0, 1.0), 0.0
    e0 = (-b - np.sqrt(np.maximum(b**2 - 4 * a * c, 0.0))) / (2 * a)
    return np.clip(e0 * null, 0.0, 1.0), np.clip(e0, 0.0, 1.0), null**2


def _exact(at: float, n1: int, n0: int, worse: Worse) -> float:
    """Return the greatest probability, on the edge of what is allowed, of a table this extreme.

    The greatest over the edge is the greatest over all that is allowed, and in each row of tables
    the extreme ones lie on one side: the statistic is convex in the sense of Barnard.
    """
    import numpy as np  # noqa: PLC0415

    least = _least_extreme(at, n1, n0, worse)
    low, high = _range(worse)
    greatest = 0.0
    for turn in range(_NUISANCE_STEPS):
        p0 = low + (high - low) * (1 - math.cos(math.pi * turn / (_NUISANCE_STEPS - 1))) / 2
        p1 = min(1.0, max(0.0, p0 * worse.null if worse.is_ratio else p0 + worse.null))
        theirs = _binomial(p0, n0)
        if worse.is_higher:
            theirs = theirs[::-1]
        tail = np.append(np.cumsum(theirs[::-1])[::-1], 0.0)
        greatest = max(greatest, float(_binomial(p1, n1) @ tail[least]))
    return min(greatest, 1.0)


def _least_extreme(at: float, n1: int, n0: int, worse: Worse) -> NDArray[np.intp]:
    """Return for each count of ours from which count of the reference on a table is extreme.

    Counted from the end where the reference is no better; `n0 + 1` where none is.
    """
    import numpy as np  # noqa: PLC0415

    ours = np.arange(n1 + 1, dtype=float)
    low, high = np.zeros(n1 + 1, dtype=np.intp), np.full(n1 + 1, n0 + 1, dtype=np.intp)
    while (low < high).any():
        middle = (low + high) // 2
        theirs = n0 - middle if worse.is_higher else middle
        found = _statistic(ours, n1, np.clip(theirs, 0, n0).astype(float), n0, worse)
        is_extreme = (found >= at - _ROUNDING) & (low < high)
        high = np.where(is_extreme, middle, high)
        low = np.where(~is_extreme & (low < high), middle + 1, low)
    return low


def _range(worse: Worse) -> tuple[float, float]:
    """Return between which rates of the reference both rates are between 0 and 1."""
    if worse.is_ratio:
        return 0.0, min(1.0, 1 / worse.null) if worse.null > 0 else 1.0
    return max(0.0, -worse.null), min(1.0, 1 - worse.null)


def _binomial(p: float, n: int) -> Floats:
    """Return the probability of 0 to `n` among `n`."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import xlog1py, xlogy  # noqa: PLC0415

    k = np.arange(n + 1, dtype=float)
    chances: Floats = np.exp(_ways(n) + xlogy(k, p) + xlog1py(n - k, -p))
    return chances


@lru_cache(maxsize=16)
def _ways(n: int) -> Floats:
    """Return the logarithm of how many ways there are to choose 0 to `n` of `n`."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import gammaln  # noqa: PLC0415

    k = np.arange(n + 1, dtype=float)
    ways: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return ways
