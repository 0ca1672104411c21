"""What became of each waiver: a waiver that nothing needed is a fault of its own."""

from __future__ import annotations

from collections.abc import Sequence

from cutline.parity.report import CheckResult, Difference, Differences, Outcome, WaiverUse
from cutline.parity.side import Options
from cutline.parity.suite import Severity

GATE = "waivers"


def waiver_uses(options: Options, checks: Sequence[CheckResult]) -> tuple[WaiverUse, ...]:
    """Say of each waiver which of its keys no difference needed; an expired one covers nothing."""
    uses = []
    for waiver in options.waivers:
        needed = {
            key
            for check in checks
            if check.name == waiver.check
            for key in check.differences.waived_keys
        }
        used = tuple(key for key in waiver.keys if key in needed)
        unused = tuple(key for key in waiver.keys if key not in needed)
        expired = waiver.is_expired(options.today)
        uses.append(
            WaiverUse(
                waiver.check,
                waiver.keys,
                waiver.reason,
                waiver.approver,
                waiver.expiry.isoformat(),
                0 if expired else len(used),
                () if expired else unused,
                "expired" if expired else "unused" if unused else "used",
            )
        )
    return tuple(uses)


def judge(uses: Sequence[WaiverUse]) -> CheckResult | None:
    """Return the gate over the waivers; None without any."""
    if not uses:
        return None
    wrong = [use for use in uses if use.state != "used"]
    samples = tuple(
        Difference(use.state, f"{use.check}: {key}")
        for use in wrong
        for key in use.unused or use.keys
    )
    return CheckResult(
        GATE,
        "Every waiver is needed",
        "waivers",
        Severity.BLOCKER,
        Outcome.FAIL if wrong else Outcome.PASS,
        f"{len(wrong)} of {len(uses)} expired or not needed"
        if wrong
        else f"all {len(uses)} needed",
        differences=Differences(changed=len(wrong), samples=samples),
    )
