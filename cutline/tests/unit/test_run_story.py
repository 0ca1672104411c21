"""What people are told of a run, line by line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cutline.evidence.journal import MemoryJournal
from cutline.run.story import Story

NOW = datetime(2026, 2, 21, 12, tzinfo=UTC)


def lines(*entries: tuple[str, dict[str, Any]]) -> list[str]:
    journal, story = MemoryJournal(), Story()
    told = [story.line(journal.append(kind, data, NOW)) for kind, data in entries]
    return [line[21:] for line in told if line]


def judged(mark: float | None, last: str, **verdicts: str) -> tuple[str, dict[str, Any]]:
    said = {name: {"verdict": verdict} for name, verdict in verdicts.items()}
    return "judged", {"mark": mark, "clock": {"last": last}, "verdicts": said}


def test_a_mark_that_waits_is_told_once_and_again_when_it_is_taken() -> None:
    """A week of waiting is one line, and says what is waited for."""
    waits = judged(3600.0, "waiting", success="THIN", complaints="BLIND", healthy="PASS")
    told = lines(waits, waits, waits, judged(3600.0, "passed", success="PASS"))
    assert told == [
        "mark 1h: complaints not measured, success with too little to tell yet",
        "mark 1h: all gates pass",
    ]


def test_marks_of_a_compressed_run_have_the_names_of_the_plan() -> None:
    """A day in a second is still the mark of 24 hours."""
    begun = ("started", {"by": "ana", "factor": 86400.0})
    assert lines(begun, judged(1.0, "passed", success="PASS"))[1:] == ["mark 24h: all gates pass"]


def test_between_marks_only_what_fails_is_told() -> None:
    """Thousands of instants that pass say nothing; the first that fails says which gate."""
    well, ill = judged(None, "passed", a="PASS"), judged(None, "failed", a="FAIL", b="PASS")
    assert lines(well, well, ill, ill, well) == ["a failed"]
