"""What evidence refuses, each with the place and the command that helps.

CannotMeasure
├── JournalDamaged      a line of the journal is not what was written
│   ├── JournalCut      the journal is shorter than a head says
│   └── JournalRewritten  the journal is not the one that a head was signed over
├── KeyBroken           a key file cannot be used; it is never made anew in silence
├── LockNotEnforced     the store does not keep what it was given
├── StoreUnreachable    the store did not answer, or denied a right
└── CannotVerify        what was handed in cannot be read as evidence
CannotWrite
├── OtherObject         another object lies under the name
└── JournalClosed       nothing is written behind the closing entry
SealRefused (1)         the run may not be sealed as it is
└── SecretsFound        secrets lie in the evidence
"""

from __future__ import annotations

from cutline.errors import CannotMeasure, CannotWrite, Exit, Problem


class JournalDamaged(CannotMeasure):
    """A line of the journal is not what was written; nothing was changed."""

    code = "journal-damaged"


class JournalCut(JournalDamaged):
    """A signed head counts more entries than the journal has."""

    code = "journal-cut"


class JournalRewritten(JournalDamaged):
    """The journal's root at the size of a signed head is another one."""

    code = "journal-rewritten"


class KeyBroken(CannotMeasure):
    """A key file is missing, unreadable, readable by others, or of another kind."""

    code = "key-broken"


class LockNotEnforced(CannotMeasure):
    """The store let go of an object that it was told to keep."""

    code = "lock-not-enforced"


class StoreUnreachable(CannotMeasure):
    """The store did not answer, or denied a right."""

    code = "store-unreachable"


class CannotVerify(CannotMeasure):
    """What was handed in cannot be read as evidence."""

    code = "cannot-verify"


class OtherObject(CannotWrite):
    """Under this name the store keeps another object, or one under a weaker lock."""

    code = "other-object"


class JournalClosed(CannotWrite):
    """Nothing is written behind the closing entry of a run."""

    code = "journal-closed"


class SealRefused(Problem):
    """The run may not be sealed as it is."""

    code = "seal-refused"
    exit_code = Exit.BLOCKED


class SecretsFound(SealRefused):
    """Secrets lie in the evidence; each is named by file and line, never by value."""

    code = "secrets-found"
