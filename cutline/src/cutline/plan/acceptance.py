"""A line of the acceptance of a run, and what has to be true for it."""

from __future__ import annotations

from cutline.plan.part import Part


class Acceptance(Part):
    """A line is accepted if all its steps ended well, its stages ended and no secret was found.

    What a line does not name it does not ask for.
    """

    line: str
    steps: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    no_secrets: bool = False
