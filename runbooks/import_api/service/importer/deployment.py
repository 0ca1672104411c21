"""What is deployed: the switch's value in force, the version, and whether v1 is still there.

Changing the env file sets the switch; deploying copies it to where the service reads it. So set but
not applied is a real state, as it is with hosted platforms.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cutline.routing.sources.env_file import values_in
from importer.clock import now_text
from importer.settings import SWITCH_KEY

REMOVED: Final = "removed"
V1_KEY: Final = "V1_ENDPOINT"
ROUTING_KEY: Final = "ROUTING"
VERSION_KEY: Final = "APP_VERSION"
DEPLOYED_AT_KEY: Final = "DEPLOYED_AT"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What runs: the version, and whether v1's endpoint and the routing are still there."""

    version: str
    has_v1: bool
    has_routing: bool


def read(path: Path, default_version: str) -> Deployed:
    """Return what is deployed; without a deployment the default version, with v1."""
    try:
        text = path.read_text()
    except OSError:
        return Deployed(default_version, has_v1=True, has_routing=True)
    return Deployed(
        value_in(text, VERSION_KEY) or default_version,
        has_v1=value_in(text, V1_KEY) != REMOVED,
        has_routing=value_in(text, ROUTING_KEY) != REMOVED,
    )


def value_in(text: str, key: str) -> str | None:
    """Return the one value of a key, or None where there is none or more than one."""
    found = values_in(text, key)
    return found.pop() if len(found) == 1 else None


def change(path: Path, values: Mapping[str, str | None]) -> None:
    """Set keys of an env file, or drop them (None); its other lines stay. Whole or not at all."""
    lines = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in values]
    new = path.with_name(f"{path.name}.{os.getpid()}")
    kept += [f"{key}={value}" for key, value in values.items() if value is not None]
    new.write_text("".join(f"{line}\n" for line in kept))
    new.replace(path)


def deploy(env_file: Path, deployed_file: Path, **changes: str) -> dict[str, str]:
    """Put the env file's percentage and other changes into force, and return what is in force."""
    percent = value_in(env_file.read_text(), SWITCH_KEY)
    if percent is None:
        raise SystemExit(f"{env_file} does not say one {SWITCH_KEY}: nothing is deployed")
    values = {SWITCH_KEY: percent, DEPLOYED_AT_KEY: now_text(), **changes}
    change(deployed_file, values)
    return values
