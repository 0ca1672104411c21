"""Exact one-sided bounds of a share: Clopper and Pearson, Biometrika 26 (1934) 404."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=65536)
def upper(count: float, total: float, sure: float) -> float:
    """Return the share that the true one is not above, with `sure` per cent of confidence.

    `count` of `total` items, 0 <= count <= total and total > 0.
    """
    if count >= total:
        return 1.0
    alpha = 1 - sure / 100
    if count == 0:
        return float(1 - alpha ** (1 / total))
    return _beta(count + 1, total - count, 1 - alpha)


@lru_cache(maxsize=65536)
def lower(count: float, total: float, sure: float) -> float:
    """Return the share that the true one is not below, with `sure` per cent of confidence."""
    if count <= 0:
        return 0.0
    alpha = 1 - sure / 100
    if count == total:
        return float(alpha ** (1 / total))
    return _beta(count, total - count + 1, alpha)


def _beta(a: float, b: float, share: float) -> float:
    # scipy takes a fifth of a second to import, and most verdicts do not need it
    from scipy.special import betaincinv  # noqa: PLC0415

    return float(betaincinv(a, b, share))
