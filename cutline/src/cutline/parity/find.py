"""Suites that installed packages offer, through the entry-point group `cutline.suites`."""

from __future__ import annotations

from importlib.metadata import entry_points

from cutline.errors import WrongUsage
from cutline.parity.suite import Suite

GROUP = "cutline.suites"


def names() -> tuple[str, ...]:
    """Return the names of all suites that are installed."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def find(name: str) -> Suite:
    """Return the suite of that name; raises `WrongUsage` with the names that are known."""
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise WrongUsage(
            f"there is no suite {name}",
            why=f"installed are: {', '.join(names()) or 'none'}",
            remedy="install the package that offers it; postroom offers postroom.pst",
        )
    suite = found[0].load()()
    if not isinstance(suite, Suite):
        raise WrongUsage(f"{name} is no suite", where=found[0].value)
    return suite
