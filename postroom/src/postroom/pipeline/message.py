"""The message that asks for an ingest; its JSON form is published and the same on every queue."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, NoReturn
from uuid import UUID

from cutline.errors import WrongUsage
from postroom.archive.names import SOURCE_ID
from postroom.archive.transaction import Row

VERSION: Final = 1
_MOST_CHARACTERS: Final = 16_384
_NAME_CHARACTERS: Final = 255
_KEY_CHARACTERS: Final = 1024
_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


class InvalidMessage(WrongUsage):
    """A message that is not of the published form; what it holds is never quoted."""

    code = "invalid-message"


@dataclass(frozen=True, slots=True)
class IngestMessage:
    """Which upload to ingest, and where it lies.

    `{"version": 1, "pst_file_id", "project_id", "case_id", "file_name", "source_bucket",
    "source_key", "source_id"}`; only `case_id` may be null.
    """

    pst_file_id: str
    project_id: str
    case_id: str | None
    file_name: str
    source_bucket: str
    source_key: str
    source_id: str

    def __post_init__(self) -> None:
        """Raise `InvalidMessage` for a value that cannot be one."""
        for name, is_right in _RULES.items():
            value = getattr(self, name)
            if not (isinstance(value, str) and is_right(value)):
                if name == "case_id" and value is None:
                    continue
                _refuse(f"{name} is not what it must be: {_WORDS[name]}")

    def as_json(self) -> str:
        """Write it as one line of JSON; the same message gives the same bytes."""
        return json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> IngestMessage:
        """Read a message; raises `InvalidMessage` for anything but the published form."""
        if len(text) > _MOST_CHARACTERS:
            _refuse(f"it has more than {_MOST_CHARACTERS} characters")
        try:
            given = json.loads(text, object_pairs_hook=_each_key_once)
        except (ValueError, RecursionError):
            _refuse("it is not JSON")
        if not isinstance(given, dict):
            _refuse("it is not a JSON object")
        version = given.pop("version", None)
        if version != VERSION or isinstance(version, bool):
            _refuse(f"version is not {VERSION}")
        missing = sorted(set(_RULES) - set(given))
        if missing:
            _refuse(f"it lacks {', '.join(missing)}")
        if len(given) > len(_RULES):
            _refuse(f"it has {len(given) - len(_RULES)} keys that the form does not have")
        return cls(**given)


def check_same_upload(row: Row, message: IngestMessage) -> None:
    """Raise `InvalidMessage` if the ingest of that id is of another upload than the message."""
    known = (row["project_id"], row["s3_bucket"], row["s3_key"])
    if known != (message.project_id, message.source_bucket, message.source_key):
        raise InvalidMessage(
            "the message and the ingest of its id are of different uploads",
            where=f"ingest {message.pst_file_id}",
            why="project, bucket or key is another than in pst_files",
            remedy=f"postroom status {message.pst_file_id} shows them",
        )


def default_key(project_id: str, pst_file_id: str, file_name: str) -> str:
    """Name where an upload lies if nothing else is said."""
    name = file_name if file_name.lower().endswith(".pst") else f"{file_name}.pst"
    return f"project_{project_id}/pst/{pst_file_id}/{name}"


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _is_name(value: str) -> bool:
    return 0 < len(value) <= _NAME_CHARACTERS and value.isprintable()


def _is_key(value: str) -> bool:
    parts = value.split("/")
    fits = 0 < len(value) <= _KEY_CHARACTERS and value.isprintable() and "\\" not in value
    return fits and not any(part in ("", ".", "..") for part in parts)


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_RULES: Final[dict[str, Callable[[str], bool]]] = {
    "pst_file_id": _is_uuid,
    "project_id": _matches(_PROJECT),
    "case_id": _is_name,
    "file_name": _is_name,
    "source_bucket": _matches(_BUCKET),
    "source_key": _is_key,
    "source_id": _matches(SOURCE_ID),
}

_WORDS: Final = {
    "pst_file_id": "a UUID in lower case",
    "project_id": "1 to 64 of A-Z a-z 0-9 . _ -",
    "case_id": f"null or 1 to {_NAME_CHARACTERS} printable characters",
    "file_name": f"1 to {_NAME_CHARACTERS} printable characters",
    "source_bucket": "the name of a bucket",
    "source_key": "a relative path without empty, . or .. parts",
    "source_id": "1 to 40 of A-Z a-z 0-9 . _ -",
}


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _refuse(why: str) -> NoReturn:
    raise InvalidMessage(
        "this is no message that asks for an ingest",
        where="message",
        why=why,
        remedy="postroom submit builds one; docs/pipeline.md has its form",
    )
