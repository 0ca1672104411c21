"""The probe `log`: how many lines of a file contain a text, and which distinct keys they name."""

from __future__ import annotations

import re
import time

from cutline.plan.duration import words
from cutline.plan.interpolate import expand
from cutline.plan.probe import Log
from cutline.probes.answer import Answer, NoReading
from cutline.probes.context import Asked
from cutline.probes.log_new import count_new
from cutline.probes.log_tally import Tally
from cutline.probes.log_times import count_between


def measure(config: Log, asked: Asked) -> Answer:
    """Count the lines of the span, through rotated files.

    With `time` it is the lines that say a time within the span. Without, it is those that were
    first read within it; the very first reading has read nothing yet, and begins at the end.
    """
    path = asked.path(config.file)
    tally = _tally(config, asked)
    try:
        if config.time is not None:
            count_between(path, config.time, asked.question, tally)
            return Answer(tally.values(asked.probe.returns))
        if asked.question.is_late:
            raise NoReading("lines without a time cannot be counted in the past")
        offset, why = count_new(path, asked.question, asked.probe.over_s, tally)
        if why:
            return Answer({}, why=why, offset=offset)
        return Answer(tally.values(asked.probe.returns), offset=offset)
    except OSError as error:
        why = error.strerror or str(error)
        raise NoReading(f"{path.name} cannot be read", why=why) from error


def _tally(config: Log, asked: Asked) -> Tally:
    """Return an empty tally that ends itself at the probe's timeout."""
    deadline = time.monotonic() + asked.probe.timeout_s
    too_long = f"the log was not read within {words(asked.probe.timeout_s)}"

    def look() -> None:
        if time.monotonic() > deadline:
            raise NoReading(too_long)

    texts = {name: expand(text, asked.values).encode() for name, text in config.count.items()}
    patterns = {}
    for name, text in config.values.items():
        try:
            patterns[name] = re.compile(expand(text, asked.values).encode())
        except re.error as error:
            raise NoReading(f"{name}: {text} is no regular expression", why=str(error)) from error
        if not patterns[name].groups:
            raise NoReading(f"{name}: {text} has no group, and its first one is the key")
    return Tally(texts, patterns, look)
