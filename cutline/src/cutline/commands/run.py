"""`cutline run`: execute a plan, with a live view on a terminal."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import RenderableType
from rich.live import Live

from cutline.console import err, out, print_json
from cutline.errors import CannotWrite, Exit, WrongUsage
from cutline.plan.load import load
from cutline.run import forms, loop
from cutline.run.begin import Asked, open_or_begin
from cutline.run.clock import RealClock
from cutline.run.failing import last_words
from cutline.run.folder import RUNS, find
from cutline.run.session import Session
from cutline.run.standing import waits
from cutline.run.status import as_json, view
from cutline.run.story import Story
from cutline.run.transitions import Phase


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by", required=True, help="Who runs it, as the plan's people have the name.")
@click.option("--input", "given", multiple=True, metavar="NAME=VALUE", help="A value of an input.")
@click.option(
    "--inputs",
    "inputs_files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A YAML file of inputs: what environments differ by.",
)
@click.option(
    "--runs", type=click.Path(path_type=Path, file_okay=False), default=RUNS, show_default=True
)
@click.option("--compress", "factor", type=float, default=1.0, help="Divide every duration.")
@click.option("--follows", default="", help="The run that this one follows.")
@click.option("--fixed", default="", help="What was fixed since that one.")
@click.option("--seal-only", is_flag=True, help="Go on with a run that waits to be sealed.")
@click.option("--stay", is_flag=True, help="Go on watching where it would leave with 2.")
@click.option("--json", "is_json", is_flag=True, help="Print where it stands at the end as JSON.")
def run(  # noqa: PLR0913  # one parameter an option
    *,
    plan: Path,
    by: str,
    given: tuple[str, ...],
    inputs_files: tuple[Path, ...],
    runs: Path,
    factor: float,
    follows: str,
    fixed: str,
    seal_only: bool,
    stay: bool,
    is_json: bool,
) -> int:
    """Execute PLAN, or go on with its open run; 0 complete, 2 waits for a person, 4 rolled back."""
    if factor < 1:
        raise WrongUsage(f"--compress {factor:g} makes a plan longer", remedy="1 or more")
    loaded = load(plan, inputs=pairs(given), inputs_files=inputs_files)
    clock = RealClock()
    if seal_only:
        session = Session.open(find(loaded.plan.name, runs), clock)
    else:
        session = open_or_begin(loaded, runs, Asked(by, follows, fixed, factor), clock)
    how = "begins" if session.is_new else "goes on"
    err.print(f"run {session.folder.name} {how}", highlight=False)
    code = watch(session, clock, stay=stay, is_json=is_json)
    if seal_only and code is not Exit.OK:
        _refuse_seal(session)
    return int(code)


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Return `NAME=VALUE` texts as a mapping; raises `WrongUsage`."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise WrongUsage(f"{text!r} gives no value", where="--input", remedy="NAME=VALUE")
        found[name] = value
    return found


def watch(session: Session, clock: RealClock, *, stay: bool, is_json: bool) -> Exit:
    """Tick in the foreground; live on a terminal, line by line elsewhere, silent for JSON."""
    if out.is_terminal and not is_json:
        with Live(console=out, refresh_per_second=4, transient=True) as live:
            code = loop.run(
                session, clock, lambda s: live.update(_seen(s, clock)), _Unwritten().tell, stay=stay
            )
        out.print(_seen(session, clock))
        return code
    told = _Told(0 if session.is_new else len(session.journal.entries()), is_silent=is_json)
    code = loop.run(session, clock, told.tell, _Unwritten().tell, stay=stay)
    now = clock.now()
    missing = forms.missing(session.state, session.folder.path, now)
    if is_json:
        print_json(as_json(session.state, now, missing))
    else:
        failed = last_words(session.state, session.folder.path)
        out.print(view(session.state, now, (), missing, failed))
    return code


def _seen(session: Session, clock: RealClock) -> RenderableType:
    now = clock.now()
    missing = forms.missing(session.state, session.folder.path, now)
    failed = last_words(session.state, session.folder.path)
    return view(session.state, now, session.journal.entries(), missing, failed)


class _Told:
    """Prints the story of a run as it goes on: each entry once."""

    def __init__(self, seen: int, *, is_silent: bool) -> None:
        self._seen, self._read = seen, 0
        self._story = Story()
        self._is_silent = is_silent

    def tell(self, session: Session) -> None:
        """Print what is new."""
        entries = session.journal.entries()
        for number, entry in enumerate(entries[self._read :], self._read):
            line = self._story.line(entry)
            if line and number >= self._seen and not self._is_silent:
                out.print(line, markup=False, highlight=False, soft_wrap=True)
        self._read = len(entries)


class _Unwritten:
    """Says once that the journal cannot be written, not at every tick."""

    def __init__(self) -> None:
        self._said = ""

    def tell(self, problem: CannotWrite) -> None:
        """Say it, if it is new."""
        if str(problem) != self._said:
            self._said = str(problem)
            err.print(f"{problem}\nthe run is watched on; nothing but lowering", markup=False)


def _refuse_seal(session: Session) -> None:
    if session.state.phase in {Phase.CLOSING, Phase.ENDED}:
        return
    why = "; ".join(wait.why for wait in waits(session.state)) or "its plan is not at its end"
    err.print(f"not sealed: {why}", markup=False)
