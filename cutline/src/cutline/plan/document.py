"""A YAML 1.2 file as plain data, with the place of every key and value.

A safe subset: scalars, lists and mappings with text keys. Duplicate keys, tags and merge keys are
refused; anchors are read, and what they unfold to is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cutline.plan.fault import Fault, Place, at

Loc = tuple[str | int, ...]

LARGEST_BYTES = 1_000_000
MOST_NODES = 50_000
DEEPEST = 40
LARGEST_WHOLE = 2**53 - 1  # what JSON of every reader keeps exactly
_TAGS = "tag:yaml.org,2002:"
_SCALARS = {"null", "bool", "int", "float", "str", "timestamp"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key (for an item of a list: the item) and its value stand."""

    key: Place
    value: Place
    is_block: bool = False  # a text written with `|` or `>`: its content begins on the next line
    is_quoted: bool = False
    indent: int = 0

    def inside(self, line: int, column: int) -> Place:
        """Return the place of a line and column (from 1) within the text of the value."""
        if self.is_block:
            return Place(self.value.file, self.value.line + line, self.indent + column)
        if line == 1:
            first = self.value.column + (1 if self.is_quoted else 0)
            return Place(self.value.file, self.value.line, first + column - 1)
        return Place(self.value.file, self.value.line + line - 1, column)


@dataclass(slots=True)
class Document:
    """The data of a file; `spots` by the path of keys and indices; `faults` found on reading."""

    file: str
    data: Any = None
    spots: dict[Loc, Spot] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def spot(self, loc: Loc) -> Spot:
        """Return the spot of a path, or of the nearest path above it that stands in the file."""
        return spot(self.spots, loc, self.file)


def spot(spots: Mapping[Loc, Spot], loc: Loc, file: str) -> Spot:
    """Return the spot of a path, or of the nearest path above it."""
    while loc and loc not in spots:
        loc = loc[:-1]
    start = Place(file, 1, 1)
    return spots.get(loc, Spot(start, start))


def read(file: str, content: bytes) -> Document:
    """Read a file; what is wrong with it stands in `faults`, and `data` is None if nothing is left.

    Never raises for what a file can hold.
    """
    document = Document(file)
    start = Place(file, 1, 1)
    if len(content) > LARGEST_BYTES:
        document.faults.append(at(start, f"larger than {LARGEST_BYTES} bytes: this is no plan"))
        return document
    try:
        text = content.decode("utf-8-sig")
        node = _compose(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        document.faults.append(Fault(file, line, 1, f"byte {error.start} is no UTF-8"))
    except RecursionError:
        document.faults.append(at(start, f"nested deeper than {DEEPEST} levels"))
    except MarkedYAMLError as error:
        document.faults.append(_unreadable(file, error))
    except (YAMLError, ValueError) as error:
        document.faults.append(at(start, f"this is no YAML: {error}"))
    else:
        if node is None:
            document.faults.append(at(start, "the file is empty"))
        else:
            _Reader(document, text.splitlines()).read(node)
    return document


def _compose(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST * 2
    composed: Node | None = yaml.compose(text)
    return composed


def _unreadable(file: str, error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "maximum depth" in str(error.problem):
        return Fault(file, line, column, f"nested deeper than {DEEPEST} levels")
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    return Fault(file, line, column, f"this is no YAML: {what.splitlines()[0]}")


class _TooMuchError(Exception):
    """The file unfolds to more than a plan can hold."""


class _Reader:
    """Turns nodes into data, once; faults go to the document."""

    def __init__(self, document: Document, lines: list[str]) -> None:
        self._document = document
        self._lines = lines
        self._count = 0

    def read(self, node: Node) -> None:
        """Fill the document."""
        self._document.spots[()] = self._spot(node, node)
        try:
            self._document.data = self._value(node, ())
        except _TooMuchError as error:
            self._fault(node, str(error))
            self._document.data = None

    def _value(self, node: Node, loc: Loc) -> Any:  # noqa: ANN401  # whatever YAML holds
        self._count += 1
        if self._count > MOST_NODES:
            raise _TooMuchError(f"anchors unfold to more than {MOST_NODES} values")
        if len(loc) > DEEPEST:
            raise _TooMuchError(f"nested deeper than {DEEPEST} levels")
        match node:
            case MappingNode():
                return self._mapping(node, loc)
            case SequenceNode():
                return self._sequence(node, loc)
            case _:
                return self._scalar(node)

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        self._untagged(node, "map")
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key)
            if name is None:
                continue
            if name in found:
                first = self._document.spots[(*loc, name)].key.line
                self._fault(key, f"`{name}` is written twice, first in line {first}")
                continue
            self._document.spots[(*loc, name)] = self._spot(key, value)
            found[name] = self._value(value, (*loc, name))
        return found

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self._fault(node, "a key is one word")
            return None
        if node.tag == _TAGS + "merge" or node.value == "<<":
            self._fault(node, "merge keys are not read: write the keys out, or use `uses`")
            return None
        return str(node.value)

    def _sequence(self, node: SequenceNode, loc: Loc) -> list[Any]:
        self._untagged(node, "seq")
        found = []
        for number, value in enumerate(node.value):
            self._document.spots[(*loc, number)] = self._spot(value, value)
            found.append(self._value(value, (*loc, number)))
        return found

    def _scalar(self, node: Node) -> Any:  # noqa: ANN401  # any scalar
        kind = str(node.tag).removeprefix(_TAGS)
        text = str(node.value)
        if kind not in _SCALARS:
            self._fault(node, f"the tag `{node.tag}` is not read")
            return text
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int" | "float":
                return self._number(node, text, kind)
            case _:
                return text

    def _number(self, node: Node, text: str, kind: str) -> Any:  # noqa: ANN401  # int or float
        plain = text.replace("_", "")
        try:
            value: int | float = _whole(plain) if kind == "int" else float(plain)
        except ValueError:
            self._fault(node, f"`{text}` is no number that a plan uses: put it into quotes")
            return text
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(node, f"`{text}` is not finite")
        elif abs(value) > LARGEST_WHOLE:
            self._fault(node, f"`{text}` is larger than 2^53-1: put it into quotes")
        return value

    def _untagged(self, node: Node, kind: str) -> None:
        if node.tag != _TAGS + kind:
            self._fault(node, f"the tag `{node.tag}` is not read")

    def _fault(self, node: Node, what: str, meant: str | None = None) -> None:
        self._document.faults.append(at(self._place(node), what, meant))

    def _place(self, node: Node) -> Place:
        return Place(self._document.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _spot(self, key: Node, value: Node) -> Spot:
        style = getattr(value, "style", None)
        is_block = isinstance(value, ScalarNode) and style in {"|", ">"}
        indent = 0
        if is_block and value.start_mark.line + 1 < len(self._lines):
            row = self._lines[value.start_mark.line + 1]
            indent = len(row) - len(row.lstrip(" "))
        is_quoted = isinstance(value, ScalarNode) and style in {"'", '"'}
        return Spot(self._place(key), self._place(value), is_block, is_quoted, indent)


def _whole(text: str) -> int:
    return int(text, 0 if text.lstrip("+-")[:2] in {"0x", "0o"} else 10)


def paths(data: object, loc: Loc = ()) -> Iterator[tuple[Loc, object]]:
    """Yield every scalar of plain data with its path."""
    match data:
        case dict():
            for name, value in data.items():
                yield from paths(value, (*loc, name))
        case list():
            for number, value in enumerate(data):
                yield from paths(value, (*loc, number))
        case _:
            yield loc, data


__all__ = ["Document", "Loc", "Spot", "paths", "read", "spot"]
