"""What the plan in force says about fields: their types, their sides, how fresh they must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from cutline.gates.field import Field, Source
from cutline.gates.verdict import Judged
from cutline.plan.cel import Condition, Types, condition, types_of
from cutline.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition with the fields of probes that it reads, by reading, found once.

    `judged` remembers verdicts by values: most readings say the same as the one before.
    """

    condition: Condition
    fields: tuple[tuple[str, Field], ...]
    groups: tuple[tuple[Source, tuple[tuple[str, Field], ...]], ...]
    statics: Mapping[str, object]
    judged: dict[tuple[object, ...], Judged] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Everything about a plan that a verdict needs beside the gate and the readings.

    `statics` are values that do not come from probes: `inputs.version`, `stage.since`. `fresh_s`
    says by probe how old a reading may be (a probe that is not there may be of any age). `sides`
    are the sides of a probe, first the one that a plain field means.
    """

    types: Types
    statics: Mapping[str, object] = field(default_factory=dict)
    fresh_s: Mapping[str, float] = field(default_factory=dict)
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _compiled: dict[str, Compiled] = field(default_factory=dict, repr=False)
    _fields: dict[str, Field] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, plan: Plan, statics: Mapping[str, object] | None = None) -> Self:
        """Return the conditions of a plan."""
        return cls(
            types_of(plan),
            dict(statics or {}),
            {name: p.fresh_s for name, p in plan.probes.items() if p.fresh_s is not None},
            {name: p.sides for name, p in plan.probes.items() if p.sides},
        )

    def field(self, text: str) -> Field:
        """Return the field that `probe.field` or `probe.side.field` names."""
        if (known := self._fields.get(text)) is None:
            known = self._fields[text] = self._read(text)
        return known

    def compiled(self, text: str) -> Compiled:
        """Return a condition, compiled once; raises what `cutline.plan.cel.condition` raises."""
        if (known := self._compiled.get(text)) is None:
            known = self._compiled[text] = self._compile(text)
        return known

    def _read(self, text: str) -> Field:
        probe, _, rest = text.partition(".")
        sides = self.sides.get(probe, ())
        side, dot, name = rest.partition(".")
        if dot:
            return Field(text, probe, side, name)
        return Field(text, probe, sides[0] if sides else None, rest)

    def _compile(self, text: str) -> Compiled:
        found = condition(text, self.types)
        probes = _probes(self.types)
        named = {n: self.field(n) for n in found.names if n.partition(".")[0] in probes}
        groups: dict[Source, list[tuple[str, Field]]] = {}
        for name, one in named.items():
            groups.setdefault((one.probe, one.side), []).append((name, one))
        statics = {n: self.statics[n] for n in found.names if n not in named and n in self.statics}
        fields = tuple(named.items())
        return Compiled(found, fields, tuple((s, tuple(f)) for s, f in groups.items()), statics)


@lru_cache(maxsize=64)
def _probes(types: Types) -> frozenset[str]:
    """Return the names of probes: what has declared fields and is none of our own words."""
    return frozenset(name.partition(".")[0] for name, _ in types) - {"inputs", "stage", "run"}
