"""The probe `command`: a JSON object on the standard output of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cutline.plan.probe import CommandProbe
from cutline.probes.answer import LARGEST_BYTES, Answer, NoReading, members
from cutline.probes.context import Asked
from cutline.run.process import Ended, run

_LAST_WORDS = 300


class _Bounded:
    """Output up to a bound; what comes beyond it is counted and let go."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        self.body += chunk[: max(0, LARGEST_BYTES - len(self.body))]


def measure(config: CommandProbe, asked: Asked) -> Answer:
    """Run the command once: exit code 0 and a JSON object on its output are an answer."""
    argv = [asked.argument(text) for text in config.argv]
    cwd = asked.path(config.cwd) if config.cwd else asked.context.base
    declared = {name: asked.text(ref) for name, ref in config.env.items()}
    ended, body = output(argv, cwd, environment(asked, declared), asked.probe.timeout_s)
    if not ended.is_done:
        raise NoReading(ended.why, why=last_words(body.err))
    return Answer(members(body.out, "what the command printed"))


class Output:
    """What a command printed, on both of its outputs."""

    def __init__(self, out: bytes, err: bytes) -> None:
        self.out = out
        self.err = err


def output(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], timeout_s: float
) -> tuple[Ended, Output]:
    """Run a command to its end or its timeout; raises `NoReading` when it prints too much."""
    out, err = _Bounded(), _Bounded()
    ended = run(argv, cwd=cwd, env=env, timeout_s=timeout_s, out=out.feed, err=err.feed)
    if out.size > LARGEST_BYTES:
        raise NoReading("the command prints too much", why=f"more than {LARGEST_BYTES} bytes")
    return ended, Output(bytes(out.body), bytes(err.body))


def environment(asked: Asked, declared: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: ours, what the plan declares, and the question."""
    question = asked.question
    span = {"CUTLINE_FROM": question.since.isoformat(), "CUTLINE_TO": question.until.isoformat()}
    side = {"CUTLINE_SIDE": question.side} if question.side else {}
    return {**asked.context.environ, **declared, **span, **side}


def last_words(err: bytes) -> str:
    """Return the end of what a command complained of, in one line."""
    return " ".join(err.decode(errors="replace").split())[-_LAST_WORDS:]
