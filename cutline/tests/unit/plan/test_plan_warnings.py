"""What is noticed in a plan that may run all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.plan.load import load

GOOD = (Path(__file__).parent / "good.yaml").read_text()
LAST = "triggers:\n"


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        (
            "  success:",
            "  spare: {check: imports.ok > 0}\n  success:",
            "26:3: warning: no stage names the gate `spare`: it is never judged",
        ),
        (
            "probes:\n",
            "probes:\n  idle:\n    command: {argv: [./x]}\n    returns: {n: int}\n",
            "12:3: warning: nothing uses the probe `idle`",
        ),
        (
            "    bake: {for: 7d}\n",
            "",
            "33:5: warning: raises traffic to 100 % and does not bake: nothing must hold",
        ),
        (
            "marks: [1h, 6h]",
            "marks: every 48h",
            "30:22: warning: `every 48h` gives no mark within the bake of 24h but its end",
        ),
        (
            LAST,
            "  - name: end\n    approve: {by: sre, identity: claimed}\n    steps:\n"
            "      - {name: a, command: [ls], no_return: true}\n" + LAST,
            (
                "37:24: warning: before a step of no return anybody could claim to be somebody: "
                "use ssh"
            ),
        ),
        (
            LAST,
            "  - name: end\n    approve: {by: dba, identity: ssh}\n" + LAST,
            "8:3: warning: `eva` has no `ssh` key and cannot approve here",
        ),
        (
            "ana: {roles: [sre], ssh: ssh-ed25519 AAAA}",
            'ana: {roles: [sre], ssh: "ssh-ed25519 AAA"}',
            "6:23: warning: this public key is not whole: no signature will match it",
        ),
    ],
)
def test_what_is_noticed_does_not_stop_a_plan(
    before: str, after: str, warning: str, tmp_path: Path
) -> None:
    """The place and the words, and the plan loads."""
    assert before in GOOD
    path = tmp_path / "plan.yaml"
    path.write_text(GOOD.replace(before, after, 1))
    assert [str(one) for one in load(path, may_miss=True).warnings] == [f"plan.yaml:{warning}"]


def test_a_trend_may_have_a_margin(tmp_path: Path) -> None:
    """A process that warms up by a few per cent does not leak: the gate can say how much it may."""
    trend = "  success:", "  level: {no_upward: health.percent, margin_pct: 5, at: end}\n  success:"
    plan = GOOD.replace(*trend).replace("gates: [healthy, success]", "gates: [healthy, level]")
    (tmp_path / "plan.yaml").write_text(plan)
    loaded = load(tmp_path / "plan.yaml", may_miss=True)
    assert loaded.plan.gates["level"].margin_pct == 5
