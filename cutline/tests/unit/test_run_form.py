"""A form pauses for a person: nothing but a form that is really filled in goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cutline.plan.step import Form
from cutline.run.form import FormState, read, write

FORM = Form(
    boxes=("Restored the snapshot elsewhere", "Compared counts of rows"),
    fields=("RPO measured", "Reviewed: second pair of eyes"),
    procedure="docs/db-restore.md",
    screenshots="56_db_restore_screenshots",
)
STARTED = datetime(2026, 2, 21, 12, 0, 30, tzinfo=UTC)
NOW = datetime(2026, 2, 21, 14, 0, tzinfo=UTC)
ASK = "Set Status: COMPLETED when done.\nStatus: COMPLETED is what we look for."


def written() -> str:
    return write(FORM, title="55 database rollback", ask=ASK, run="pilot/20260221T120030Z")


def filled(text: str) -> str:
    return (
        text.replace("Status: PENDING", "Status: COMPLETED")
        .replace("[ ]", "[x]")
        .replace("RPO measured:", "RPO measured: 4 min")
        .replace("Reviewed: second pair of eyes:", "Reviewed: second pair of eyes: ben")
        .replace("Completed by:", "Completed by: eva")
        .replace("Completed at (UTC):", "Completed at (UTC): 2026-02-21T13:10Z")
    )


def state(text: str) -> FormState:
    return read(text, FORM, started=STARTED, now=NOW).state


def test_a_form_as_written_is_not_completed_whatever_its_instructions_say() -> None:
    """The words COMPLETED in the instructions are no answer."""
    found = read(written(), FORM, started=STARTED, now=NOW)
    assert found.state is FormState.AS_WRITTEN
    assert len(found.missing) == 7


def test_a_form_filled_in_is_completed_with_its_values() -> None:
    """Every line counts, and the fields are read."""
    found = read(filled(written()), FORM, started=STARTED, now=NOW)
    assert (found.state, found.missing) == (FormState.COMPLETED, ())
    assert found.values["RPO measured"] == "4 min"
    assert found.values["Reviewed: second pair of eyes"] == "ben"


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("Status: COMPLETED\n\n", "Status: PENDING\n\n", "Status: PENDING"),
        ("Status: COMPLETED\n\n", "Status: NOT COMPLETED\n\n", "Status: NOT COMPLETED"),
        ("Status: COMPLETED\n\n", "\n", "exactly once"),
        ("Status: COMPLETED\n\n", "Status: COMPLETED\nStatus: PENDING\n\n", "exactly once"),
        ("[x] 2.", "[ ] 2.", "[ ] 2. Compared counts of rows"),
        ("[x] 2. Compared counts", "[x] 2. Skipped counts", "was changed"),
        ("[x] 1. Restored the snapshot elsewhere\n", "", "1. Restored the snapshot"),
        ("RPO measured: 4 min", "RPO measured: ____", "RPO measured:"),
        ("RPO measured: 4 min", "RPO measured: TBD later", "RPO measured:"),
        ("2026-02-21T13:10Z", "2026-02-20T13:10Z", "outside the run"),
        ("2026-02-21T13:10Z", "2026-02-21T14:10Z", "outside the run"),
        ("2026-02-21T13:10Z", "yesterday", "no date"),
        ("Completed by: eva", "Completed by: eva\nCompleted by: ben", "Completed by:"),
    ],
)
def test_a_form_partly_filled_in_names_the_line(before: str, after: str, named: str) -> None:
    """One line that is missing is enough, and it is named."""
    text = filled(written())
    assert before in text
    found = read(text.replace(before, after), FORM, started=STARTED, now=NOW)
    assert found.state is FormState.PARTIAL
    assert len(found.missing) == 1
    assert named in found.missing[0]


def test_the_minute_of_the_start_lies_within_the_run() -> None:
    """People write minutes, the run starts at a second."""
    text = filled(written()).replace("13:10Z", "12:00Z")
    assert state(text) is FormState.COMPLETED


def test_an_editor_with_other_line_ends_changes_nothing() -> None:
    """CRLF and a byte order mark are no fault of the person."""
    assert state("\ufeff" + filled(written()).replace("\n", "\r\n")) is FormState.COMPLETED
