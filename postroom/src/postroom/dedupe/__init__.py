"""Which mail is a copy of which: a pure core over what the archive knows of its mails."""

from postroom.dedupe.dedupe import Decision, decide
from postroom.dedupe.item import TIERS, DedupeItem, Tier

__all__ = ["TIERS", "Decision", "DedupeItem", "Tier", "decide"]
