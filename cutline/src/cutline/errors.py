"""The errors of Cutline and the exit codes that they mean.

    Problem                 what failed, on what, why, and the command that helps
    ├── CannotMeasure       3: could not measure, read, compare or verify
    ├── CannotWrite         6: could not write; nothing partial is left under a final name
    └── WrongUsage          64: the command was called in a way that cannot mean anything

A verdict is data and never an error; a bug is not caught and escapes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """What an exit code means, in every command."""

    OK = 0
    BLOCKED = 1
    PAUSED = 2
    NOT_MEASURED = 3
    ROLLED_BACK = 4
    ITEM_ERRORS = 5
    NOT_WRITTEN = 6
    IN_PROGRESS = 7
    USAGE = 64


class Problem(Exception):  # noqa: N818  # the glossary's word, read as one in every message
    """Something failed in a way that a person can mend.

    `what` failed, `where` it happened (a file, a table, an option), `why`, and `remedy`: the
    command or the step that helps. `code` is stable across versions and
    names the page of the error.
    """

    code: ClassVar[str] = "problem"
    exit_code: ClassVar[Exit] = Exit.NOT_MEASURED

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.why:
            parts.append(f"  why:   {self.why}")
        if self.remedy:
            parts.append(f"  help:  {self.remedy}")
        return "\n".join(parts)

    def as_json(self) -> dict[str, object]:
        """Return the same as a JSON object, for `--json`."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "help": self.remedy,
        }


class CannotMeasure(Problem):
    """Something could not be measured, read, compared or verified; it is never a pass."""

    code = "cannot-measure"
    exit_code = Exit.NOT_MEASURED


class CannotWrite(Problem):
    """Something could not be written; nothing partial is left under a final name."""

    code = "cannot-write"
    exit_code = Exit.NOT_WRITTEN


class WrongUsage(Problem):
    """The command was called in a way that cannot mean anything."""

    code = "usage"
    exit_code = Exit.USAGE
