"""How long the claim of an execution on AWS lasts."""

from __future__ import annotations

from typing import Final

AT_WORK_S: Final = 900.0
"""How long the claim of a job lasts that says nothing any more."""

WAITING_S: Final = 172_800.0
"""How long it lasts between two jobs; the state machine waits for a job no longer than that."""
