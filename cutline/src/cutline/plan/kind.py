"""A part that is of one kind among several, written as the one key that names it."""

from __future__ import annotations

from functools import cache, cached_property
from importlib.metadata import entry_points
from typing import Any, ClassVar

from pydantic import model_validator

from cutline.plan.part import Part, thawed


@cache
def offered(group: str) -> frozenset[str]:
    """Return the kinds that installed packages offer in an entry-point group."""
    return frozenset(point.name for point in entry_points(group=group))


class Extension(Part):
    """A kind that another installed package offers, with what the plan says to it."""

    kind: str
    config: dict[str, Any]


class Kinds(Part):
    """A part with exactly one of the keys `kinds`, or one of an entry-point group."""

    kinds: ClassVar[tuple[str, ...]] = ()
    entry_points: ClassVar[str | None] = None

    extension: Extension | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_other_packages(cls, given: Any) -> Any:  # noqa: ANN401  # pydantic hands in what it read
        if not isinstance(given, dict) or cls.entry_points is None:
            return given
        for key in offered(cls.entry_points) & given.keys():
            rest = {name: value for name, value in given.items() if name != key}
            return {**rest, "extension": {"kind": key, "config": thawed(given[key] or {})}}
        return given

    @model_validator(mode="after")
    def _exactly_one(self) -> Kinds:
        named = [kind for kind in self.kinds if getattr(self, kind) is not None]
        if self.extension is not None:
            named.append(self.extension.kind)
        if len(named) != 1:
            listed = ", ".join(self.kinds)
            found = " and ".join(named) or "none"
            raise ValueError(f"exactly one kind is wanted of {listed}; found {found}")
        return self

    @cached_property
    def kind(self) -> str:
        """Return the key that names the kind."""
        if self.extension is not None:
            return self.extension.kind
        return next(kind for kind in self.kinds if getattr(self, kind) is not None)

    @property
    def config(self) -> Any:  # noqa: ANN401  # each kind has its own type
        """Return what stands under the key of the kind."""
        if self.extension is not None:
            return self.extension.config
        return getattr(self, self.kind)
