"""What a search for production found, and what it could not read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cutline.errors import Exit
from cutline.steps.isolation.forbidden import Forbidden, named_in


@dataclass(frozen=True, slots=True)
class Text:
    """A text and where it stands; the text may be secret and is never printed."""

    where: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Find:
    """A name of production and where it stands. Never the text around it."""

    kind: str
    name: str
    where: str


@dataclass(slots=True)
class Found:
    """Everything that was looked at. What could not be read is no pass."""

    names: Sequence[Forbidden]
    read: list[str] = field(default_factory=list)
    finds: list[Find] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def look(self, source: str, texts: Iterable[Text]) -> None:
        """Look through one source; it counts as read when all of it was."""
        for one in texts:
            for name in named_in(one.text, self.names):
                self.finds.append(Find(name.kind, name.name, one.where))
        self.read.append(source)

    def cannot_read(self, source: str, why: str) -> None:
        """Remember what could not be read."""
        self.unread.append(f"{source}: {why}")

    def leave_out(self, source: str) -> None:
        """Remember a source that the inputs name nothing for: it is told, and it is no reading."""
        self.left_out.append(source)

    @property
    def exit_code(self) -> int:
        """Return 1 if production is named, 3 if something or everything was not read, else 0."""
        if self.finds:
            return int(Exit.BLOCKED)
        return int(Exit.NOT_MEASURED if self.unread or not self.read else Exit.OK)

    @property
    def why(self) -> str:
        """Return the outcome in one line."""
        parts = []
        if self.finds:
            first = self.finds[0]
            parts.append(f"{len(self.finds)} of production, first {first.name} in {first.where}")
        if self.unread:
            parts.append(f"{len(self.unread)} could not be read, first {self.unread[0]}")
        if not self.read and not self.unread:
            parts.append("nothing was read")
        return "; ".join(parts)

    def lines(self) -> list[str]:
        """Return the report for people."""
        return [
            *(f"read          {one}" for one in self.read),
            *(f"left out      {one}: it is empty here" for one in self.left_out),
            *(f"FOUND         {one.kind}: {one.name} in {one.where}" for one in self.finds),
            *(f"NOT READ      {one}" for one in self.unread),
            f"isolation: {self.why or f'{len(self.read)} read, none names production'}",
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        finds = [asdict(one) for one in self.finds]
        return {"read": self.read, "found": finds, "unread": self.unread, "left_out": self.left_out}
