"""A routing decision beside OpenFeature's in-memory provider.

The same 1,000 keys, again and again. Ours is the whole decision: overrides looked at, the key
hashed, the live percentage read. OpenFeature's client evaluates a flag that says the same to
everybody: it deals no keys at all, and is still the slower one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from peer import run_peer
from row import Row, best_of

from cutline.routing import Router, Switch

PEER = "OpenFeature's in-memory provider"
ROUNDS = 20
TIMES = 15  # short and many: the least disturbed one counts, for both
EXPECTED = (60, 140)  # of 1,000 keys at 10 %
KEYS = [f"user-{number}" for number in range(1_000)]
OPENFEATURE = """
import sys, time
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
rounds, keys = int(sys.argv[1]), [f"user-{number}" for number in range(1_000)]
api.set_provider(InMemoryProvider({"v2": InMemoryFlag("on", {"on": True, "off": False})}))
client = api.get_client()
assert client.get_boolean_value("v2", False, EvaluationContext("user-1")) is True
seconds = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    for _ in range(rounds):
        for key in keys:
            client.get_boolean_value("v2", False, EvaluationContext(key))
    seconds.append(time.perf_counter() - start)
print(min(seconds))
"""


def rows(scale: float) -> list[Row]:
    """Return the measured ratio; `scale` 1.0 is 15 times 20,000 decisions."""
    rounds = max(5, int(ROUNDS * scale))
    decisions = rounds * len(KEYS)
    ours = _ours(rounds) / decisions * 1e9
    theirs = _openfeature(rounds) / decisions * 1e9
    return [Row("routing decision", PEER, ours, theirs, at_least=30.0, unit="ns")]


def _ours(rounds: int) -> float:
    """Return the seconds of `rounds` times all keys, with a switch that is followed live."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ".env"
        path.write_text("V2_ROLLOUT_PERCENT=10\n")
        with Switch.from_url(f"env-file:{path}#V2_ROLLOUT_PERCENT") as switch:
            router = Router("bench", switch)
            share = sum(router.version(key) == "v2" for key in KEYS)
            if not EXPECTED[0] <= share <= EXPECTED[1]:
                raise AssertionError(f"{share} of 1,000 keys at 10 %")
            return best_of(TIMES, lambda: _decide(router, rounds))


def _decide(router: Router, rounds: int) -> None:
    for _ in range(rounds):
        for key in KEYS:
            router.version(key)


def _openfeature(rounds: int) -> float:
    """Return the seconds of the peer, in an environment of its own; 0.0 falls short: not run."""
    told = run_peer("OpenFeature", ["openfeature-sdk"], OPENFEATURE, str(rounds), str(TIMES))
    return float(told[0]) if told else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 15 times 20,000 decisions")
    for one in rows(parser.parse_args().scale):
        print(f"{one.claim}, {one.peer}: {one.ours:.0f} ns, {one.theirs} ns, {one.ratio:.1f}")
