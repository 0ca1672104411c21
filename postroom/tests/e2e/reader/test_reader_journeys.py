"""What a reviewer does with the page, message by message."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect
from tests_support.reader import Visit, press, write


def test_j_and_k_walk_and_the_open_message_follows(page: Page) -> None:
    """Reading one after the other leaves no trail behind the back button."""
    press(page, "j", "j", "Enter")
    first = page.locator("#message h2").inner_text()
    press(page, "j")
    expect(page.locator(".row.open")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".row.open")).to_have_attribute("aria-rowindex", "4")
    press(page, "k")
    expect(page.locator("#message h2")).to_have_text(first)
    press(page, "Escape")
    expect(page.locator("#message")).to_be_hidden()
    expect(page.locator("#grid")).to_be_focused()


def test_an_address_holds_what_is_seen_and_back_goes_back(page: Page) -> None:
    """A link opens the same list and message elsewhere; back undoes one thing at a time."""
    total = page.locator(".foot").inner_text()
    page.locator(".facets section", has_text="Folders").get_by_role("link").first.click()
    expect(page.locator(".foot")).not_to_have_text(total)
    page.get_by_role("button", name="Subject").click()
    expect(page.get_by_role("columnheader", name="Subject")).to_have_attribute(
        "aria-sort", "ascending"
    )
    page.locator(".rows .row").first.click()
    expect(page.locator("#message h2")).to_be_visible()
    subject, address = page.locator("#message h2").inner_text(), page.url
    page.go_back()
    expect(page.locator("#message")).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("columnheader", name="Sent")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.go_back()
    expect(page.locator(".foot")).to_have_text(total)
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("#message h2")).to_have_text(subject)
    expect(page.get_by_role("columnheader", name="Subject")).to_have_attribute(
        "aria-sort", "ascending"
    )


def test_the_order_by_subject_is_the_order_of_the_rows(page: Page) -> None:
    """What the heading says is what the rows show, both ways."""
    page.get_by_role("button", name="From").click()
    expect(page.get_by_role("columnheader", name="From")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(page.locator(".rows .row").nth(5)).to_be_attached()
    page.get_by_role("button", name="Sent").click()
    expect(page.get_by_role("columnheader", name="Sent")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.locator("[aria-busy=true]").wait_for(state="detached")
    times = page.locator(".rows .row .sent").all_inner_texts()
    assert times == sorted(times, reverse=True)
    assert len(set(times)) > 1


def test_a_search_says_what_it_cannot_mean(page: Page) -> None:
    """A term that is wrong is named before anything is asked."""
    press(page, "/")
    write(page, "from:ann before:yesterday")
    press(page, "Enter")
    expect(page.locator("#search-note")).to_contain_text("before: takes a day")
    expect(page.locator("#words")).to_have_attribute("aria-invalid", "true")


def test_a_mail_inside_a_mail_opens_and_back_leads_out(visit: Visit) -> None:
    """Embedded messages open where their carrier names them."""
    visit.open("#/messages?sort=subject&order=asc")
    page = visit.page
    page.locator("#grid").focus()
    press(page, "j", "Enter")
    for _ in range(40):
        page.locator("#message:not([aria-busy]) h2").wait_for()
        if page.locator("#message .embedded").count():
            break
        press(page, "j")
    page.locator("#message .embedded").first.click()
    expect(page.locator("#message .head")).to_contain_text("attached to another message")
    page.go_back()
    expect(page.locator("#message .embedded").first).to_be_visible()


def test_what_the_service_refuses_is_told_with_its_remedy(visit: Visit) -> None:
    """A message that is not there: what, why, what helps."""
    visit.open("#/messages/00000000-0000-4000-8000-000000000000")
    problem = visit.page.locator("#message .problem")
    expect(problem).to_contain_text("There is no such message")
    expect(problem).to_contain_text("What helps")


def test_a_source_that_is_not_there_is_told_and_another_can_be_chosen(visit: Visit) -> None:
    """The source is part of the address; the dialog changes it."""
    visit.open("#/messages?source=nowhere")
    page = visit.page
    expect(page.locator(".problem").first).to_be_visible()
    page.get_by_role("button", name="Source and token").click()
    page.get_by_label("Source", exact=True).fill("default")
    page.get_by_role("button", name="Use it").click()
    expect(page.locator(".rows .row").first).to_be_visible()
    assert "source=default" in page.url


def test_what_is_no_pst_is_refused_before_it_is_sent(visit: Visit, tmp_path: Path) -> None:
    """Fifty gigabytes of the wrong file cost nothing."""
    wrong = tmp_path / "holiday.pst"
    wrong.write_bytes(b"PK\x03\x04 not a PST")
    visit.open("#/ingests")
    visit.page.locator("#files").set_input_files(wrong)
    expect(visit.page.locator(".queue .problem")).to_contain_text("This is not a PST file")
    assert not [url for url in visit.requests if "/pst?project" in url or "/imports" in url]


def test_what_is_typed_before_a_message_is_there_is_no_command(visit: Visit) -> None:
    """`n` and words on a slow line: none of the words goes anywhere else."""
    visit.open("#/messages?source=matter")
    page = visit.page
    held: list[Route] = []
    page.route("**/items/*", lambda route: held.append(route))  # noqa: PLW0108  # it must be a function
    press(page, "j", "Enter", "n", "u", "i", "m")
    expect(page.locator("#message")).to_have_attribute("aria-busy", "true")
    held.pop().continue_()
    expect(page.get_by_label("New note")).to_be_focused()
    expect(page.get_by_label("New note")).to_have_value("")
    assert "#/messages/" in page.url


def test_a_note_can_be_changed_unpinned_and_removed(page: Page) -> None:
    """Removing asks first."""
    press(page, "j", "Enter", "n")
    expect(page.get_by_label("New note")).to_be_focused()
    write(page, "first words")
    press(page, "Control+Enter")
    note = page.locator(".notes .note-card")
    expect(note).to_contain_text("first words")
    note.get_by_role("button", name="Change").click()
    page.get_by_label("Change the note").fill("better words")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(note).to_contain_text("better words")
    note.get_by_role("button", name="Pin").click()
    expect(page.locator(".pinned")).to_contain_text("better words")
    note.get_by_role("button", name="Unpin").click()
    expect(page.locator(".pinned")).not_to_contain_text("better words")
    note.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, remove").click()
    expect(page.locator(".notes .note-card")).to_have_count(0)


def test_a_tag_narrows_the_list_and_can_be_taken_away(page: Page) -> None:
    """Tags stand beside the list with their counts."""
    press(page, "j", "j", "j", "Enter", "t")
    expect(page.get_by_label("New tag")).to_be_focused()
    write(page, "review later")
    press(page, "Enter")
    page.locator(".facets").get_by_role("link", name="review later").click()
    expect(page.locator(".foot")).to_contain_text("1 message")
    page.locator(".rows .row").first.click()
    page.get_by_role("button", name="Remove the tag review later").click()
    expect(page.locator("#message .tag")).to_have_count(0)


def test_a_click_into_a_body_leaves_the_keys_as_they_are(visit: Visit) -> None:
    """The frame of a body runs nothing, and swallows no key either."""
    visit.open("#/messages?source=matter")
    page = visit.page
    press(page, "j", "Enter")
    for _ in range(20):
        page.locator("#message:not([aria-busy]) h2").wait_for()
        if page.locator("iframe.mail:not([aria-busy])").count():
            break
        press(page, "j")
    page.frame_locator("iframe.mail").locator("body").click()
    assert page.evaluate("document.activeElement.localName") == "iframe"
    press(page, "Escape")
    expect(page.locator("#message")).to_be_hidden()


def test_single_letters_can_be_switched_off(page: Page) -> None:
    """Who dictates is not surprised by letters that do something (WCAG 2.1.4)."""
    press(page, "?")
    page.get_by_label("Single letters do something").uncheck()
    press(page, "Escape")
    press(page, "u")
    expect(page.locator("#grid")).to_be_visible()
    press(page, "Tab")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single letters do something").check()


def test_letters_in_a_field_are_letters(page: Page) -> None:
    """A search for `junk` opens nothing."""
    press(page, "/")
    write(page, "junk")
    expect(page.locator("#words")).to_have_value("junk")
    press(page, "Escape")
    expect(page.locator("#grid")).to_be_focused()
