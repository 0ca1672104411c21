"""What sets the share of traffic that goes to v2, and reads it back: one kind a file."""

from cutline.switches.choose import switch
from cutline.switches.kind import SwitchKind, SwitchNotSet, SwitchUnreadable

__all__ = ["SwitchKind", "SwitchNotSet", "SwitchUnreadable", "switch"]
