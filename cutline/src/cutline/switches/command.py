"""A switch behind two commands: `set` gets the percent as its last argument, `read` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cutline.run import process
from cutline.run.process import Ended
from cutline.switches.kind import SwitchNotSet, SwitchUnreadable, percent_of

_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class CommandSwitch:
    """Two argument lists, without a shell, each with the same timeout."""

    set_argv: tuple[str, ...]
    read_argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    timeout_s: float

    def read(self) -> int:
        """Return what `read` prints; raises `SwitchUnreadable` where it fails."""
        ended, out, err = self._run(self.read_argv)
        if not ended.is_done:
            raise SwitchUnreadable("`read` of the switch failed", why=_why(ended, err))
        return percent_of(out, f"output of {self.read_argv[0]}")

    def set(self, percent: int) -> None:
        """Run `set`; raises `SwitchNotSet` where it fails."""
        ended, _, err = self._run((*self.set_argv, str(percent)))
        if not ended.is_done:
            raise SwitchNotSet("`set` of the switch failed", why=_why(ended, err))

    def _run(self, argv: tuple[str, ...]) -> tuple[Ended, str, str]:
        out, err = _Short(), _Short()
        ended = process.run(
            argv,
            cwd=self.cwd,
            env=self.env,
            timeout_s=self.timeout_s,
            out=out.feed,
            err=err.feed,
        )
        return ended, out.text, err.text


class _Short:
    """The beginning of what a command prints."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._held += chunk[: _MOST_BYTES - len(self._held)]

    @property
    def text(self) -> str:
        return self._held.decode(errors="replace")


def _why(ended: Ended, err: str) -> str:
    last = err.strip().splitlines()[-1:]
    return ": ".join([ended.why, *last])
