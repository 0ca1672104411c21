"""Who can make a decision, and whether anyone can."""

from __future__ import annotations

import pytest

from cutline.plan.model import Person
from cutline.plan.people import Decision, satisfies

PEOPLE = {
    "ana": Person(roles=("sre",), ssh="ssh-ed25519 AAAA"),
    "ben": Person(roles=("sre", "dba"), ssh="ssh-ed25519 AAAA"),
    "eva": Person(roles=("dba",)),
}


def decision(*roles: str, quorum: int = 1, identity: str = "claimed") -> Decision:
    assert identity in {"claimed", "ssh"}
    return Decision("half", "half", roles, quorum, "ssh" if identity == "ssh" else "claimed")


@pytest.mark.parametrize(
    ("asked", "given_by", "expected"),
    [
        (decision("sre"), ["ana"], True),
        (decision("sre"), ["eva"], False),
        (decision("sre", quorum=2), ["ana", "ana"], False),
        (decision("sre", quorum=2), ["ana", "ben"], True),
        (decision("sre", "dba"), ["ben"], False),
        (decision("sre", "dba"), ["ben", "ana"], True),
        (decision("sre", "dba"), ["ben", "eva"], True),
        (decision("dba", "sre"), ["ben", "eva"], True),
        (decision("sre", "dba", quorum=3), ["ana", "ben"], False),
        (decision("sre", "dba", quorum=3), ["ana", "ben", "eva"], True),
        (decision("dba", identity="ssh"), ["eva"], False),
        (decision("dba", identity="ssh"), ["ben"], True),
        (decision(), ["ana"], True),
        (decision(), ["nobody we know"], False),
    ],
)
def test_each_role_has_a_person_of_its_own(
    asked: Decision, given_by: list[str], *, expected: bool
) -> None:
    """One person is never two roles, and never counted twice."""
    assert satisfies(PEOPLE, asked, given_by) is expected


def test_a_plan_without_people_lets_anybody_claim() -> None:
    """Where no people are named and no role is asked, a name is enough."""
    assert satisfies({}, decision(), ["ana"])
    assert not satisfies({}, decision("sre"), ["ana"])
