"""The numbered files of a run's folder, written from its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cutline.evidence import files
from cutline.plan.model import Plan
from cutline.plan.secret import IS_SET
from cutline.plan.step import Step
from cutline.run.kinds import Kind
from cutline.run.ports import AnEntry
from cutline.run.summary import Summary

SCOPE = "00_scope.txt"
RESULT = "90_result_summary.txt"
Blob = Callable[[str], bytes]


def write(folder: Path, entries: Sequence[AnEntry], plan: Plan, blob: Blob) -> None:
    """Write the scope and the files that steps name by `evidence:`; again changes nothing.

    `blob` returns the bytes of a digest. Raises `CannotWrite`.
    """
    started = next((entry for entry in entries if entry.kind == Kind.STARTED), None)
    if started is None:
        return
    files.put_changed(folder / SCOPE, _scope(started))
    texts: dict[str, bytes] = {}
    for stage in plan.stages:
        for step in stage.steps:
            if step.evidence and step.checkpoint is None:
                said = _step(entries, step, blob)
                texts[step.evidence] = b"\n".join(filter(None, [texts.get(step.evidence), said]))
    for name, text in texts.items():
        if text:
            files.put_changed(folder / name, text)


def write_result(folder: Path, summary: Summary) -> None:
    """Write the summary of the run. Raises `CannotWrite`."""
    files.put_changed(folder / RESULT, summary.text().encode())


def _scope(started: AnEntry) -> bytes:
    data = started.data
    git = data.get("git") or {}
    lines = [
        f"run: {data['run']}",
        f"started: {started.at}",
        f"started by: {data['by']}",
        f"plan: {data['plan']['name']} sha256 {data['plan']['digest']}",
        f"engine: cutline {data['engine']}",
        f"git head: {git.get('head') or 'no git repository'}",
        f"git branch: {git.get('branch') or '-'}",
        f"git tree: {_tree(git.get('is_clean'))}",
        f"follows: {data.get('follows') or 'no earlier run'}",
    ]
    if data.get("fixed"):
        lines.append(f"fixed since: {data['fixed']}")
    if data.get("factor", 1) != 1:
        lines.append(f"COMPRESSED: durations divided by {data['factor']:g}")
    lines += ["", "inputs:"]
    lines += [_input(*one) for one in sorted(data["inputs"].items())] or ["  none"]
    # A heading with the word `secret` would make the names below it look like one.
    lines += ["", "from the environment:"]
    lines += [f"  {name} is {state}" for name, state in sorted((data.get("secrets") or {}).items())]
    lines += ["", "files:"]
    lines += [f"  {digest}  {name}" for name, digest in sorted(data["files"].items())]
    return ("\n".join(lines) + "\n").encode()


def _input(name: str, value: object) -> str:
    """A secret is not written as one that has a value: the search for secrets would find it."""
    return f"  {name} is set" if value == IS_SET else f"  {name} = {value}"


def _tree(is_clean: bool | None) -> str:  # noqa: FBT001  # a state of three
    return "unknown" if is_clean is None else "clean" if is_clean else "NOT CLEAN"


def _step(entries: Sequence[AnEntry], step: Step, blob: Blob) -> bytes:
    """Return what became of a step: every try, with what it printed; nothing before the first."""
    parts: list[bytes] = []
    for entry in entries:
        if entry.data.get("step") != step.name:
            continue
        data = entry.data
        match entry.kind:
            case Kind.STEP_STARTING:
                what = "undo" if data.get("is_undo") else "try"
                parts.append(f"{entry.at} {what} {data['attempt']} begins\n".encode())
            case Kind.STEP_ENDED:
                if data.get("output"):
                    parts.append(blob(str(data["output"])).rstrip(b"\n") + b"\n")
                for name, digest in sorted((data.get("files") or {}).items()):
                    parts.append(f"--- {name} sha256 {digest}\n".encode())
                    parts.append(blob(str(digest)).rstrip(b"\n") + b"\n")
                why = f": {data['why']}" if data.get("why") else ""
                parts.append(f"{entry.at} exit {data['exit_code']}{why}\n".encode())
            case Kind.STEP_CUT_OFF:
                parts.append(f"{entry.at} cut off\n".encode())
            case Kind.STEP_FOUND_DONE:
                parts.append(f"{entry.at} found done: {data['why']}\n".encode())
            case _:
                pass
    return f"step {step.name}\n".encode() + b"".join(parts) if parts else b""
