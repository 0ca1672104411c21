"""Who may decide: roles, quorums, and whether anyone can reach them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cutline.plan.model import Person, Plan
from cutline.plan.stage import Stage

Identity = Literal["claimed", "ssh"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that a plan asks people for; `roles` empty means anybody."""

    checkpoint: str
    stage: str
    roles: tuple[str, ...]
    quorum: int
    identity: Identity

    @property
    def people_wanted(self) -> int:
        """Return how many distinct people it takes."""
        return max(self.quorum, len(self.roles), 1)

    @property
    def is_by_others(self) -> bool:
        """Say whether the person who started or amended the run does not count."""
        return self.people_wanted > 1


def roles_of(by: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the roles that `by` names: one, or one distinct person for each."""
    if by is None:
        return ()
    return (by,) if isinstance(by, str) else tuple(by)


def decisions(plan: Plan) -> tuple[Decision, ...]:
    """Return every decision of a plan in the order in which they come."""
    return tuple(one for stage in plan.stages for one in _of_stage(stage))


def _of_stage(stage: Stage) -> list[Decision]:
    found = []
    if stage.approve is not None:
        asked = stage.approve
        identity: Identity = asked.identity or "claimed"
        found.append(Decision(stage.name, stage.name, roles_of(asked.by), asked.quorum, identity))
    for step in stage.steps:
        if step.checkpoint is not None:
            at = step.checkpoint
            found.append(
                Decision(
                    step.name, stage.name, roles_of(at.by), at.quorum, at.identity or "claimed"
                )
            )
    return found


def satisfies(people: Mapping[str, Person], decision: Decision, given_by: Collection[str]) -> bool:
    """Say whether these people make the decision: each role a person of its own, and the quorum.

    Whoever does not count (a starter, from quorum two on) is not in `given_by`.
    """
    able = [name for name in dict.fromkeys(given_by) if _may(people, decision, name)]
    if len(able) < decision.people_wanted:
        return False
    return _each_role_has_its_own(people, decision.roles, able)


def reachable_by(plan: Plan, decision: Decision) -> tuple[str, ...]:
    """Return who can take part in a decision: has a role, and an ssh key where one is asked."""
    return tuple(name for name in plan.people if _may(plan.people, decision, name))


def blocking_starters(plan: Plan, decision: Decision) -> tuple[str, ...]:
    """Return the people who, if they start the run, leave a decision that nobody can make.

    Empty means that every person may start it. A quorum that nobody can reach at all gives
    everybody, or `("anybody",)` where a plan names no people.
    """
    able = reachable_by(plan, decision)
    if not decision.roles and not plan.people:
        return ()  # anybody may decide: the plan names no people, identity is claimed
    if not satisfies(plan.people, decision, able):
        return tuple(plan.people) or ("anybody",)
    if not decision.is_by_others:
        return ()
    return tuple(
        starter
        for starter in plan.people
        if not satisfies(plan.people, decision, [one for one in able if one != starter])
    )


def _may(people: Mapping[str, Person], decision: Decision, name: str) -> bool:
    person = people.get(name)
    if person is None:
        return not decision.roles and not people and decision.identity == "claimed"
    if decision.identity == "ssh" and not person.ssh:
        return False
    return not decision.roles or any(role in person.roles for role in decision.roles)


def _each_role_has_its_own(
    people: Mapping[str, Person], roles: tuple[str, ...], able: list[str]
) -> bool:
    """Assign a distinct person to each role (augmenting paths; a plan has a handful of both)."""
    holder: dict[str, int] = {}

    def assign(role: int, seen: set[str]) -> bool:
        for name in able:
            if roles[role] not in people[name].roles or name in seen:
                continue
            seen.add(name)
            if name not in holder or assign(holder[name], seen):
                holder[name] = role
                return True
        return False

    return all(assign(role, set()) for role in range(len(roles)))
