"""Secrets that somebody wrote into a plan: found before anything of it is shown or kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

from cutline.plan.document import Loc, paths

_NOT_KNOWN_FORMS = ("Entropy", "Secret Keyword", "Public IP")  # guesses: a digest is no secret
_KEY = re.compile(
    r"(?:^|[_.-])(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|private_?key"
    r"|credentials?|authorization|cookie)$",
    re.IGNORECASE,
)
_KEY_WORDS = re.compile(r"[A-Z]*(?:PASSWORD|PASSWD|SECRET|TOKEN|APIKEY)[A-Z]*")  # PGPASSWORD
_DSN = re.compile(r"://[^/\s:@]*:([^@/\s]+)@")
_CONNINFO = re.compile(
    r"(?:^|[\s?&;])(?:password|pwd|passwd|sslpassword)\s*=\s*([^\s&;]+)", re.IGNORECASE
)
_OPTION = re.compile(
    r"--?(?:password|passwd|token|secret|api-?key|access-?key)(?:=(.*))?", re.IGNORECASE
)


class _Detector(Protocol):
    secret_type: str

    def analyze_string(self, string: str, /) -> Iterator[str]: ...


def written_secrets(data: object) -> Iterator[tuple[Loc, str]]:
    """Yield the path of every text that holds a secret, and what kind; never the secret."""
    for loc, value in paths(data):
        if isinstance(value, str) and value and (kind := _kind(loc, value)):
            yield loc, kind
    yield from _after_options(data, ())


def kind_of_secret(text: str) -> str | None:
    """Return what kind of secret a text holds, by its form alone; None if it holds none."""
    if _is_literal(_DSN.search(text)):
        return "a password in a DSN"
    if _is_literal(_CONNINFO.search(text)):
        return "a password"
    for detector in _detectors():
        if any(True for _ in detector.analyze_string(text)):
            return detector.secret_type
    return None


def _kind(loc: Loc, text: str) -> str | None:
    found = kind_of_secret(text)
    if found is not None:
        return found
    option = _OPTION.fullmatch(text)
    if option is not None and option[1] and not option[1].startswith("${"):
        return f"the value of {text.partition('=')[0]}"
    names = [part for part in loc if isinstance(part, str)]
    last = names[-1] if names else ""
    if last == "default" and names[:1] == ["inputs"]:
        last = names[1]
    if (_KEY.search(last) or _KEY_WORDS.search(last)) and "${" not in text and names[-1] != "env":
        return f"the value of `{last}`"
    return None


def _after_options(data: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Yield what follows `--password` in a list of arguments."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _after_options(value, (*loc, name))
    elif isinstance(data, list):
        for number, (before, value) in enumerate(pairwise([None, *data])):
            if _is_option(before) and _is_plain_value(value):
                yield (*loc, number), f"the value of {before}"
            yield from _after_options(value, (*loc, number))


def _is_option(word: object) -> bool:
    return isinstance(word, str) and "=" not in word and _OPTION.fullmatch(word) is not None


def _is_plain_value(word: object) -> bool:
    return isinstance(word, str) and "${" not in word and not word.startswith("-")


def _is_literal(found: re.Match[str] | None) -> bool:
    return found is not None and "${" not in found[1] and set(found[1]) != {"*"}


@cache
def _detectors() -> tuple[_Detector, ...]:
    # 0.4 s of imports (its verification, which is never called, brings an HTTP client): paid by
    # whoever reads a plan, not by `import cutline`.
    from detect_secrets.core.plugins.util import (  # noqa: PLC0415
        get_mapping_from_secret_type_to_class,
    )

    kinds: Mapping[str, Any] = get_mapping_from_secret_type_to_class()
    return tuple(
        kind()
        for name, kind in sorted(kinds.items())
        if not any(word in name for word in _NOT_KNOWN_FORMS)
    )
