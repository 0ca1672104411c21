"""Waiting for something that another thread or process does, with a deadline and no fixed sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(found: Callable[[], Found], timeout_s: float = 15.0, what: str = "") -> Found:
    """Ask again and again until the answer is true, and return it; fail after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what or found}")
        pause.wait(0.005)
    return answer
