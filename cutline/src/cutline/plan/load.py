"""Reading a plan from its file: the one place of `cutline.plan` that touches a disk."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from cutline.errors import CannotMeasure
from cutline.plan.check import check
from cutline.plan.digest import digest
from cutline.plan.document import Document, Loc, Spot, read
from cutline.plan.fault import Fault, PlanRefused, at, nearest
from cutline.plan.inputs import Resolved, Scalar, how_to_give, resolve
from cutline.plan.literal import written_secrets
from cutline.plan.model import Plan
from cutline.plan.named_files import named_files
from cutline.plan.secret import Secret
from cutline.plan.settled import settled
from cutline.plan.shape import shaped
from cutline.plan.source import Source

LARGEST_FILE_BYTES = 4_000_000
_SHARED = ("inputs", "probes", "gates")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plan that was read and checked.

    `files` are the plan and everything it names, by their names relative to its folder: they are
    copied into the run. `inputs` are resolved, secret ones hold `Secret`; `missing` are those
    without a value, only where they were allowed to be. `warnings` did not stop it.
    """

    plan: Plan
    path: Path
    files: Mapping[str, bytes]
    digest: str
    inputs: Mapping[str, Scalar | Secret]
    missing: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = ()
    spots: Mapping[Loc, Spot] = field(default_factory=dict, repr=False)

    @property
    def source(self) -> Source:
        """Return where each part of the plan stands, for whoever checks it again."""
        return Source(self.path.name, self.spots, self.files)


def load(
    path: Path,
    *,
    inputs: Mapping[str, str] | None = None,
    inputs_files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    may_miss: bool = False,
) -> Loaded:
    """Read a plan, the files that it names and its inputs, and check all of it.

    Inputs come from `inputs`, else from the last of `inputs_files`, the environment, the default.
    With `may_miss` an input may be without a value; then it is listed in `missing`. Raises
    `PlanRefused` with every fault, and `CannotMeasure` if the plan itself cannot be read.
    """
    texts, environ = inputs or {}, os.environ if environment is None else environment
    document, files = _whole(path)
    given, from_files = _given(inputs_files, document)
    hidden = _hide_secrets(document)
    if isinstance(document.data, dict):
        wrong = settled(document.data, texts, given, environ)
        document.faults += [at(document.spot(loc).value, what) for loc, what in wrong.items()]
    plan = _shaped(path, document, hidden)
    source = Source(path.name, document.spots, files)
    document.faults += _read_named(path.parent, plan, source, files)
    resolved = resolve(plan.inputs, texts, given, environ)
    document.faults += _of_inputs(plan, resolved, source, from_files, may_miss=may_miss)
    document.faults += check(plan, source)
    warnings = tuple(one for one in document.faults if one.is_warning)
    if len(warnings) < len(document.faults):
        raise PlanRefused(str(path), document.faults)
    written = {path.name, *plan.uses}  # their meaning is the plan's: comments are not digested
    own = {name: content for name, content in files.items() if name not in written}
    return Loaded(
        plan,
        path,
        files,
        digest(plan, own),
        resolved.values,
        resolved.missing,
        warnings,
        document.spots,
    )


def _whole(path: Path) -> tuple[Document, dict[str, bytes]]:
    """Read the plan and what it uses, as one document."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotMeasure(
            "the plan cannot be read",
            where=str(path),
            why=error.strerror or str(error),
            remedy="`cutline init --template gradual` writes one to begin with",
        ) from error
    document = read(path.name, content)
    files = {path.name: content}
    if isinstance(document.data, dict):
        uses = document.data.get("uses")
        for number, name in enumerate(uses if isinstance(uses, list) else []):
            _use(path.parent, name, ("uses", number), document, files)
    elif not document.faults:
        what = "a plan is keys with values, and begins with `cutline: 1`"
        document.faults.append(at(document.spot(()).value, what))
    return document, files


def _use(folder: Path, name: object, loc: Loc, document: Document, files: dict[str, bytes]) -> None:
    """Take inputs, probes and gates of a used file over; a name defined twice is refused."""
    place = document.spot(loc).value
    content = _content(folder, name)
    if isinstance(content, str):
        document.faults.append(at(place, content))
        return
    files[str(name)] = content
    used = read(str(name), content)
    document.faults += used.faults
    if not isinstance(used.data, dict):
        if not used.faults:
            document.faults.append(at(used.spot(()).value, f"{name} holds {', '.join(_SHARED)}"))
        return
    for key, members in used.data.items():
        if key not in _SHARED:
            what = f"`{key}` does not come from a used file: {', '.join(_SHARED)} do"
            document.faults.append(at(used.spot((key,)).key, what, nearest(key, _SHARED)))
        elif isinstance(members, dict):
            _merge(document, used, key, members)


def _merge(document: Document, used: Document, key: str, members: Mapping[str, Any]) -> None:
    mine = document.data.setdefault(key, {})
    if not isinstance(mine, dict):
        return
    for name, value in members.items():
        if name in mine:
            first = document.spot((key, name)).key
            what = f"`{name}` of {key} is defined twice, first at {first.file}:{first.line}"
            document.faults.append(at(used.spot((key, name)).key, what))
            continue
        mine[name] = value
        for loc, place in used.spots.items():
            if loc[:2] == (key, name):
                document.spots[loc] = place


def _shaped(path: Path, document: Document, hidden: Collection[Loc]) -> Plan:
    found: Plan | list[Fault] = []
    if isinstance(document.data, dict):
        found = shaped(document.data, document.spots, path.name, hidden)
    if isinstance(found, list):
        raise PlanRefused(str(path), [*document.faults, *found])
    return found


def _hide_secrets(document: Document) -> frozenset[Loc]:
    """Refuse what is written in plain text, and return where it stands: it is never shown."""
    found = dict(written_secrets(document.data))
    for loc, kind in found.items():
        what = f"a secret stands here in plain text ({kind}): name a variable, {{env: NAME}}"
        document.faults.append(at(document.spot(loc).value, what))
    return frozenset(found)


def _read_named(folder: Path, plan: Plan, source: Source, files: dict[str, bytes]) -> list[Fault]:
    """Read the queries and procedures that a plan names."""
    faults = []
    for loc, name in named_files(plan):
        content = _content(folder, name)
        if isinstance(content, str):
            faults.append(at(source.spot(loc).value, content))
        else:
            files[name] = content
    return faults


def _content(folder: Path, name: object) -> bytes | str:
    """Return the bytes of a file beside the plan, or in words why there are none."""
    if not isinstance(name, str):
        return "the name of a file is a text"
    if (why := _not_plain(name)) is not None:
        return why
    try:
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            return f"{name!r} leads out of the plan's folder"
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        beside = [str(one.relative_to(folder)) for one in _siblings((folder / name).parent)]
        meant = nearest(name, beside)
        hint = f"; did you mean `{meant}`?" if meant else ""
        return f"{name!r} cannot be read: {getattr(error, 'strerror', None) or error}{hint}"
    too_large = f"{name!r} is larger than {LARGEST_FILE_BYTES} bytes"
    return content if len(content) <= LARGEST_FILE_BYTES else too_large


def _not_plain(name: str) -> str | None:
    pure = PurePosixPath(name)
    if "${" in name:
        return "the name of a file that belongs to the plan is plain: no `${…}`"
    if pure.is_absolute() or ".." in pure.parts or str(pure) != name or name == "." or "\0" in name:
        return f"{name!r} is no plain path within the plan's folder"
    return None


def _siblings(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _given(paths: Sequence[Path], document: Document) -> tuple[dict[str, object], dict[str, Spot]]:
    """Return the values of the inputs files, the last one winning, and where each stands."""
    values: dict[str, object] = {}
    spots: dict[str, Spot] = {}
    for path in paths:
        try:
            found = read(path.name, path.read_bytes())
        except OSError as error:
            raise CannotMeasure(
                "the inputs cannot be read",
                where=str(path),
                why=error.strerror or str(error),
                remedy="--inputs takes a YAML file with `name: value` lines",
            ) from error
        if isinstance(found.data, dict):
            values.update(found.data)
            spots.update({name: found.spot((name,)) for name in found.data})
            _hide_secrets(found)
            document.faults += found.faults
            continue
        what = "inputs are `name: value` lines"
        document.faults += found.faults or [at(found.spot(()).value, what)]
    return values, spots


def _of_inputs(
    plan: Plan,
    resolved: Resolved,
    source: Source,
    spots: Mapping[str, Spot],
    *,
    may_miss: bool,
) -> list[Fault]:
    faults = []
    for name, what in resolved.wrong.items():
        place = spots[name].value if name in spots else source.spot(("inputs", name)).key
        faults.append(at(place, what, resolved.meant.get(name)))
    for name in () if may_miss else resolved.missing:
        what = f"the input `{name}` has no value: {how_to_give(name, plan.inputs[name])}"
        faults.append(at(source.spot(("inputs", name)).key, what))
    return faults


__all__ = ["Loaded", "load", "named_files"]
