"""A checkpoint of a run: who is asked, who said what, and whether that is enough (rule 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cutline.plan.model import Person
from cutline.run.reading import Scalar

Asked = Literal["stage", "step", "gate", "trigger", "amend", "override"]


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes. `age_s` is how long ago within the plan's hours."""

    by: str
    identity: str
    at: datetime
    value: Scalar | None = None
    note: str = ""
    age_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A decision that only people can give; `brief` is the digest of what they see.

    `by` are the roles of which each wants a distinct person. `basis` is what the brief was made
    of: when that changes, the approvals lapse. `proposed_by` wrote the amendment that is asked for.
    """

    name: str
    what: Asked
    stage: str
    brief: str
    ask: str
    opened_at: datetime
    by: tuple[str, ...] = ()
    quorum: int = 1
    identity: str = "claimed"
    valid_s: float = 86400.0
    basis: str = ""
    proposed_by: str = ""
    approvals: tuple[Approval, ...] = ()
    is_open: bool = True
    is_approved: bool = False
    is_denied: bool = False

    @property
    def wanted(self) -> int:
        """Return how many distinct people are needed."""
        return max(self.quorum, len(self.by), 1)

    @property
    def value(self) -> Scalar | None:
        """Return what the last approval stated."""
        return self.approvals[-1].value if self.approvals else None


def refusal(  # noqa: PLR0911  # one return a case
    checkpoint: Checkpoint, by: str, people: Mapping[str, Person], involved: frozenset[str]
) -> str:
    """Return why this person may not approve, or nothing.

    Nobody agrees to an amendment of his own. `involved` are those who started or amended the run:
    they do not count from two on.
    """
    if by == checkpoint.proposed_by:
        return f"{by} proposed it; others have to agree"
    if checkpoint.wanted > 1 and by in involved:
        return f"{by} started or amended the run and does not count where two are needed"
    if any(approval.by == by for approval in checkpoint.approvals):
        return f"{by} has approved already; a quorum is distinct people"
    if not people and not checkpoint.by:
        return ""
    if by not in people:
        return f"{by} is not among the plan's people"
    if checkpoint.by and not any(_has(by, role, people) for role in checkpoint.by):
        return f"{by} is none of {', '.join(checkpoint.by)}"
    return ""


def is_enough(checkpoint: Checkpoint, people: Mapping[str, Person]) -> bool:
    """Say whether the approvals are a quorum: distinct people, and one of its own for each role."""
    given = [approval.by for approval in checkpoint.approvals]
    if len(set(given)) < checkpoint.wanted:
        return False
    return _seats(checkpoint.by, given, people)


def _has(person: str, role: str, people: Mapping[str, Person]) -> bool:
    return person == role or (person in people and role in people[person].roles)


def _seats(roles: Sequence[str], left: Sequence[str], people: Mapping[str, Person]) -> bool:
    """Say whether each role can have a person of its own."""
    if not roles:
        return True
    return any(
        _seats(roles[1:], [*left[:place], *left[place + 1 :]], people)
        for place, person in enumerate(left)
        if _has(person, roles[0], people)
    )
