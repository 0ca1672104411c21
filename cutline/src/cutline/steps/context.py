"""What a step is given beside its own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cutline.plan.part import Ref
from cutline.run import process
from cutline.run.capture import Capture
from cutline.run.place import Place
from cutline.run.process import Ended


@dataclass(frozen=True, slots=True)
class Context:
    """Of one try of one step.

    `key` is the same on each try. `printed` is what the step says, `keep` keeps a file of it by
    name in the evidence.
    """

    place: Place
    stage: str
    key: str
    printed: Capture
    keep: Callable[[str, bytes], None]
    cwd: str | None = None
    declared: Mapping[str, Ref] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print one line."""
        self.printed.line(text)

    def run(self, command: tuple[str, ...], timeout_s: float) -> Ended:
        """Run a command with what the step declares, and print what it prints."""
        place = self.place
        env = place.env(
            self.declared,
            CUTLINE_STEP_KEY=self.key,
            CUTLINE_RUN=place.run,
            CUTLINE_STAGE=self.stage,
        )
        argv = place.argv(command)
        cwd = place.path(self.cwd) if self.cwd else place.base
        return process.run(argv, cwd=cwd, env=env, timeout_s=timeout_s, out=self.printed.feed)
