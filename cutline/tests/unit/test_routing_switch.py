"""What a switch holds is a function of what it read and when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cutline.routing import Held, Switch


@pytest.mark.parametrize(
    ("held", "now_s", "expected"),
    [
        (Held(), 0, 0),
        (Held(1_000, 100.0), 100.0, 1_000),
        (Held(1_000, 100.0, "gone"), 160.0, 1_000),
        (Held(1_000, 100.0, "gone"), 160.1, 0),
        (Held(1_000, 100.0), 1e9, 0),
    ],
)
def test_a_value_is_in_force_as_long_as_it_is_fresh_enough(
    held: Held, now_s: float, expected: int
) -> None:
    """The last good value for `stale_ok_s`, then none; without any, none."""
    assert held.in_force(now_s, 60.0) == expected


def test_a_closed_switch_sends_nothing_to_v2(tmp_path: Path) -> None:
    """Whoever asks it after its end gets the safe answer."""
    path = tmp_path / ".env"
    path.write_text("V2=10")
    with Switch.from_url(f"env-file:{path}#V2") as switch:
        assert switch.percent == 10
    assert switch.percent == 0


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_worker_follows_the_switch_too(tmp_path: Path) -> None:
    """Servers that fork after loading the application leave its threads behind."""
    path = tmp_path / ".env"
    path.write_text("V2=10")
    with Switch.from_url(f"env-file:{path}#V2", poll_s=0.01) as switch:
        child = os.fork()
        if child == 0:
            _exit_when_it_stands_at(switch, 20)
        path.write_text("V2=20")
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0


def _exit_when_it_stands_at(switch: Switch, percent: float) -> None:
    """Leave the forked child without any of pytest's clean-up."""
    from tests_support.waiting import until  # noqa: PLC0415  # in the child alone

    try:
        until(lambda: switch.percent == percent)
    except BaseException:  # noqa: BLE001  # whatever it is, the parent sees the code
        os._exit(1)
    os._exit(0)
