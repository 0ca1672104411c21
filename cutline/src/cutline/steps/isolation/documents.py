"""The texts of a file of configuration, each with its place: env, YAML, JSON, TOML, or plain."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import TaggedScalar
from ruamel.yaml.error import YAMLError

from cutline.steps.isolation.found import Found, Text
from cutline.steps.isolation.spellings import text_of

LARGEST_BYTES = 32 * 1024 * 1024
_MAGIC = frozenset("*?[")


def look_at_files(found: Found, base: Path, patterns: tuple[str, ...]) -> None:
    """Look through the files that a plan names; one that is missing or broken is not read.

    A pattern means all files that match it, a folder everything below it; none is not read.
    """
    for pattern in patterns:
        paths = _paths(base, pattern)
        if not paths:
            found.cannot_read(pattern, "there is no such file")
        for path in paths:
            _look_at(
                found, path, str(path.relative_to(base)) if base in path.parents else str(path)
            )


def _paths(base: Path, pattern: str) -> list[Path]:
    path = base / pattern
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if not one.is_dir())
    if path.exists() or path.is_symlink() or not _MAGIC & set(pattern):
        return [path]
    root = Path("/") if Path(pattern).is_absolute() else base
    return sorted(one for one in root.glob(pattern.lstrip("/")) if not one.is_dir())


def _look_at(found: Found, path: Path, name: str) -> None:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            found.cannot_read(name, f"it is larger than {LARGEST_BYTES} bytes")
            return
        texts = list(texts_of(name, path.read_bytes()))
    except OSError as error:
        found.cannot_read(name, error.strerror or str(error))
    except (ValueError, YAMLError, RecursionError) as error:
        found.cannot_read(name, f"it is broken: {str(error).splitlines()[0]}")
    else:
        found.look(name, texts)


def texts_of(name: str, content: bytes) -> Iterator[Text]:
    """Yield the texts of a file by what its name says it is; raises `ValueError` for a broken one.

    Comments of formats that have them are left out: nobody is led anywhere by them.
    """
    text = text_of(content)
    path = Path(name)
    reader = _READERS.get(path.suffix.lower())
    if reader is not None:
        yield from leaves(reader(text), name)
    elif path.suffix == ".env" or path.name.startswith(".env"):
        yield from _env_lines(text, name)
    else:
        for number, line in enumerate(text.splitlines(), 1):
            yield Text(f"{name}:{number}", line)
        yield Text(name, text)


def leaves(value: object, where: str) -> Iterator[Text]:
    """Yield every scalar of a structure, and every key, with its dotted place."""
    seen: set[int] = set()  # anchors may refer to one another, also in a ring
    queue: list[tuple[object, str]] = [(value, where)]
    while queue:
        one, at = queue.pop()
        match one:
            case Mapping() | list() | tuple() if id(one) in seen:
                continue
            case Mapping():
                seen.add(id(one))
                for key, inner in one.items():
                    yield Text(f"{at}, a key", str(key))
                    queue.append((inner, f"{at}, {key}"))
            case list() | tuple():
                seen.add(id(one))
                queue.extend((inner, f"{at}[{number}]") for number, inner in enumerate(one))
            case None:
                continue
            case TaggedScalar():
                yield Text(at, str(one.value))
            case bytes():
                yield Text(at, text_of(one))
            case _:
                yield Text(at, str(one))


def _env_lines(text: str, name: str) -> Iterator[Text]:
    """Yield each line that is no comment, then all of them: a value may go over several."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in lines:
        yield Text(f"{name}, {line.partition('=')[0].strip()}", line)
    yield Text(name, "\n".join(lines))


def _yaml(text: str) -> list[Any]:
    # Keeps what it does not know (`!Ref`) as it is, and refuses a key that is there twice.
    return list(YAML(typ="rt", pure=True).load_all(text))


_READERS: Mapping[str, Callable[[str], object]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": json.loads,
    ".toml": tomllib.loads,
}
