"""One process at one run: its journal, its world and its driver, from the run's folder alone."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutline.errors import CannotMeasure, Problem
from cutline.evidence import files
from cutline.evidence.blobs import FILES, Blobs
from cutline.evidence.journal import Journal
from cutline.evidence.secrets import Redactor
from cutline.plan.difference import difference
from cutline.plan.secret import Secret
from cutline.run import forms, incident
from cutline.run.clock import Clock, RealClock
from cutline.run.driver import Driver
from cutline.run.folder import RunFolder
from cutline.run.identify import identify
from cutline.run.inbox import Inbox
from cutline.run.keeping import Keeping, signer_of, store_of
from cutline.run.kinds import Kind
from cutline.run.message import Message
from cutline.run.open import resume
from cutline.run.reading import Scalar
from cutline.run.real import RealWorld
from cutline.run.secret_values import secret_values
from cutline.run.state import State
from cutline.run.world import Notice, World

BASE = "plan_folder.txt"
Inputs = Mapping[str, Scalar | Secret]
_TELLING = frozenset({Kind.STARTED, Kind.STEP_ENDED, Kind.STEP_CUT_OFF, Kind.STEP_FOUND_DONE})
_OF_EVERY_TICK = frozenset({Kind.TICK, Kind.WATCHED})


@dataclass(slots=True)
class Session:
    """A run that is open in this process. Ticks hold the run's lock, nothing else does."""

    folder: RunFolder
    keeping: Keeping
    world: RealWorld
    clock: Clock
    state: State
    untold: str = ""  # why people could not be told of the end
    _written: int = 0  # entries that the files beside the journal tell
    _compared: bool = False
    _driven: tuple[RealWorld, Driver] | None = None
    _is_stale: bool = False

    @classmethod
    def open(cls, folder: RunFolder, clock: Clock | None = None) -> Session:
        """Open a run; raises if its journal is damaged, or is not the one that was anchored."""
        journal = Journal.open(folder.path)
        return cls.over(folder, journal, resume(journal), clock or RealClock())

    @classmethod
    def over(cls, folder: RunFolder, journal: Journal, state: State, clock: Clock) -> Session:
        """Return the session of a journal that is open already."""
        inputs = inputs_of(state)
        redactor = Redactor(secret_values(state.plan, inputs, os.environ))
        journal.redactor = redactor
        kept = _files(folder, state)
        world = RealWorld(state.plan, inputs, folder.path, base_of(folder), redactor, files=kept)
        keeping = Keeping(
            folder.path,
            journal,
            state.plan,
            redactor,
            signer_of(state.plan, world.site),
            store_of(state.plan, world.site),
        )
        return cls(folder, keeping, world, clock, state)

    @property
    def is_new(self) -> bool:
        """Say whether nothing but its beginning is journaled yet."""
        return self.state.ticked_at is None

    @property
    def journal(self) -> Journal:
        """Return the run's journal."""
        return self.keeping.journal

    @property
    def may_be_on_v2(self) -> bool:
        """Say whether v2 has traffic as far as the switch tells, or it cannot be read."""
        return self.world.read_switch().percent != 0

    @property
    def has_acted_unwritten(self) -> bool:
        """Say whether this process did what the journal does not know yet, and only it does."""
        return self._driven is not None and self._driven[1].has_acted_unwritten

    def tick(self, *, wait_s: float = 0.0) -> State:
        """Do one tick under the run's lock and return the state; raises `Busy`.

        Messages leave the inbox once their entry is in the journal.
        """
        with self.folder.lock(wait_s=wait_s):
            self._catch_up()
            if not self._compared:
                self.keeping.compare()
                self._compared = True
            inbox = Inbox(self.folder.inbox)
            driver, was_over = self._driver(), self.state.is_over
            self._is_stale = True
            self.state = driver.tick(self.state)
            self._is_stale = False
            self._write_files()
            for message in inbox.read():
                if message.id in self.state.taken:
                    inbox.drop(message)
            forms.write_open(self.state, self.folder.path)
            self.world.beat()
            if self.state.is_over and not was_over:
                self._tell_end()
        return self.state

    def seal(self, *, wait_s: float = 5.0) -> None:
        """Go on with the seal of a run that is closed; raises `Busy` and what `close` raises."""
        with self.folder.lock(wait_s=wait_s):
            self._catch_up()
            self.keeping.close(self.state.outcome or "", self.state.verdict)
            self._tell_end()

    def _tell_end(self) -> None:
        """Tell people that it is over; behind the closing entry nothing is journaled any more."""
        receipt, last = self.keeping.receipt, self.journal.entries()[-1].data
        came_to = f"{last.get('outcome')}, {last.get('verdict')}"
        event, why = "closed", f"{came_to}; not sealed: {last.get('why')}"
        command = f"cutline status {self.folder.name}"
        if receipt is not None:
            event, why = "sealed", f"{came_to}; sha256 {receipt.sha256}"
            command = f"cutline verify {shlex.quote(str(receipt.tar))} --key PUB"
        stage = self.state.stage_name
        self.untold = self.world.tell(Notice(event, self.folder.name, stage, why, command))

    def _write_files(self) -> None:
        """Write what people read beside the journal, where there is news for it.

        The numbered files when a step ended: whoever mends it reads them now.
        """
        if self.journal.is_closed:
            return  # written before the closing entry, which binds them
        entries = self.journal.entries()
        news = {entry.kind for entry in entries[self._written :]}
        if news & _TELLING:
            self.keeping.write_numbered()
        if news - _OF_EVERY_TICK:
            incident.write(self.folder.path, entries)
        self._written = len(entries)

    def _driver(self) -> Driver:
        """Return the driver; an amended plan wants a new one."""
        if self._driven is None or self._driven[0] is not self.world:
            driver = Driver(
                world=self.world,
                journal=self.journal,
                clock=self.clock,
                messages=self._messages,
                blobs=self.keeping,
                signer=self.keeping.head,
                closer=self.keeping.close,
                identify=identify,
                compare=difference,
                renew=self._renew,
            )
            self._driven = self.world, driver
        return self._driven[1]

    def _renew(self, state: State) -> World:
        """Take over an amended plan and its files at once; return the world for what follows.

        What cannot be opened is said at the next tick, which opens it again before it asks.
        """
        try:
            fresh = Session.over(self.folder, self.journal, state, self.clock)
        except Problem:
            return self.world
        self.keeping.take_over(fresh.keeping)
        self.world = fresh.world
        if self._driven is not None:
            self._driven = self.world, self._driven[1]
        return self.world

    def _messages(self) -> Sequence[Message]:
        now = self.clock.now()
        return [
            *Inbox(self.folder.inbox).read(),
            *forms.completed(self.state, self.folder.path, now),
        ]

    def _catch_up(self) -> None:
        """Read what another process wrote since; an amended plan wants a new world.

        So does a tick that broke off: the journal has what it did. Unless it could not be written,
        which only its driver knows.
        """
        before = len(self.journal.entries())
        self.journal.refresh()
        is_alone = len(self.journal.entries()) == before
        is_known = not self._is_stale or (self._driven is not None and self._driven[1].is_unsaved)
        if is_alone and is_known and self.world.plan is self.state.plan:
            return
        self.state = resume(self.journal)
        fresh = Session.over(self.folder, self.journal, self.state, self.clock)
        self.keeping, self.world = fresh.keeping, fresh.world


def inputs_of(state: State) -> Inputs:
    """Return the inputs of a run: the open ones from its journal, secrets from the environment.

    Raises `CannotMeasure` for a secret whose variable is not set.
    """
    inputs: dict[str, Scalar | Secret] = {}
    for name, one in state.plan.inputs.items():
        if not one.secret:
            if name in state.origin.inputs:
                inputs[name] = state.origin.inputs[name]
            continue
        value = os.environ.get(one.env or "")
        if not value:
            raise CannotMeasure(
                f"the secret input {name} has no value",
                where=state.run,
                why=f"the environment has no {one.env}",
                remedy=f"export {one.env}=…, then the same command again",
            )
        inputs[name] = Secret(value)
    return inputs


def base_of(folder: RunFolder) -> Path:
    """Return the folder of the run's plan, from which its commands and paths begin."""
    try:
        base = Path((folder.path / BASE).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise CannotMeasure(
            "this is not the folder of a run",
            where=str(folder.path / BASE),
            why=error.strerror or str(error),
            remedy="cutline status --all names the runs",
        ) from error
    if not base.is_dir():
        raise CannotMeasure(
            "the folder of the run's plan is gone",
            where=str(base),
            remedy=f"bring it back, or write where it is now into {folder.path / BASE}",
        )
    return base


def write_base(folder: RunFolder, plan: Path) -> None:
    """Remember where the plan of a run lies."""
    files.put(folder.path / BASE, f"{plan.parent.resolve()}\n".encode())


def _files(folder: RunFolder, state: State) -> dict[str, bytes]:
    """Return the query files as the run took them over, of the plan in force."""
    blobs = Blobs(folder.path / FILES)
    return {name: blobs.open(digest) for name, digest in state.files.items()}


def begin_files(
    folder: RunFolder, taken: Mapping[str, bytes], redactor: Redactor
) -> dict[str, str]:
    """Copy the plan and what it names into a new run; return digests by name."""
    blobs = Blobs(folder.path / FILES)
    return {name: blobs.put(content, name, redactor) for name, content in taken.items()}
