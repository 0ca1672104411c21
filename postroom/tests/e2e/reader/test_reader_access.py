"""Who may read: the token, what it may do, and what happens when the service is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests_support import reader
from tests_support.reader import Reader, Visit


@pytest.fixture(scope="module")
def guarded(service: Reader) -> Iterator[Reader]:
    """The same mail behind tokens."""
    with reader.serving(service.home, "--no-worker", *reader.with_tokens(service.home)) as found:
        yield found


@pytest.fixture
def guest(chromium: Browser, guarded: Reader) -> Iterator[Visit]:
    """A tab at the guarded service."""
    with reader.visiting(chromium, guarded.base_url) as found:
        yield found


def test_the_page_asks_for_the_token_and_keeps_it_in_the_tab_alone(guest: Visit) -> None:
    """A wrong one is refused with words; the right one is in no address and in no other storage."""
    guest.open(is_filled=False)
    page = guest.page
    page.get_by_label("Token", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("refused")
    page.get_by_label("Token", exact=True).fill(reader.WRITER_TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator(".rows .row").first).to_be_visible()
    assert not [url for url in guest.requests if reader.WRITER_TOKEN in url]
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    expect(page.locator(".rows .row").first).to_be_visible()
    page.get_by_role("button", name="Source and token").click()
    page.get_by_role("button", name="Forget the token").click()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
    expect(page.locator(".rows .row")).to_have_count(0)


def test_a_token_that_may_only_read_is_told_so_when_it_writes(guest: Visit) -> None:
    """The refusal stands where the note was written, and the words are not lost."""
    guest.open(is_filled=False)
    page = guest.page
    page.get_by_label("Token", exact=True).fill(reader.READER_TOKEN)
    page.keyboard.press("Enter")
    page.locator(".rows .row").first.click()
    page.get_by_label("New note").fill("not lost")
    page.get_by_role("button", name="Keep note").click()
    expect(page.locator("#message .problem")).to_contain_text("What helps")
    expect(page.get_by_label("New note")).to_have_value("not lost")


def test_pictures_of_a_mail_are_shown_with_a_token(guest: Visit) -> None:
    """What a frame cannot fetch with a token, the page fetches for it."""
    guest.open(is_filled=False)
    page = guest.page
    page.get_by_label("Token", exact=True).fill(reader.WRITER_TOKEN)
    page.keyboard.press("Enter")
    page.locator(".rows .row").first.wait_for()
    item = reader.with_inline_picture(guest.base_url)
    guest.open(f"#/messages/{item}", is_filled=False)
    picture = page.frame_locator("iframe.mail").locator("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("(it) => it.naturalWidth") > 0


def test_a_service_that_went_away_is_told_and_asked_again(
    chromium: Browser, service: Reader
) -> None:
    """It says so, and the same list comes once it is back."""
    with reader.visiting(chromium, service.base_url) as visit:
        visit.open()
        visit.page.context.set_offline(True)
        visit.page.locator(".rows .row").first.click()
        expect(visit.page.locator("#message .problem")).to_contain_text(
            "The service does not answer"
        )
        visit.page.context.set_offline(False)
        visit.page.get_by_role("button", name="Try again").click()
        expect(visit.page.locator("#message h2")).to_be_visible()
