"""DSNs on a command line: a password never stands there, the environment may hold one."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

from cutline.errors import CannotMeasure, WrongUsage


def from_option(given: str, option: str) -> str:
    """Return the DSN that an option names: `env:NAME` from the environment, else as given.

    Raises `WrongUsage` for one with a password and `CannotMeasure` for a name that is not set.
    """
    if given.startswith("env:"):
        variable = given.removeprefix("env:")
        if not os.environ.get(variable):
            raise CannotMeasure(f"the environment has no {variable}", remedy=f"export {variable}=…")
        return os.environ[variable]
    parts = urlsplit(given)
    if parts.password or "password" in parse_qs(parts.query) or "password=" in given:
        raise WrongUsage(
            "a password on the command line is refused",
            where=option,
            why="other users of this machine can read it",
            remedy="put the DSN into the environment and name it: --dsn env:DATABASE_URL",
        )
    return given
