"""The gate `attest`: a fact that only a person can give."""

from __future__ import annotations

from cutline.gates.seen import Seen
from cutline.gates.verdict import Judged, Verdict
from cutline.plan.gate import Gate
from cutline.run.reading import Scalar


def judge_attest(gate: Gate, name: str, seen: Seen) -> Judged:
    """Judge what a person attested: BLIND until then, PASS only for the value of `equals`."""
    given = seen.attested.get(name)
    if given is None:
        return Judged(Verdict.BLIND, f"nobody has attested yet: {gate.attest}")
    figures = {"attested": given}
    if gate.equals is None:
        is_so = given is not False
        word = "attested" if is_so else "denied"
        return Judged(Verdict.PASS if is_so else Verdict.FAIL, f"{word}: {gate.attest}", figures)
    if is_same(given, gate.equals):
        return Judged(Verdict.PASS, f"attested as {given}: {gate.attest}", figures)
    why = f"attested as {given}, wanted {gate.equals}: {gate.attest}"
    return Judged(Verdict.FAIL, why, figures)


def is_same(given: Scalar, wanted: Scalar) -> bool:
    """Say whether a value is the wanted one; from a command line a number comes as text.

    True is not 1 and False is not 0: who was asked for a count has not answered with a yes.
    """
    if isinstance(wanted, bool):
        return given is wanted or (isinstance(given, str) and given.lower() == str(wanted).lower())
    if isinstance(wanted, (int, float)) and isinstance(given, str):
        try:
            return float(given) == wanted
        except ValueError:
            return False
    return not isinstance(given, bool) and given == wanted
