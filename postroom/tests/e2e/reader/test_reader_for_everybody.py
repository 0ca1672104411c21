"""The page with a screen reader, in the dark, in a small window, from right to left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests_support import reader
from tests_support.reader import Reader, Visit

PLACES = ("messages", "search", "message", "ingests", "keys")
LOOKS = {"wide-light": (1280, 780, "light"), "narrow-dark": (390, 780, "dark")}
# Mails are paper of their own: what a sender wrote is not ours to change.
WITHOUT_MAIL = {"exclude": [["iframe.mail"]]}
MANUAL = Path(__file__).parents[4] / "docs/reader.md"
PICTURES = MANUAL.parent / "images"


def arrive(visit: Visit, place: str) -> Page:
    """Go to one of the places as a reviewer sees it."""
    page = visit.page
    match place:
        case "search":
            visit.open("#/messages?source=matter&q=invoice")
        case "ingests":
            visit.open("#/ingests?source=matter")
            page.locator(".card h3 a").first.click()
            page.get_by_role("region", name="Tasks").wait_for()
        case "message":
            visit.open("#/messages?source=matter")
            page.locator(".row", has=page.locator(".icon.pin")).click()
            page.locator("#message:not([aria-busy]) h2").wait_for()
        case _:
            visit.open("#/messages?source=matter")
            page.keyboard.press("j")
            if place == "keys":
                page.keyboard.press("?")
    return page


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_accessible_and_fits(
    chromium: Browser, service: Reader, place: str, look: str, tmp_path: Path
) -> None:
    """No rule of axe is broken, in either colour scheme; nothing is wider than the window."""
    width, height, scheme = LOOKS[look]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    with reader.visiting(chromium, service.base_url, **options) as visit:
        page = arrive(visit, place)
        found = Axe().run(page, context=WITHOUT_MAIL)
        assert found.violations_count == 0, found.generate_report()
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        name = f"reader-{place}-{look}.png"
        is_shown = os.environ.get("READER_PICTURES") and name in MANUAL.read_text()
        page.screenshot(path=(PICTURES if is_shown else tmp_path) / name)


def test_the_focus_is_seen_wherever_it_goes(page: Page) -> None:
    """Tab goes through everything in the order of the page, and each stop has an outline."""
    page.locator("#grid").wait_for()
    page.locator("#skip").focus()
    seen = []
    for _ in range(12):
        outline, name = page.evaluate(
            """() => [getComputedStyle(document.activeElement).outlineStyle,
                      document.activeElement.id || document.activeElement.textContent]"""
        )
        assert outline != "none", name
        seen.append(name)
        page.keyboard.press("Tab")
    assert seen[0] == "skip"
    assert seen.index("words") < seen.index("keys")


def test_a_screen_reader_is_told_the_row_and_how_many_there_are(page: Page) -> None:
    """The grid names its active row; rows and columns have their roles and numbers."""
    page.keyboard.press("j")
    page.keyboard.press("j")
    grid = page.get_by_role("grid", name="Messages")
    expect(grid).to_have_attribute("aria-activedescendant", "row-1")
    expect(page.locator("#row-1")).to_have_attribute("aria-rowindex", "3")
    assert int(grid.get_attribute("aria-rowcount") or 0) > 10
    assert page.get_by_role("columnheader").count() == 6


def test_what_is_written_from_right_to_left_reads_so(visit: Visit) -> None:
    """A Hebrew or Arabic subject has its own direction, the page keeps its."""
    visit.open("#/messages?sort=subject&order=desc")
    found = visit.page.evaluate(
        """async () => {
          const list = await (await fetch("items?limit=500")).json();
          return list.items.find((item) => /^[\\u0590-\\u06ff]/.test(item.subject ?? ""))?.id;
        }"""
    )
    assert found, "the file of many scripts has such a subject"
    visit.open(f"#/messages/{found}")
    title = visit.page.locator("#message h2")
    expect(title).to_be_visible()
    assert title.evaluate("(it) => getComputedStyle(it).direction") == "rtl"
    assert (
        visit.page.locator("#message").evaluate("(it) => getComputedStyle(it).direction") == "ltr"
    )


def test_hundreds_of_thousands_of_rows_are_a_few_at_a_time(visit: Visit) -> None:
    """Only what is in sight is in the document; the end is reached, and the count is told."""
    visit.open("#/messages?source=big")
    page = visit.page
    expect(page.locator(".foot")).to_contain_text(f"{reader.BIG:,} messages")
    page.locator("#grid").focus()
    while "loaded" in page.locator(".foot").inner_text():
        page.keyboard.press("End")
        page.locator("[aria-busy=true]").wait_for(state="detached")
    page.keyboard.press("End")
    expect(page.locator(".row[aria-selected=true]")).to_have_attribute(
        "aria-rowindex", str(reader.BIG + 1)
    )
    assert page.locator(".rows .row").count() < 80
