"""What the service counts of itself, as Prometheus reads it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

_BOUNDS_S: Final = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)


class Requests:
    """Requests by method, route and status, and how long they took by route."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def add(self, method: str, route: str, status: int, elapsed_s: float) -> None:
        """Count one request; methods and routes are ours, so there are few."""
        method = method if method in _METHODS else "other"
        with self._lock:
            key = (method, route, status)
            self._counts[key] = self._counts.get(key, 0) + 1
            times = self._times.setdefault(route, [0] * (len(_BOUNDS_S) + 1))
            times[sum(elapsed_s > bound for bound in _BOUNDS_S)] += 1
            self._sums[route] = self._sums.get(route, 0.0) + elapsed_s

    def prometheus(self) -> str:
        """Give them in Prometheus's text format 0.0.4."""
        with self._lock:
            return "".join(f"{line}\n" for line in (*self._totals(), *self._seconds()))

    def _totals(self) -> Iterable[str]:
        name = "postroom_requests_total"
        yield f"# HELP {name} Requests; status 0 is a client that went away."
        yield f"# TYPE {name} counter"
        for (method, route, status), times in sorted(self._counts.items()):
            labels = f'method="{method}",route="{route}",status="{status}"'
            yield f"{name}{{{labels}}} {times}"

    def _seconds(self) -> Iterable[str]:
        name = "postroom_request_seconds"
        yield f"# HELP {name} How long requests took."
        yield f"# TYPE {name} histogram"
        for route, times in sorted(self._times.items()):
            below = 0
            for bound, count in zip((*map(str, _BOUNDS_S), "+Inf"), times, strict=True):
                below += count
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {below}'
            yield f'{name}_sum{{route="{route}"}} {self._sums[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {below}'


_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")


def gauge(name: str, text: str, rows: Iterable[tuple[dict[str, str], float]]) -> str:
    """Give a gauge in Prometheus's text format; label values are our own words."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    for labels, value in rows:
        shown = ",".join(f'{key}="{label}"' for key, label in labels.items())
        lines.append(f"{name}{{{shown}}} {value:g}" if shown else f"{name} {value:g}")
    return "\n".join(lines) + "\n"
