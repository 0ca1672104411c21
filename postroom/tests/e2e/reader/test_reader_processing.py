"""From the upload to the note, with a worker and the search behind the page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FileChooser, expect
from tests_support.reader import COMPLETED_MS, Visit, press, write


def test_a_reviewer_needs_no_mouse_from_the_upload_to_the_note(visit: Visit, pst: Path) -> None:
    """Upload, start, follow, search, open, note, pin, tag: by keys alone, and all of it stays."""
    page = visit.page
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda one: choosers.append(one))  # noqa: PLW0108  # it must be a function
    visit.open("#/messages?source=keys", is_filled=False)
    page.locator(".nothing, .rows .row").first.wait_for()
    press(page, "u")
    with page.expect_file_chooser():
        press(page, "Enter")
    choosers[0].set_files(pst)
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_focused()
    press(page, "Enter")
    card = page.locator(".card", has_text=pst.name).first
    expect(card.locator(".status")).to_have_text("completed", timeout=COMPLETED_MS)
    press(page, "m")
    page.locator(".rows .row").first.wait_for()
    press(page, "j")
    expect(page.locator("#grid")).to_be_focused()
    subject = page.locator(".row[aria-selected=true] .subject a").inner_text()
    word = max(re.findall(r"\w+", subject), key=len)
    press(page, "/")
    write(page, word)
    press(page, "Enter")
    expect(page.locator(".row mark").first).to_have_text(re.compile(word, re.IGNORECASE))
    press(page, "j", "Enter")
    expect(page.locator("#message h2")).to_be_focused()
    press(page, "n")
    expect(page.get_by_label("New note")).to_be_focused()
    write(page, "privileged: ask counsel")
    press(page, "Tab", "Tab", "Space", "Shift+Tab", "Enter")
    expect(page.locator(".pinned .note-card")).to_contain_text("privileged: ask counsel")
    press(page, "t")
    expect(page.get_by_label("New tag")).to_be_focused()
    write(page, "hot")
    press(page, "Enter")
    expect(page.locator("#message .tag")).to_contain_text("hot")
    page.reload()
    expect(page.locator(".pinned .note-card")).to_contain_text("privileged: ask counsel")
    expect(page.locator("#message .tag")).to_contain_text("hot")
    press(page, "Escape", "Escape")
    expect(page.locator("#message")).to_be_hidden()
    expect(page.locator(".row .icon.pin")).to_have_count(1)


def test_a_search_that_finds_nothing_says_what_to_do(visit: Visit) -> None:
    """An empty list is never a blank."""
    visit.open("#/messages?q=zzzznosuchword")
    expect(visit.page.locator(".nothing")).to_contain_text("Nothing matches")


def test_a_file_that_is_cut_off_shows_the_reason_of_the_service(visit: Visit, pst: Path) -> None:
    """What the service finds wrong stands beside the file, with a way to go on."""
    cut = pst.with_name("cut.pst")
    cut.write_bytes(pst.read_bytes()[:30_000])
    visit.open("#/ingests?source=keys")
    visit.page.locator("#files").set_input_files(cut)
    visit.page.get_by_role("button", name="Upload", exact=True).click()
    expect(visit.page.locator(".queue .problem")).to_contain_text("What helps")


def test_an_upload_waits_until_an_engine_is_chosen(visit: Visit, pst: Path) -> None:
    """Upload only; then v1 by its button; v1 counts what it read, and its tasks are listed."""
    visit.open("#/ingests?source=keys")
    page = visit.page
    page.get_by_label("not yet").check()
    page.locator("#files").set_input_files(pst)
    page.get_by_role("button", name="Upload", exact=True).click()
    card = page.locator(".card").first
    expect(card.locator(".status").first).to_have_text("pending")
    card.get_by_role("button", name="Start by v1").click()
    expect(card.locator(".status").first).to_have_text("completed", timeout=COMPLETED_MS)
    card.get_by_role("link", name=pst.name).click()
    expect(card.get_by_role("region", name="Tasks")).to_contain_text("thread")
    assert re.search(r"#/ingests/[0-9a-f-]{36}", page.url)


def test_a_waiting_upload_can_be_cancelled(visit: Visit, pst: Path) -> None:
    """Cancelled is a state that one sees and that can be left again."""
    visit.open("#/ingests?source=keys")
    page = visit.page
    page.get_by_label("not yet").check()
    page.locator("#files").set_input_files(pst)
    page.get_by_role("button", name="Upload", exact=True).click()
    card = page.locator(".card").first
    expect(card.locator(".status").first).to_have_text("pending")
    card.get_by_role("button", name="Cancel").click()
    expect(card.locator(".status").first).to_have_text("cancelled")
    expect(card.get_by_role("button", name="Start again by v2")).to_be_visible()
