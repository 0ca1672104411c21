"""The process that serves may die at any moment: what was acknowledged is done in the end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from processes import started_ticks
from tests_support.import_service import NotStartedError, running, start
from tests_support.waiting import until


def test_a_killed_service_comes_back_and_resumes(tmp_path: Path) -> None:
    """SIGKILL in the middle of work, twice: the same port, one more restart, every import done."""
    with running(tmp_path, "--model-wait-s", "0.3", percent="50") as service:
        ids: list[str] = []

        def is_working() -> bool:
            return any(service.import_(one)["claimed_by"] for one in ids)

        for kill in (1, 2):
            ids += service.send_many(8)
            until(is_working)
            os.kill(service.health()["pid"], signal.SIGKILL)
            service.comes_back(kill)
        rows = service.ended(ids)
        assert {row["full_pass_status"] for row in rows} == {"complete"}
        assert max(row["attempts"] for row in rows) > 1
        log = service.log()
    assert log.count("died: SIGKILL") == 2
    assert "of an earlier process are resumed" in log


def test_a_crash_on_demand_happens_once(tmp_path: Path) -> None:
    """And the restart is counted."""
    with running(tmp_path) as service:
        service.fault(crash=True)
        service.comes_back(1)
        assert service.send("ana")["code"] == 202
        assert service.log().count("fault: this process dies") == 1


def test_a_process_that_grows_over_its_limit_is_killed(tmp_path: Path) -> None:
    """The line that an operator greps for, and a fresh process after it."""
    with running(tmp_path, "--memory-limit-mb", "150") as service:
        service.fault(leak={"mb_per_s": 2000})
        until(lambda: "OOMKilled process" in service.log())
        service.comes_back(1)
        service.fault()
        until(lambda: service.health()["rss_mb"] < 150)


def test_a_stop_gives_unfinished_work_back(tmp_path: Path) -> None:
    """SIGTERM leaves no claim behind; the next start goes on with it."""
    service = start(tmp_path, "--model-wait-s", "30")
    ids = service.send_many(3)
    until(lambda: service.import_(ids[0])["claimed_by"])
    assert service.stop() == 0
    with running(tmp_path) as again:
        rows = again.ended(ids)
        assert [row["attempts"] for row in rows] == [1, 1, 1]
        assert "are resumed" not in again.log()


def test_the_serving_process_does_not_outlive_its_supervisor(tmp_path: Path) -> None:
    """Nobody would watch it."""
    service = start(tmp_path)
    pid = service.health()["pid"]
    service.stop(signal.SIGKILL)
    until(lambda: started_ticks(pid) == 0)


def test_a_second_service_on_the_database_is_refused(tmp_path: Path) -> None:
    """It would take over claims of the first."""
    with running(tmp_path), pytest.raises(NotStartedError, match="another service runs on this"):
        start(tmp_path)
