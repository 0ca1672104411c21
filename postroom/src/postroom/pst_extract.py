"""The Rust program `pst-extract` as a child process: its limits, its progress, its errors.

It is a program of its own so that a hostile file ends one child and nothing else.
"""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cutline.errors import CannotMeasure, Exit, Problem, WrongUsage
from postroom.errors import ChildEnded, DiskRefused, NotReadable
from postroom.progress import Progress

PROGRAM: Final = "pst-extract"

# Far above the 300 MB that it needs, far below what would hurt a machine. Written memory, not
# address space: of that an allocator reserves some for each thread, and some have many cores.
_MEMORY_BYTES: Final = 2 << 30
_LEAST_CPU_S: Final = 300
_BYTES_A_CPU_SECOND: Final = 1 << 20
_KEPT_LINES: Final = 5
_KEPT_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an extraction that ended well says of itself; `errors` are items it could not read."""

    emails: int
    attachments: int
    errors: int


@dataclass(slots=True)
class _Heard:
    """What the child said on standard error."""

    done: dict[str, Any]
    error: dict[str, str]
    stray: deque[str]


def extract(
    file: Path,
    out: Path,
    progress: Progress,
    *,
    jobs: int | None = None,
    ingest_id: str | None = None,
    hashes: str | None = None,
) -> Extracted:
    """Extract the PST `file` into the folder `out`, which is whole or not there.

    Raises `NotReadable` if the file is no readable PST or a limit stopped the child, `DiskRefused`
    if the outputs could not be written.
    """
    command = [str(_find_program()), str(file), "--out", str(out)]
    command += ["--jobs", str(jobs)] if jobs is not None else []
    command += ["--ingest-id", ingest_id] if ingest_id is not None else []
    command += ["--hash", hashes] if hashes is not None else []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as child:
        try:
            _limit(child.pid, file)
            heard = _listen(child.stderr or (), progress)
            code = child.wait()
        except BaseException:
            child.terminate()
            raise
    return _judge(code, heard, file)


def _find_program() -> Path:
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        raise CannotMeasure(
            f"the program {PROGRAM} is not installed",
            where=f"{beside}, PATH",
            why="the distribution postroom-extractor brings it",
            remedy="pip install ./postroom/extractor",
        )
    return Path(found)


def _limit(pid: int, file: Path) -> None:
    """Bound memory, CPU time and core files of the child, where the system can from outside."""
    if not hasattr(resource, "prlimit"):
        return
    try:
        size_bytes = file.stat().st_size
        cpu_s = _LEAST_CPU_S + size_bytes // _BYTES_A_CPU_SECOND
        for kind, most in (
            (resource.RLIMIT_DATA, _MEMORY_BYTES),
            (resource.RLIMIT_CPU, cpu_s),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(pid, kind, (most, most))
    except (ProcessLookupError, FileNotFoundError):
        return  # the child says itself that there is no such file


def _listen(lines: Iterable[str], progress: Progress) -> _Heard:
    heard = _Heard({}, {}, deque(maxlen=_KEPT_LINES))
    for line in lines:
        event = _event(line)
        match event.get("event"):
            case "progress":
                progress(str(event.get("phase")), int(event.get("done") or 0), event.get("total"))
            case "done":
                heard.done = event
            case "error":
                heard.error = {name: str(value) for name, value in event.items()}
            case _:
                heard.stray.append(line.strip()[:_KEPT_CHARACTERS])
    return heard


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _judge(code: int, heard: _Heard, file: Path) -> Extracted:
    if code in (Exit.OK, Exit.ITEM_ERRORS):
        counts = (int(heard.done.get(name, 0)) for name in ("emails", "attachments", "errors"))
        return Extracted(*counts)
    if code < 0:
        raise _stopped(-code, file, heard)
    kinds: dict[int, type[Problem]] = {
        Exit.NOT_MEASURED: NotReadable,
        Exit.NOT_WRITTEN: DiskRefused,
        Exit.USAGE: WrongUsage,
    }
    said = heard.error
    raise kinds.get(code, CannotMeasure)(
        said.get("what", f"{PROGRAM} ended with exit code {code}"),
        where=said.get("where", str(file)),
        why=said.get("why", " | ".join(heard.stray)),
        remedy=said.get("help", "run the command again; if it repeats, report the file's kind"),
    )


def _stopped(number: int, file: Path, heard: _Heard) -> ChildEnded:
    return ChildEnded(
        "the extractor was stopped",
        where=str(file),
        why=" | ".join((signal.Signals(number).name, *heard.stray)),
        remedy="a limit on memory or CPU time ends the reading of a hostile file;"
        " nothing of it was kept",
    )
