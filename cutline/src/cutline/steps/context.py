"""What a step is given beside its own text."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cutline.plan.part import Ref
from cutline.plan.step import SealStep
from cutline.run import process
from cutline.run.capture import Capture
from cutline.run.holding import Holding
from cutline.run.process import Ended
from cutline.run.site import Site


@dataclass(frozen=True, slots=True)
class Context:
    """Of one try of one step.

    `key` is the same on each try. `printed` is what the step says, `keep` keeps a file of it by
    name in the evidence, `holds` measures a condition now, `seal` says whether the evidence can be
    sealed, and raises where it cannot.
    """

    site: Site
    stage: str
    key: str
    printed: Capture
    keep: Callable[[str, bytes], None]
    holds: Callable[[str], Holding]
    seal: Callable[[SealStep], str]
    cwd: str | None = None
    declared: Mapping[str, Ref] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print one line."""
        self.printed.line(text)

    def run(self, command: tuple[str, ...], timeout_s: float) -> Ended:
        """Run a command with what the step declares, and print what it prints."""
        site = self.site
        env = site.env(
            self.declared,
            CUTLINE_STEP_KEY=self.key,
            CUTLINE_RUN=site.run,
            CUTLINE_STAGE=self.stage,
        )
        argv = site.argv(command)
        cwd = site.path(self.cwd) if self.cwd else site.base
        return process.run(argv, cwd=cwd, env=env, timeout_s=timeout_s, out=self.printed.feed)

    def until_holds(self, text: str, timeout_s: float, every_s: float) -> Holding:
        """Measure a condition again and again until it holds; return the last measurement.

        It is measured at least once, and a last time when the time is over.
        """
        until = time.monotonic() + timeout_s
        while True:
            found = self.holds(text)
            left_s = until - time.monotonic()
            if found.holds or left_s <= 0:
                return found
            time.sleep(min(every_s, max(left_s, 0.0)))
