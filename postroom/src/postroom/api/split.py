"""Which engine processes an import: the switch of the cutover says how many, a hash says which.

The key of an import is its project and the digest of its file. So the same file of a project goes
the same way again while the percentage stands, a file that went to v2 at 10 % goes there at 50 %,
and the share is one of files, whatever the size of the projects. A project can be sent to v2 as a
whole before that.
"""

from __future__ import annotations

import logging
from typing import Final

from cutline.routing import Counts, Exposition, Router, Switch, Version
from cutline.routing.asgi import routed_counts
from postroom.api.settings import Settings
from postroom.claim import Engine

SALT: Final = "pst_v2"
"""The name of the cutover; another one would deal all files anew."""

_log = logging.getLogger("cutline.routing")


class Split:
    """Follows the switch of `settings` until it is closed; without one all imports go to v2."""

    def __init__(self, settings: Settings) -> None:
        self._is_v1_on = settings.is_v1_on
        self.switch = None if settings.switch is None else Switch.from_url(settings.switch)
        self._counts: Counts = routed_counts()
        projects = dict.fromkeys(settings.v2_projects, Version.V2)
        switch = self.switch if self.switch is not None else Switch.fixed(100)
        self._router = Router(SALT, switch, projects=projects)

    def engine(self, project_id: str, sha256: str) -> Engine:
        """Choose the engine of an import. With v1 off there is one."""
        if not self._is_v1_on:
            self._counts.add("v2", "v1 is off")
            return "v2"
        decision = self._router.decide(f"{project_id}/{sha256}", project_id)
        self._counts.add(decision.version.value, decision.why.value)
        return "v2" if decision.version is Version.V2 else "v1"

    def note(self, pst_file_id: str, engine: Engine) -> None:
        """Log where an import went, in the form that Cutline's runbooks count."""
        _log.info("Routing import request %s routed to %s", pst_file_id, engine)

    def prometheus(self) -> str:
        """Give counts and switch in Prometheus's text format."""
        return Exposition(self._counts, switch=self.switch).prometheus()

    def close(self) -> None:
        """Follow the switch no longer."""
        if self.switch is not None:
            self.switch.close()
