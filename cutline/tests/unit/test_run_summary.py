"""The result of a run says what its journal says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutline.plan.model import Plan
from cutline.run import numbered
from cutline.run.kinds import Kind
from cutline.run.summary import Summary, summary

PLAN = Plan.model_validate(
    {
        "cutline": 1,
        "name": "pilot",
        "switch": {"nop": {}},
        "acceptance": [
            {"line": "AC1 release gates", "steps": ["gates"]},
            {"line": "AC4 restore attested", "steps": ["restore"]},
            {"line": "AC5 no secret found", "no_secrets": True},
        ],
        "stages": [
            {
                "name": "one",
                "steps": [
                    {"name": "gates", "command": ["true"], "evidence": "30_rc_gates.txt"},
                    {"name": "restore", "checkpoint": {"ask": "restored?"}},
                ],
            }
        ],
    }
)


@dataclass(frozen=True)
class Fact:
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    at: str = "2026-02-21T12:00:00.000000Z"


STARTED = Fact(
    Kind.STARTED,
    {
        "run": "pilot/20260221T120000Z",
        "by": "ana",
        "plan": {"name": "pilot", "digest": "ab" * 32},
        "files": {"plan.yaml": "cd" * 32},
        "engine": "0.1",
        "inputs": {"base": "http://x"},
        "secrets": {"DATABASE_URL": "set"},
        "git": {"head": "1234", "branch": "main", "is_clean": False},
    },
)
STEP = {"stage": "one", "step": "gates", "key": "k", "attempt": 1, "is_undo": False}
ENDED = Fact(Kind.STEP_ENDED, {**STEP, "exit_code": 0, "why": "", "output": "ef" * 32, "files": {}})
APPROVED = Fact(Kind.APPROVED, {"checkpoint": "restore", "by": "eva", "identity": "claimed"})
CLOSED = Fact(Kind.CHECKPOINT_CLOSED, {"checkpoint": "restore", "is_approved": True})
WHOLE = [STARTED, Fact(Kind.STEP_STARTING, STEP), ENDED, APPROVED, CLOSED]


def of(entries: list[Fact], secrets: list[str] | None = None, mode: str = "run") -> Summary:
    return summary(entries, PLAN, outcome="complete", mode=mode, secrets=secrets)


def test_a_whole_run_without_a_find_passes() -> None:
    """Every line was reached, and somebody looked for secrets."""
    found = of(WHOLE, [])
    assert [line.verdict for line in found.acceptance] == ["PASS", "PASS", "PASS"]
    assert found.verdict == "PASS"
    assert "eva (claimed)" in found.text()


def test_nothing_passes_that_nobody_looked_at() -> None:
    """A scan for secrets that did not run is no pass: the line is not a constant."""
    found = of(WHOLE)
    assert found.acceptance[2].verdict == "FAIL"
    assert found.verdict == "FAIL"


def test_a_secret_that_was_found_is_named() -> None:
    """The line says where."""
    assert "files/x:3" in of(WHOLE, ["files/x:3"]).text()


def test_a_step_that_was_not_reached_is_no_pass() -> None:
    """What the journal does not say did not happen."""
    assert of([STARTED, APPROVED, CLOSED], []).acceptance[0].why == "gates: not reached"


def test_a_step_whose_last_try_failed_is_no_pass() -> None:
    """An earlier success does not outlive a later failure."""
    failed = Fact(Kind.STEP_ENDED, {**ENDED.data, "exit_code": 1})
    assert of([*WHOLE, failed], []).acceptance[0].why == "gates: exit 1"


def test_deviations_stand_first_and_change_the_verdict() -> None:
    """Nobody reads PASS without them."""
    override = {
        "what": "gate",
        "name": "slow",
        "until": "…",
        "reason": "known",
        "by": ["ana", "ben"],
    }
    found = of([*WHOLE, Fact(Kind.OVERRIDDEN, override)], [])
    assert found.verdict == "PASS WITH DEVIATIONS"
    assert found.text().index("known") < found.text().index("AC1")


def test_a_compressed_run_says_so_in_its_verdict() -> None:
    """Its hours were seconds."""
    assert of(WHOLE, [], "compressed").verdict == "PASS (COMPRESSED)"


def test_the_numbered_files_hold_what_the_steps_printed(tmp_path: Path) -> None:
    """The scope and each named file, the same bytes when they are written again."""
    for _ in range(2):
        numbered.write(tmp_path, WHOLE, PLAN, lambda digest: f"all green {digest[:2]}".encode())
    assert "all green ef" in (tmp_path / "30_rc_gates.txt").read_text()
    scope = (tmp_path / "00_scope.txt").read_text()
    assert "DATABASE_URL is set" in scope
    assert "NOT CLEAN" in scope
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00_scope.txt", "30_rc_gates.txt"]
