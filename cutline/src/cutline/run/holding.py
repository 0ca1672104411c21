"""Whether a condition holds now."""

from __future__ import annotations

from dataclasses import dataclass

_WORDS = {True: "holds", False: "does not hold", None: "could not be measured"}


@dataclass(frozen=True, slots=True)
class Holding:
    """True or False as it was measured, or None and `why` it could not be."""

    holds: bool | None
    why: str = ""

    @property
    def word(self) -> str:
        """Return `holds`, `does not hold` or `could not be measured`."""
        return _WORDS[self.holds]

    def __str__(self) -> str:
        return f"{self.word}: {self.why}" if self.why else self.word
