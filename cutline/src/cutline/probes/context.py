"""What probes of a run share: where the plan lies, what its texts stand for, what is secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cutline.evidence.secrets import MARK, Redactor
from cutline.plan.interpolate import Given, expand, expand_all, names, revealed
from cutline.plan.part import EnvRef, Ref
from cutline.plan.probe import Probe
from cutline.plan.secret import Secret
from cutline.probes.answer import NoReading
from cutline.run.reading import Question

_IN_URLS = re.compile(r"(?<=://)([^\s/@:]*):([^\s/@]+)@")
_IN_WORDS = re.compile(
    r"(?i)\b(password|passwd|pwd|token|secret|api[_-]?key|authorization)(\s*[=:]\s*)"
    r"((?:basic|bearer)\s+)?('[^']*'|\"[^\"]*\"|[^\s&;,]+)"
)
_SHORTEST_SECRET = 3  # a shorter one stands in half of all texts, and hides nothing
_LONGEST_WHY = 500


@dataclass(frozen=True, slots=True, repr=False)
class Context:
    """The same for every probe of a run; it may hold secrets and is never printed.

    `base` is the folder of the plan, from which paths and commands are taken. `values` are what
    `${…}` stands for by dotted name, secret inputs as `Secret`. `files` are the query files as
    they were copied into the run; one that is not there is read from `base`.
    """

    base: Path
    values: Mapping[str, Given] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor)


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One question to one probe, with what it needs; remembers what it revealed, to hide it."""

    name: str
    probe: Probe
    question: Question
    context: Context
    _revealed: set[str] = field(default_factory=set)

    @property
    def values(self) -> dict[str, Given]:
        """Return what `${…}` stands for in this question: also its side and its span."""
        since, until = self.question.since, self.question.until
        over = f"{max(1, round((until - since).total_seconds()))}s"
        span: dict[str, Given] = {"from": since, "to": until, "over": over}
        side: dict[str, Given] = {"side": self.question.side} if self.question.side else {}
        return {**self.context.values, **span, **side}

    def text(self, ref: Ref) -> str:
        """Return what a reference stands for; raises `CannotMeasure` if it is not set."""
        found = revealed(ref, self.values, self.context.environ)
        if isinstance(ref, EnvRef) or self.is_secret(ref):
            self._hide(found)
        return found

    def expand_all(self, value: object) -> object:
        """Return plain JSON with each text in it expanded."""
        for one in self.context.values.values():
            if isinstance(one, Secret):
                self._hide(one.reveal())
        return expand_all(value, self.values)

    def argument(self, text: str) -> str:
        """Return an argument of a command; raises `NoReading` for a secret, which others see."""
        if self.is_secret(text):
            raise NoReading(
                "a secret on a command line is refused",
                why="other users of this machine can read it; give it under `env:`",
            )
        return expand(text, self.values)

    def path(self, text: str) -> Path:
        """Return a path of the plan, taken from the plan's folder."""
        return self.context.base / expand(text, self.values)

    def is_secret(self, text: str) -> bool:
        """Say whether a text of the plan stands for something secret."""
        return any(isinstance(self.values.get(name), Secret) for _, name in names(text))

    def without_secrets(self, text: str) -> str:
        """Return a text for people: short, one line, without anything secret that is known.

        Beside known values whatever looks like a password in a URL or after its name is replaced.
        """
        found = self.context.redactor.clean(text)
        for value in sorted(self._revealed, key=len, reverse=True):
            found = found.replace(value, MARK)
        found = _IN_URLS.sub(rf"\1:{MARK}@", found)
        found = _IN_WORDS.sub(rf"\1\2{MARK}", found)
        found = " ".join(found.split())
        return found if len(found) <= _LONGEST_WHY else found[: _LONGEST_WHY - 1] + "…"

    def _hide(self, value: str) -> None:
        password = _password(value)
        forms = {value, password, unquote(password)}
        self._revealed.update(form for form in forms if len(form) >= _SHORTEST_SECRET)


def _password(value: str) -> str:
    try:
        return urlsplit(value).password or ""
    except ValueError:
        return ""
