"""How much one caller may ask for: a bucket of requests that fills up again."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from postroom.api.errors import TooMany

_CALLERS: Final = 10_000
"""Callers that are remembered; who was away longest is forgotten first, with a full bucket."""


class Rate:
    """Lets `burst` requests of a caller through at once and `per_s` a second after that."""

    def __init__(
        self, per_s: float, burst: int, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now_s = now_s
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one request of `caller`; raises `TooMany` with the seconds to wait."""
        with self._lock:
            now_s = self._now_s()
            left, at_s = self._left.pop(caller, (float(self._burst), now_s))
            left = min(float(self._burst), left + (now_s - at_s) * self._per_s)
            is_let_in = left >= 1
            self._left[caller] = (left - 1 if is_let_in else left, now_s)
            if len(self._left) > _CALLERS:
                self._left.popitem(last=False)
        if not is_let_in:
            raise TooMany(max(1, math.ceil((1 - left) / self._per_s)))
