"""The inbox of a run: messages of people, renamed into it by anyone, taken by the driver.

A message is one JSON file. It stays until its entry is in the journal, so a kill loses none; its
id is its name, so none is taken twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cutline.errors import CannotWrite
from cutline.run.message import Message

SUFFIX = ".json"
LARGEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Inbox:
    """The messages of one run that are not yet in its journal."""

    folder: Path

    def put(self, verb: str, by: str, at: datetime, data: Mapping[str, object]) -> Message:
        """Write a message and rename it into the inbox; it is there whole or not at all.

        Raises `CannotWrite`.
        """
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z-{verb}-{secrets.token_hex(4)}"
        message = Message(name, verb, by, at, dict(data))
        text = json.dumps({"verb": verb, "by": by, "at": at.isoformat(), "data": dict(data)})
        partial = self.folder / f".{name}.partial"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with partial.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self.folder / (name + SUFFIX))
        except OSError as error:
            raise CannotWrite(
                "the message cannot be written",
                where=str(self.folder),
                why=str(error),
                remedy="look whether you may write that folder, and whether the disk is full",
            ) from error
        return message

    def read(self) -> Sequence[Message]:
        """Return the messages that wait, in the order in which they were written.

        A file that is no message is one of verb `unreadable`: it is journaled and refused, too.
        """
        if not self.folder.is_dir():
            return []
        names = sorted(path for path in self.folder.iterdir() if path.suffix == SUFFIX)
        return [_message(path) for path in names if not path.name.startswith(".")]

    def drop(self, message: Message) -> None:
        """Forget a message whose entry is in the journal."""
        with contextlib.suppress(FileNotFoundError):
            (self.folder / (message.id + SUFFIX)).unlink()


def _message(path: Path) -> Message:
    name = path.name.removesuffix(SUFFIX)
    try:
        return _parsed(name, path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        epoch = datetime.fromtimestamp(0, UTC)
        return Message(name, "unreadable", "", epoch, {"why": f"{type(error).__name__}: {error}"})


def _parsed(name: str, path: Path) -> Message:
    if path.is_symlink() or path.stat().st_size > LARGEST_BYTES:
        raise ValueError("it is a link, or larger than a message may be")
    found = json.loads(path.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(found["at"])
    if at.tzinfo is None:
        raise ValueError("its time names no zone")
    return Message(name, str(found["verb"]), str(found["by"]), at, dict(found["data"]))
