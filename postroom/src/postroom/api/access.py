"""Who may do what: tokens by their SHA-256 in a file, each with a role and its sources."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from cutline.errors import CannotMeasure, WrongUsage
from postroom.api.errors import Forbidden, NotAuthenticated
from postroom.archive.names import SOURCE_ID

Role = Literal["reader", "writer", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

ALL_SOURCES: Final = "*"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PREFIX: Final = "prm_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, what it may do, and in which sources (None: in all)."""

    name: str
    role: Role
    sources: frozenset[str] | None

    def may(self, role: Role) -> bool:
        """Say whether its role is at least that one."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def sees(self, source_id: str) -> bool:
        """Say whether that source is one of its own."""
        return self.sources is None or source_id in self.sources


LOCAL: Final = Caller("local", "admin", None)
"""The caller of a service without tokens, which this machine alone can reach."""


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the file. Of the token itself only the digest is known."""

    caller: Caller
    sha256: str


class Tokens:
    """The tokens of a file, read again when it changes: an entry taken out is refused at once.

    A file that cannot be read or is not valid lets nobody in.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()
        self.read()

    def read(self) -> tuple[Token, ...]:
        """Give what the file holds now; raises `CannotMeasure` if it cannot be used."""
        with self._lock:
            try:
                found = self.path.stat()
                state = (found.st_ino, found.st_mtime_ns, found.st_size)
                if state != self._seen:
                    self._tokens = _parse(self.path, found.st_mode)
                    self._seen = state
            except OSError as error:
                raise _unusable(self.path, error.strerror or str(error)) from error
            return self._tokens

    def caller(self, authorization: str) -> Caller:
        """Find whose token stands in the header; raises `NotAuthenticated`.

        Every digest is compared in constant time, also after the right one.
        """
        scheme, _, given = authorization.partition(" ")
        digest = digest_of(given.strip())
        found = None
        for token in self.read():
            if hmac.compare_digest(token.sha256, digest):
                found = token.caller
        if found is None or scheme.lower() != "bearer":
            raise NotAuthenticated(
                "this request has no token that is known here",
                where="header Authorization",
                why="it is missing, was taken back or is of another service",
                remedy="send Authorization: Bearer TOKEN; postroom token new makes one",
            )
        return found


def digest_of(token: str) -> str:
    """Give the SHA-256 of a token, which is what files and comparisons hold."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def require(caller: Caller, role: Role) -> None:
    """Raise `Forbidden` unless the role of `caller` is at least `role`."""
    if not caller.may(role):
        raise Forbidden(
            "this token may not do that",
            where=f"token {caller.name}",
            why=f"it is a {caller.role}'s, a {role}'s is needed",
            remedy=f"postroom token new --role {role} makes one",
        )


def new_token() -> str:
    """Make a token of 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def add(path: Path, caller: Caller, token: str) -> None:
    """Append an entry to the file, made for its owner alone if it is not there.

    Raises `WrongUsage` for a name or a source that is none, or a name that the file has.
    """
    _check(caller, str(path))
    known = _parse(path, path.stat().st_mode) if path.exists() else ()
    if any(entry.caller.name == caller.name for entry in known):
        raise WrongUsage(
            "there is a token of that name",
            where=f"{path}: {caller.name}",
            why="the log names who did what by it",
            remedy="choose another name, or take the old entry out of the file",
        )
    listed = ", ".join(f'"{name}"' for name in sorted(caller.sources or (ALL_SOURCES,)))
    entry = (
        f'[[tokens]]\nname = "{caller.name}"\nrole = "{caller.role}"\n'
        f'sources = [{listed}]\nsha256 = "{digest_of(token)}"\n\n'
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  # a handle of our own mode
            file.write(entry)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error


def _parse(path: Path, mode: int) -> tuple[Token, ...]:
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unusable(path, "others than its owner may write it")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _unusable(path, f"it is no TOML: {error}") from None
    entries = document.get("tokens", [])
    if not isinstance(entries, list) or set(document) - {"tokens"}:
        raise _unusable(path, "it holds something else than [[tokens]]")
    tokens = tuple(_token(entry, f"{path}, entry {n}") for n, entry in enumerate(entries, 1))
    names = [token.caller.name for token in tokens]
    if len(set(names)) != len(names):
        raise _unusable(path, "two entries have the same name")
    return tokens


def _token(entry: Any, where: str) -> Token:  # noqa: ANN401  # whatever TOML can hold
    members = {"name", "role", "sources", "sha256"}
    if not isinstance(entry, dict) or set(entry) != members:
        raise _wrong(where, f"an entry has exactly {', '.join(sorted(members))}")
    sources = entry["sources"]
    if not isinstance(sources, list) or not sources:
        raise _wrong(where, 'sources is a list of ids, or ["*"]')
    seen = None if sources == [ALL_SOURCES] else frozenset(map(str, sources))
    caller = Caller(str(entry["name"]), entry["role"], seen)
    _check(caller, where)
    if not _SHA256.fullmatch(str(entry["sha256"])):
        raise _wrong(where, "sha256 is 64 lower-case hex digits")
    return Token(caller, entry["sha256"])


def _check(caller: Caller, where: str) -> None:
    if not _NAME.fullmatch(caller.name):
        raise _wrong(where, "a name is 1 to 64 of A-Z a-z 0-9 . _ @ -")
    if caller.role not in ROLES:
        raise _wrong(where, f"a role is one of {', '.join(ROLES)}")
    for source in caller.sources or ():
        if not SOURCE_ID.fullmatch(source):
            raise _wrong(where, f"{source!r} is no source id")


def _wrong(where: str, why: str) -> WrongUsage:
    return WrongUsage(
        "this token is not valid", where=where, why=why, remedy="postroom token new --help"
    )


def _unusable(path: Path, why: str) -> CannotMeasure:
    return CannotMeasure(
        "the file of tokens cannot be used, so nobody is let in",
        where=str(path),
        why=why,
        remedy="postroom token new writes valid entries; chmod 600 FILE",
    )
