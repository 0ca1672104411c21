"""Conditions on readings: one kind a file, all pure.

    judged = judge(plan.gates["success"], "success", seen, Conditions.of(plan))
    judged.verdict        # PASS, FAIL, BLIND or THIN
    judged.why            # one line for people
    judged.figures        # what it was computed from

What could not be measured never passes. A reading says why it is missing, and so does the verdict.
"""

from cutline.gates.conditions import Conditions
from cutline.gates.confirm import judge_confirm
from cutline.gates.judge import judge, judge_trigger
from cutline.gates.seen import Seen
from cutline.gates.verdict import Judged, Verdict

__all__ = [
    "Conditions",
    "Judged",
    "Seen",
    "Verdict",
    "judge",
    "judge_confirm",
    "judge_trigger",
]
