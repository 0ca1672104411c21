"""The programs of a demonstration: begun apart from their beginner, known again, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Final

DOWN_S: Final = 30.0
_PAUSE: Final = threading.Event()


def spawned(
    folder: Path, name: str, command: list[str], more: dict[str, str], said: Path | None = None
) -> dict[str, int]:
    """Begin a program in `folder`, in a session of its own; return how it is known again.

    `more` is added to its environment. What it says goes to `NAME.out`, its standard output to
    `said` if one is given.
    """
    out = folder / f"{name}.out"
    with out.open("ab") as errors, (said or out).open("ab") as printed:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=errors,
            start_new_session=True,
        )
    return {"pid": process.pid, "started_ticks": started_ticks(process.pid)}


def started_ticks(pid: int) -> int:
    """Return when a process started, in ticks since boot; 0 if it is gone or a zombie.

    A pid alone may by now be that of somebody else.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def is_alive(process: dict[str, int]) -> bool:
    """Say whether that very process still runs."""
    return 0 < process["started_ticks"] == started_ticks(process["pid"])


def stop(process: dict[str, int], *, within_s: float = DOWN_S) -> None:
    """End a program of ours: politely, then with all that it began.

    One that is not ours any more is left alone.
    """
    began = time.monotonic()
    if is_alive(process):
        os.kill(process["pid"], signal.SIGTERM)
    while is_alive(process):
        if time.monotonic() - began > within_s:
            os.killpg(process["pid"], signal.SIGKILL)
        _PAUSE.wait(0.02)
