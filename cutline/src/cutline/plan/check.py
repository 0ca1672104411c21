"""What makes a plan valid beyond its shape: every rule, in one list of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cutline.plan.fault import Fault
from cutline.plan.model import Plan
from cutline.plan.rules.condition import check_conditions
from cutline.plan.rules.decision import check_decisions
from cutline.plan.rules.gate import check_gates
from cutline.plan.rules.name import check_names
from cutline.plan.rules.placeholder import check_placeholders
from cutline.plan.rules.probe import check_probes
from cutline.plan.rules.sql import check_sql
from cutline.plan.rules.stage import check_stages
from cutline.plan.rules.step import check_acceptance, check_steps
from cutline.plan.rules.trigger import check_triggers
from cutline.plan.rules.whole import check_whole
from cutline.plan.source import Source

RULES: tuple[Callable[[Plan, Source], Iterator[Fault]], ...] = (
    check_names,
    check_probes,
    check_sql,
    check_conditions,
    check_gates,
    check_stages,
    check_steps,
    check_acceptance,
    check_decisions,
    check_triggers,
    check_placeholders,
    check_whole,
)


def check(plan: Plan, source: Source | None = None) -> list[Fault]:
    """Return everything that is wrong with a plan of the right shape, warnings included.

    `source` says where its parts stand and holds its files; without one the places are those of
    a file called `plan`, and files that the plan names are not looked into.
    """
    where = source or Source()
    faults = [fault for rule in RULES for fault in rule(plan, where)]
    return sorted(faults, key=lambda one: (one.file, one.line, one.column, one.what))


__all__ = ["RULES", "Source", "check"]
