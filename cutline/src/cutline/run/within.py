"""Work that may hang: given up after a time, or made to end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Done = TypeVar("Done")


def within(timeout_s: float, work: Callable[[], Done]) -> Done:
    """Return what `work` returns, or raise what it raises; `TimeoutError` after `timeout_s`.

    What hangs is left behind in a thread that does not keep the process alive.
    """
    answers: queue.SimpleQueue[tuple[Done | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
            answers.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        done, error = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise TimeoutError(f"no answer within {timeout_s:g} s") from None
    if error is not None:
        raise error
    return done  # type: ignore[return-value]  # it returned


@contextmanager
def if_longer_than(timeout_s: float, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` beside a block that lasts longer than `timeout_s`: it makes the block end."""
    timer = threading.Timer(timeout_s, act)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
