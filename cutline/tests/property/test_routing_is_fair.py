"""What a share promises to the people in it."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from cutline.routing import BUCKETS, Router, Switch, Version, bucket, seed_of

EXAMPLES = 2_000 if os.environ.get("SOAK") else 60
KEYS = st.text(alphabet=st.characters(), min_size=1, max_size=60)
SALTS = st.text(max_size=20)
SHARES = st.integers(0, BUCKETS)
ONCE_IN_A_BILLION = 1e-9


def router(salt: str, buckets: int) -> Router:
    return Router(salt, Switch.fixed(buckets / 100))


@given(KEYS, SALTS, SHARES, SHARES)
def test_who_is_in_stays_in_when_the_share_grows(key: str, salt: str, a: int, b: int) -> None:
    """Monotone: raising the share moves nobody back to v1."""
    low, high = sorted((a, b))
    if router(salt, low).version(key) is Version.V2:
        assert router(salt, high).version(key) is Version.V2


@given(KEYS, SALTS, SHARES)
def test_a_key_gets_the_same_answer_each_time(key: str, salt: str, share: int) -> None:
    """Sticky: also for another router, and by `decide` as by `version`."""
    asked = {router(salt, share).version(key) for _ in range(3)}
    asked.add(router(salt, share).decide(key).version)
    assert len(asked) == 1


@given(KEYS, SALTS)
def test_nobody_is_in_at_nothing_and_everybody_at_all(key: str, salt: str) -> None:
    """0 and 100 % are exact."""
    assert router(salt, 0).version(key) is Version.V1
    assert router(salt, BUCKETS).version(key) is Version.V2


@given(KEYS, SALTS)
def test_a_key_goes_over_exactly_when_its_bucket_is_opened(key: str, salt: str) -> None:
    """Not one bucket sooner or later, and lower buckets first."""
    place = bucket(key, seed_of(salt))
    assert router(salt, place).version(key) is Version.V1
    assert router(salt, place + 1).version(key) is Version.V2


@settings(max_examples=EXAMPLES, deadline=None)
@given(SALTS, st.sampled_from([100, 1_000, 2_500, 5_000, 9_000]), st.integers(0, 10**6))
def test_the_share_of_keys_is_the_share_that_was_set(salt: str, share: int, first: int) -> None:
    """Numbered users, as most databases have them, within the binomial bound."""
    count = 4_000
    found = router(salt, share)
    inside = sum(found.version(str(first + at)) is Version.V2 for at in range(count))
    low, high = binom.interval(1 - ONCE_IN_A_BILLION, count, share / BUCKETS)
    assert low <= inside <= high


@settings(max_examples=EXAMPLES, deadline=None)
@given(SALTS, SALTS, st.integers(0, 10**6))
def test_two_salts_deal_independently(one: str, other: str, first: int) -> None:
    """Of those in the first tenth of one cutover a tenth is in the first tenth of another."""
    if one == other:
        return
    seeds, tenth, count = (seed_of(one), seed_of(other)), BUCKETS // 10, 4_000
    both = sum(
        all(bucket(f"user-{first + at}", seed) < tenth for seed in seeds) for at in range(count)
    )
    low, high = binom.interval(1 - ONCE_IN_A_BILLION, count, 0.01)
    assert low <= both <= high
