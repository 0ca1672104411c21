"""The runs of a folder in Prometheus form: what a scraper sees, so that somebody else notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from cutline.gates.verdict import Verdict
from cutline.run.standing import exit_of
from cutline.run.state import State
from cutline.run.status import is_absent


class _Runs(Collector):
    def __init__(self, states: Iterable[State], now: datetime) -> None:
        self._states = tuple(states)
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Return one sample a run and thing; names end with their unit."""
        yield self._gauge("cutline_percent", "share of traffic on v2, read back", _percent)
        yield self._gauge("cutline_bake_held_seconds", "the bake clock", lambda s: s.bake.total_s)
        yield self._gauge("cutline_last_tick_timestamp_seconds", "the last tick", _ticked)
        yield self._gauge("cutline_paused", "1: waits for a person", lambda s: s.is_paused)
        yield self._gauge("cutline_absent", "1: nobody watches", lambda s: is_absent(s, self._now))
        yield self._gauge("cutline_drift", "1: the switch is elsewhere", _drift)
        yield self._gauge("cutline_exit_code", "what status would exit with", exit_of)
        yield self._gauge("cutline_deviations", "how many", lambda s: len(s.deviations))
        yield self._gates()
        yield self._triggers()

    def _gauge(self, name: str, about: str, value: Callable[[State], float | None]) -> Metric:
        family = GaugeMetricFamily(name, about, labels=("run", "stage"))
        for state in self._states:
            found = value(state)
            if found is not None:
                family.add_metric((state.run, state.stage_name), float(found))
        return family

    def _gates(self) -> Metric:
        about = "1: passes, 0: fails, absent: could not be measured"
        family = GaugeMetricFamily("cutline_gate", about, labels=("run", "stage", "gate"))
        for state in self._states:
            for name, seen in state.gates.items():
                if not seen.verdict.is_inconclusive:
                    labels = (state.run, state.stage_name, name)
                    family.add_metric(labels, float(seen.verdict is Verdict.PASS))
        return family

    def _triggers(self) -> Metric:
        family = GaugeMetricFamily(
            "cutline_trigger_open", "1: fired and open", labels=("run", "trigger")
        )
        for state in self._states:
            for label, seen in state.triggers.items():
                family.add_metric((state.run, label), float(seen.is_open))
        return family


def _percent(state: State) -> int | None:
    return state.traffic.seen


def _ticked(state: State) -> float | None:
    return None if state.ticked_at is None else state.ticked_at.timestamp()


def _drift(state: State) -> bool:
    return bool(state.traffic.drift)


def exposition(states: Iterable[State], now: datetime) -> bytes:
    """Return the runs in Prometheus' text form; label values are escaped by its library."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Runs(states, now))
    return generate_latest(registry)
