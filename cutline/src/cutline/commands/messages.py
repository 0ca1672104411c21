"""The shorter commands of people: each is one message to a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cutline.commands.send import Duration, by_somebody, of_a_run, send
from cutline.console import err
from cutline.errors import Exit, WrongUsage
from cutline.evidence.journal import Journal
from cutline.plan.duration import seconds
from cutline.run.open import resume as state_of

LONGEST_OVERRIDE = {"gate": 24, "bake": 24, "trigger": 4}  # hours


@click.command()
@of_a_run
@click.argument("what")
@by_somebody
@click.option("--note", default="", help="What was seen, and where.")
def report(*, run: str, what: str, runs: Path, by: str, note: str, as_json: bool) -> int:
    """Report WHAT (such as complaint or corruption): triggers `report: WHAT` act on it."""
    folder = send(run, runs, "report", by, {"what": what, "note": note}, as_json=as_json)
    known = [one.report for one in state_of(Journal.open(folder.path)).plan.triggers if one.report]
    if what not in known:
        words = ", ".join(known) or "none"
        err.print(f"no trigger acts on {what!r}; it is kept. The plan's words: {words}")
    return int(Exit.OK)


@click.command()
@of_a_run
@click.argument("text")
@by_somebody
def note(*, run: str, text: str, runs: Path, by: str, as_json: bool) -> int:
    """Write TEXT into the evidence: a lesson, an observation."""
    send(run, runs, "note", by, {"text": text}, as_json=as_json)
    return int(Exit.OK)


@click.command()
@of_a_run
@by_somebody
@click.option("--reason", required=True)
def pause(*, run: str, runs: Path, by: str, reason: str, as_json: bool) -> int:
    """Pause RUN: traffic stays where it is, triggers are still watched."""
    send(run, runs, "pause", by, {"note": reason}, as_json=as_json)
    return int(Exit.OK)


@click.command()
@of_a_run
@by_somebody
@click.option("--reason", default="", help="Why it may go on.")
@click.option("--pause", "one", help="End this pause alone, by its word in `status --json`.")
def resume(*, run: str, runs: Path, by: str, reason: str, one: str | None, as_json: bool) -> int:
    """Let RUN go on after a pause."""
    data = {"note": reason} | ({} if one is None else {"reason": one})
    send(run, runs, "resume", by, data, as_json=as_json)
    return int(Exit.OK)


@click.command()
@of_a_run
@by_somebody
@click.option("--for", "for_s", type=Duration(), required=True, help="Such as 6h.")
@click.option("--reason", required=True)
def extend(*, run: str, runs: Path, by: str, for_s: float, reason: str, as_json: bool) -> int:
    """Make the bake of the present stage longer."""
    send(run, runs, "extend", by, {"by_s": for_s, "note": reason}, as_json=as_json)
    return int(Exit.OK)


@click.command()
@of_a_run
@by_somebody
@click.option("--reason", default="", help="Why it may run once more.")
@click.option("--step", help="Which step, where several wait.")
@click.option("--done", is_flag=True, help="It was done: go on without running it again.")
def retry(  # one parameter an option
    *, run: str, runs: Path, by: str, reason: str, step: str | None, done: bool, as_json: bool
) -> int:
    """Try a step again that failed or was cut off, or say that it was done."""
    data: dict[str, object] = {"note": reason, "done": done}
    if step is not None:
        data["step"] = step
    send(run, runs, "retry", by, data, as_json=as_json)
    return int(Exit.OK)


@click.command()
@of_a_run
@click.argument("what", type=click.Choice(sorted(LONGEST_OVERRIDE)))
@click.argument("name")
@by_somebody
@click.option("--until", required=True, help="A time such as 2026-03-02T18:00Z, or 6h from now.")
@click.option("--reason", required=True)
def override(  # noqa: PLR0913  # one parameter an option
    *, run: str, what: str, name: str, runs: Path, by: str, until: str, reason: str, as_json: bool
) -> int:
    """Waive a gate, end a bake early or silence a false trigger, for a time, by two people."""
    end = _instant(until)
    longest = timedelta(hours=LONGEST_OVERRIDE[what])
    if not timedelta() < end - datetime.now(UTC) <= longest:
        raise WrongUsage(
            f"a {what} is overridden for {LONGEST_OVERRIDE[what]} h at most",
            where=f"--until {until}",
            remedy=f"--until {LONGEST_OVERRIDE[what]}h, and again when it has ended",
        )
    data = {"what": what, "name": name, "until": end.isoformat(), "reason": reason}
    send(run, runs, "override", by, data, as_json=as_json)
    return int(Exit.OK)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            return datetime.now(UTC) + timedelta(seconds=float(str(seconds(text))))
        except ValueError:
            raise WrongUsage(
                f"{text!r} is no time", where="--until", remedy="--until 2026-03-02T18:00Z or 6h"
            ) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
