"""People: every decision has people who can make it, whoever starts the run."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from cutline.plan.document import Loc
from cutline.plan.fault import Fault, nearest
from cutline.plan.model import Person, Plan
from cutline.plan.people import Decision, blocking_starters, decisions, satisfies
from cutline.plan.source import Source
from cutline.plan.stage import Stage

_KEYS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-", "sk-ssh-ed25519@", "sk-ecdsa-sha2-")


def check_decisions(plan: Plan, source: Source) -> Iterator[Fault]:
    """Yield roles that nobody has, keys that are none, and quorums that nobody can reach."""
    for name, person in plan.people.items():
        if person.ssh is not None:
            yield from _ssh(person.ssh, ("people", name, "ssh"), source)
    found = dict(zip(decisions(plan), _places(plan), strict=True))
    for decision, loc in found.items():
        faults = list(_roles(plan, decision, loc, source))
        yield from faults or _quorum(plan, decision, loc, source)


def _places(plan: Plan) -> list[Loc]:
    """Return the paths of the decisions, in the order of `decisions`."""
    return [loc for number, stage in enumerate(plan.stages) for loc in _of_stage(stage, number)]


def _of_stage(stage: Stage, number: int) -> Iterator[Loc]:
    if stage.approve is not None:
        yield ("stages", number, "approve")
    for at_step, step in enumerate(stage.steps):
        if step.checkpoint is not None:
            yield ("stages", number, "steps", at_step, "checkpoint")


def _roles(plan: Plan, decision: Decision, loc: Loc, source: Source) -> Iterator[Fault]:
    known = {role for person in plan.people.values() for role in person.roles}
    for number, role in enumerate(decision.roles):
        here: Loc = (*loc, "by", number)
        if role in known:
            continue
        is_name = role in plan.people
        hint = f": `{role}` is a person, and `by` names roles" if is_name else ""
        yield source.fault(here, f"nobody has the role `{role}`{hint}", nearest(role, known))
    if len(set(decision.roles)) < len(decision.roles):
        what = "a role stands twice in `by`: write it once, with a `quorum`"
        yield source.fault((*loc, "by"), what)


def _quorum(plan: Plan, decision: Decision, loc: Loc, source: Source) -> Iterator[Fault]:
    blocking = blocking_starters(plan, decision)
    keyless = [
        name
        for name, person in plan.people.items()
        if decision.identity == "ssh" and not person.ssh and _has_role(person, decision)
    ]
    if not blocking:
        for name in keyless:
            what = f"`{name}` has no `ssh` key and cannot approve here"
            yield source.warning(("people", name), what)
        return
    wanted = decision.people_wanted
    lacking = f"; no `ssh` key: {', '.join(keyless)}" if keyless else ""
    able = [name for name in plan.people if name not in keyless]
    if not satisfies(plan.people, decision, able):
        roles = " and ".join(decision.roles) or "anybody"
        what = f"nobody can reach this quorum: {wanted} of {roles}{lacking}"
        yield source.at_key(loc, what)
    else:
        what = (
            f"if {' or '.join(blocking)} starts the run nobody can reach this quorum: from two on "
            f"whoever starts it does not count{lacking}"
        )
        yield source.at_key(loc, what)


def _has_role(person: Person, decision: Decision) -> bool:
    return not decision.roles or any(role in person.roles for role in decision.roles)


def _ssh(key: str, loc: Loc, source: Source) -> Iterator[Fault]:
    kind, _, rest = key.strip().partition(" ")
    if not kind.startswith(_KEYS):
        what = "`ssh` is a whole public key, as in ~/.ssh/id_ed25519.pub"
        yield source.fault(loc, what)
        return
    try:
        base64.b64decode(rest.split(" ")[0].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        yield source.warning(loc, "this public key is not whole: no signature will match it")
