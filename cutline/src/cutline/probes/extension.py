"""Probes of other packages: the entry-point group `cutline.probes`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from cutline.errors import CannotMeasure
from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked

GROUP = "cutline.probes"


def measure(config: Mapping[str, Any], asked: Asked) -> Answer:
    """Ask what another package offers: a callable of config and question that returns an `Answer`.

    Its config comes with `${…}` expanded. Raises `NoReading` also for whatever it fails with: a
    package that we do not know must not end a tick.
    """
    kind = asked.probe.kind
    for point in entry_points(group=GROUP, name=kind):
        try:
            found = point.load()(asked.expand_all(dict(config)), asked)
        except CannotMeasure:
            raise
        except Exception as error:  # not our code: its bug is a reading that is missing
            raise NoReading(
                f"the probe {kind} failed", why=f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(found, Answer):
            raise NoReading(f"the probe {kind} gave no answer", why=f"{type(found).__name__}")
        return found
    raise NoReading(f"no installed package offers a probe {kind}")
