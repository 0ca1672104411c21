"""What a process that was killed left running: found by its session and by what we gave it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_SESSION, _STARTED = 3, 19  # fields of /proc/PID/stat behind the name, as proc(5) counts them


def about(pid: int) -> dict[str, Any]:
    """Return what tells a process from every other, also after a reboot."""
    return {"pid": pid, "started": _stat(pid)[_STARTED], "boot": _boot()}


def end(process: Mapping[str, Any], run: str, key: str) -> None:
    """End by force every process of the session that bears our key; after a reboot nothing."""
    if process["boot"] != _boot():
        return
    for pid in _session(int(process["pid"])):
        if _is_same(pid, process) or _is_ours(pid, run, key):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> Iterator[int]:
    for path in _PROC.iterdir():
        with contextlib.suppress(OSError, IndexError):
            if path.name.isdigit() and int(_stat(int(path.name))[_SESSION]) == leader:
                yield int(path.name)


def _is_same(pid: int, process: Mapping[str, Any]) -> bool:
    with contextlib.suppress(OSError):
        return about(pid) == process
    return False


def _is_ours(pid: int, run: str, key: str) -> bool:
    """Say whether it was started for this run and step: a number alone may be another's by now."""
    with contextlib.suppress(OSError):
        given = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        wanted = (f"CUTLINE_RUN={run}".encode(), f"CUTLINE_STEP_KEY={key}".encode())
        return all(one in given for one in wanted)
    return False


def _stat(pid: int) -> list[str]:
    """Return the fields behind the name, which may itself hold blanks and brackets."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
