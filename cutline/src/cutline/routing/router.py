"""Whether a key goes to v1 or to v2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xxhash import xxh3_64_intdigest

from cutline.routing.bucket import BUCKETS, bucket, seed_of
from cutline.routing.switch import Switch


class Version(StrEnum):
    """What a key is sent to."""

    V1 = "v1"
    V2 = "v2"


class Why(StrEnum):
    """What decided."""

    PROJECT = "project"
    KEY = "key"
    PERCENT = "percent"
    NO_KEY = "no key"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a key goes, and what decided it."""

    version: Version
    why: Why


_V1, _V2 = Version.V1, Version.V2


class Router:
    """Decides for each key, in a fraction of a microsecond, whether it goes to v1 or to v2.

    The same key gets the same answer as long as the percentage stands; who is in at 10 % is in at
    50 %. Overrides come before the percentage, also at 0 %: that of the project first, then that
    of the key. The salt names the cutover: another salt deals the keys independently of this one.
    """

    __slots__ = ("_has_overrides", "_keys", "_projects", "_seed", "salt", "switch")

    def __init__(
        self,
        salt: str,
        switch: Switch,
        *,
        projects: Mapping[str, Version | str] | None = None,
        keys: Mapping[str, Version | str] | None = None,
    ) -> None:
        self.salt = salt
        self.switch = switch
        self._seed = seed_of(salt)
        self._projects = {name: Version(version) for name, version in (projects or {}).items()}
        self._keys = {name: Version(version) for name, version in (keys or {}).items()}
        self._has_overrides = bool(self._projects or self._keys)

    def version(self, key: str, project: str | None = None) -> Version:
        """Return the version for a key: an override, else by its bucket and the switch."""
        if self._has_overrides:
            found = self._override(key, project)
            if found is not None:
                return found.version
        try:
            place = xxh3_64_intdigest(key.encode(), self._seed) % BUCKETS  # `bucket`, one call less
        except UnicodeEncodeError:
            place = bucket(key, self._seed)
        return _V2 if place < self.switch.buckets else _V1

    def decide(self, key: str, project: str | None = None) -> Decision:
        """Return the same version together with what decided it.

        An empty key goes to v1: nothing tells it from any other, so one switch of the share would
        move all of them at once.
        """
        found = self._override(key, project)
        if found is not None:
            return found
        if not key:
            return Decision(_V1, Why.NO_KEY)
        return Decision(self.version(key, project), Why.PERCENT)

    def bucket(self, key: str) -> int:
        """Return the bucket of a key under this router's salt."""
        return bucket(key, self._seed)

    def _override(self, key: str, project: str | None) -> Decision | None:
        if project is not None and (version := self._projects.get(project)) is not None:
            return Decision(version, Why.PROJECT)
        if (version := self._keys.get(key)) is not None:
            return Decision(version, Why.KEY)
        return None
