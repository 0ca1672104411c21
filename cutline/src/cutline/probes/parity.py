"""The probe `parity`: a suite of parity checks as three figures."""

from __future__ import annotations

import sys

from cutline.errors import Exit
from cutline.plan.probe import ParityProbe
from cutline.probes.answer import Answer, NoReading, members
from cutline.probes.command import environment, last_words, output
from cutline.probes.context import Asked

_DSN = "CUTLINE_PARITY_DSN"
_MAIN = "import sys; from cutline.cli import main; sys.exit(main())"
_JUDGED = {int(Exit.OK), int(Exit.BLOCKED), int(Exit.NOT_MEASURED)}


def measure(config: ParityProbe, asked: Asked) -> Answer:
    """Judge a suite: `go`, and how many checks `failed` and how many had nothing to compare.

    It runs in a process of its own, since only a process can be ended by a timeout, and takes the
    DSN from its environment.
    """
    ids = asked.argument(config.baseline), asked.argument(config.candidate)
    argv = [sys.executable, "-c", _MAIN, "parity", asked.argument(config.suite), "--json"]
    argv += ["--baseline", ids[0], "--candidate", ids[1], "--dsn", f"env:{_DSN}"]
    for name, value in config.params.items():
        argv += ["--param", f"{name}={asked.argument(value)}"]
    env = environment(asked, {_DSN: asked.text(config.dsn)})
    ended, printed = output(argv, asked.context.base, env, asked.probe.timeout_s)
    if ended.exit_code not in _JUDGED or not printed.out.strip():
        raise NoReading("the suite was not judged", why=last_words(printed.err) or ended.why)
    return Answer(figures(members(printed.out, "the report")))


def figures(report: dict[str, object]) -> dict[str, object]:
    """Return the figures of a report; raises `NoReading` for JSON that is none."""
    verdict, blockers, idle = (report.get(n) for n in ("verdict", "blockers", "not_exercised"))
    if not isinstance(blockers, list) or not isinstance(idle, list) or verdict is None:
        error = report.get("what") or "what was printed is no report"
        raise NoReading(
            "the suite was not judged", why=f"{error} {report.get('why') or ''}".strip()
        )
    return {"go": verdict == "GO", "failed": len(blockers), "blind": len(idle)}
