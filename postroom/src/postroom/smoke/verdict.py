"""What a check came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended; only `PASS` is one that holds."""

    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    BLIND = "not measured"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and what was seen; never a word of any mail."""

    outcome: Outcome
    said: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A check by its name, with its verdict."""

    name: str
    verdict: Verdict
    elapsed_s: float

    def as_json(self) -> dict[str, object]:
        """Return it for `--json`."""
        return {
            "name": self.name,
            "outcome": self.verdict.outcome.value,
            "said": self.verdict.said,
            "elapsed_s": round(self.elapsed_s, 3),
        }


def passed(said: str) -> Verdict:
    """Make the verdict of a check that holds."""
    return Verdict(Outcome.PASS, said)


def failed(said: str) -> Verdict:
    """Make the verdict of a check that does not hold."""
    return Verdict(Outcome.FAIL, said)


def blind(said: str) -> Verdict:
    """Make the verdict of a check that could not be measured; it is never a pass."""
    return Verdict(Outcome.BLIND, said)


def not_asked(said: str) -> Verdict:
    """Make the verdict of a check that means nothing here, and why."""
    return Verdict(Outcome.NOT_ASKED, said)
