"""A secret of a command line: always the name of a variable, never the secret itself."""

from __future__ import annotations

import os

from cutline.errors import WrongUsage


def secret_of(given: str, option: str) -> str:
    """Give what the variable of `env:NAME` holds; raises `WrongUsage` for anything else."""
    name = given.removeprefix("env:")
    if given == name:
        raise WrongUsage(
            f"{option} takes the name of a variable",
            where=option,
            why="a command line can be read by every user of the machine",
            remedy=f"put it into a variable and name that: {option} env:NAME",
        )
    if value := os.environ.get(name):
        return value
    raise WrongUsage(
        "the variable that should hold the secret is not set",
        where=f"{option} {given}",
        why=f"{name} is missing or empty in the environment",
        remedy=f"export {name}=…",
    )
