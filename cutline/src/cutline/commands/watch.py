"""A run in the foreground as people see it: live on a terminal, line by line elsewhere."""

from __future__ import annotations

from rich.console import RenderableType
from rich.live import Live

from cutline.console import err, out, print_json
from cutline.errors import CannotWrite, Exit
from cutline.run import forms, loop
from cutline.run.clock import RealClock
from cutline.run.failing import last_words
from cutline.run.fitted import Fitted
from cutline.run.sealing import require_at_its_end
from cutline.run.session import Session
from cutline.run.standing import exit_of
from cutline.run.status import as_json, view
from cutline.run.story import Story


def watch(session: Session, clock: RealClock, *, stay: bool, is_json: bool) -> Exit:
    """Tick in the foreground; live on a terminal, line by line elsewhere, silent for JSON."""
    if out.is_terminal and not is_json:
        with Live(console=out, refresh_per_second=4, transient=True) as live:
            code = loop.run(
                session,
                clock,
                lambda s: live.update(Fitted(_seen(s, clock), s.folder.name)),
                _Unwritten().tell,
                stay=stay,
            )
        out.print(_seen(session, clock))
        _say_untold(session)
        return code
    told = _Told(0 if session.is_new else len(session.journal.entries()), is_silent=is_json)
    code = loop.run(session, clock, told.tell, _Unwritten().tell, stay=stay)
    _say_untold(session)
    now = clock.now()
    missing = forms.missing(session.state, session.folder.path, now)
    if is_json:
        print_json(as_json(session.state, now, missing))
    else:
        failed = last_words(session.state, session.folder.path)
        out.print(view(session.state, now, (), missing, failed))
    return code


def _say_untold(session: Session) -> None:
    if session.untold:
        err.print(f"nobody was told of the end: {session.untold}", markup=False)


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


def finish(session: Session, clock: RealClock, *, gz: bool, is_json: bool) -> int:
    """Seal a run that is at its end, or go on where an earlier attempt stopped.

    People's words that lie in its forms and its inbox are taken on the way. Raises `NotAtItsEnd`
    where the plan has more to do, and what keeps the evidence from its store.
    """
    session.keeping.gz = gz
    if session.state.is_over:
        session.seal()
        code = exit_of(session.state)
    else:
        require_at_its_end(session.state)
        code = watch(session, clock, stay=False, is_json=is_json)
    receipt = session.keeping.receipt
    if receipt is not None:
        if not is_json:
            out.print(
                f"sealed {receipt.tar}  sha256 {receipt.sha256}", markup=False, soft_wrap=True
            )
        return int(code)
    last = session.journal.entries()[-1].data
    if session.state.is_over:
        err.print(f"not sealed: {last.get('why')}", markup=False)
    return int(Exit.NOT_MEASURED if code is Exit.OK else code)
