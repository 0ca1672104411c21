"""`cutline rollback` and `abort`: traffic goes back to v1, whatever stands in the way."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests_support.small_runs import ENDLESS, HEAD, Small

from cutline.errors import CannotWrite
from cutline.run.session import Session
from cutline.run.transitions import Phase

SLOW = """\
stages:
  - {name: canary, percent: 10}
  - {name: next, steps: [{name: slow, command: [sleep, "30"]}]}
"""
GONE = """\
stages:
  - {name: canary, percent: 10}
  - name: remove v1
    approve: {by: sre, identity: claimed}
    steps: [{name: drop, command: ["true"], no_return: true, restore: docs/restore.md}]
  - {name: after, percent: 100, bake: {for: 1h, every: 0.2s, max_gap: 30s}, gates: [sound]}
"""
WRONG = "triggers: [{name: wrong, when: world.errors > 5, severity: critical, do: rollback}]\n"


def test_a_rollback_during_a_long_step_takes_effect_within_its_own_tick(tmp_path: Path) -> None:
    """The command itself ticks: traffic is at v1 when it returns, long before the step ends."""
    small = Small.of(tmp_path, SLOW).begun()
    small.ticks(lambda s: any(step.state.is_under_way for step in s.steps.values()))
    done = small("rollback", small.name, "--by", "ben", "--reason", "errors")
    assert done.code in {2, 4, 7}, done
    assert small.percent == 0
    assert small.told("rollback_started")[0]["why"] == "errors"


def test_a_rollback_beside_a_tick_that_hangs_sets_the_switch_itself(tmp_path: Path) -> None:
    """Lowering needs no lock; the next tick accepts what it finds and finishes the rollback."""
    small = Small.of(tmp_path, ENDLESS).begun()
    with small.run.lock():
        said = ("--by", "ben", "--reason", "now", "--patience", "0.1s")
        done = small("rollback", small.name, *said, "--json")
        assert done.code == 7
        assert done.json["is_lowered"] is True
        assert small.percent == 0
        assert not small.told("rollback_started")
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "rolled back"
    assert small.told("rollback_started")[0]["why"] == "now"
    assert small("status", small.name).code == 4


def test_force_needs_no_run(tmp_path: Path) -> None:
    """A plan file is enough: the switch reads 0 afterwards, also beside a damaged run."""
    small = Small.of(tmp_path, ENDLESS)
    (tmp_path / ".env").write_text("PERCENT=50\n")
    done = small("rollback", "plan.yaml", "--force", "--by", "ben", "--reason", "x", "--json")
    assert (done.code, done.json) == (0, {"percent": 0})
    assert small.percent == 0
    small.begun().run.journal.write_bytes(b"{}\n")
    refused = small("rollback", small.name, "--by", "ben", "--reason", "x")
    assert refused.code == 3
    assert "cutline rollback PLAN --force" in refused.errors + refused.output
    assert small("rollback", "plan.yaml", "--force", "--by", "ben", "--reason", "x").code == 0
    assert small.percent == 0


def test_force_takes_the_inputs_that_the_run_took(tmp_path: Path) -> None:
    """From a file or one by one; without them the plan cannot be read, and 64 says which."""
    head = HEAD.replace("path: .env", 'path: "${inputs.file}"') + "inputs: {file: {env: FILE}}\n"
    small = Small.of(tmp_path, ENDLESS, head)
    (tmp_path / "staging.yaml").write_text("file: .env\n")
    force = ("rollback", "plan.yaml", "--force", "--by", "ben", "--reason", "x")
    assert small(*force).code == 64
    for given in (("--inputs", "staging.yaml"), ("--input", "file=.env")):
        (tmp_path / ".env").write_text("PERCENT=50\n")
        assert small(*force, *given).code == 0
        assert small.percent == 0


def test_past_no_return_a_rollback_is_refused_and_names_the_restore_page(tmp_path: Path) -> None:
    """64, the page, and traffic stays where it is."""
    small = Small.of(tmp_path, GONE).begun()
    small.ticks(lambda s: s.asks)
    assert small("approve", small.name, "remove v1", "--by", "ben").code == 0
    small.ticks(lambda s: s.traffic.seen == 100)
    for command in ("rollback", "abort"):
        done = small(command, small.name, "--by", "ben", "--reason", "x")
        assert done.code == 64, done
        assert "docs/restore.md" in done.output
    assert small.percent == 100


def test_an_abort_rolls_back_and_closes_as_aborted(tmp_path: Path) -> None:
    """4, traffic at v1, ABORTED in the journal; a new run says what it follows."""
    small = Small.of(tmp_path, ENDLESS).begun()
    small("abort", small.name, "--by", "ana", "--reason", "wrong day")
    state = small.ticks(lambda s: s.is_over)
    assert state.outcome == "aborted"
    assert small.percent == 0
    again = small("run", "plan.yaml", "--by", "ana")
    assert again.code == 64
    assert f"--follows {small.name}" in again.output


def test_a_trigger_rolls_back_and_run_leaves_with_4(tmp_path: Path) -> None:
    """The symptom is enough: nobody has to say anything."""
    small = Small.of(tmp_path, ENDLESS + WRONG).begun()
    small.world(errors=9)
    assert small("run", "plan.yaml", "--by", "ana").code == 4
    assert small.percent == 0


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process grows beyond `limit` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_with_a_full_disk_traffic_is_lowered_and_entries_follow_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal takes nothing, a trigger fires: v2 has no traffic, and nothing is lost."""
    small = Small.of(tmp_path, ENDLESS + WRONG, HEAD).begun()
    for name, value in small.environ.items():
        monkeypatch.setenv(name, value)
    session = Session.open(small.run)
    session.tick()
    small.world(errors=9)
    written = len(small.told("tick"))
    with full_disk(small.run.journal.stat().st_size):
        for _ in range(2):
            with pytest.raises(CannotWrite):
                session.tick()
        assert small.percent == 0
        assert len(small.told("tick")) == written
    state = session.tick()
    assert state.phase in {Phase.ROLLING_BACK, Phase.CLOSING, Phase.ENDED}
    assert small.told("rollback_started")
    assert len(small.told("tick")) >= written + 3
    small.ticks(lambda s: s.outcome == "rolled back")


def test_a_tick_that_cannot_write_leaves_with_6(tmp_path: Path) -> None:
    """And says where."""
    small = Small.of(tmp_path, ENDLESS).begun()
    with full_disk(small.run.journal.stat().st_size):
        done = small("tick", small.name)
    assert done.code == 6
    assert "journal" in done.output
