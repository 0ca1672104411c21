"""Mails that were written to harm their reader: nothing of them runs, leaves or covers anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests_support import hostile_mail
from tests_support.reader import Visit

RUNS = """() => {
  const all = [window, ...Array.from({ length: frames.length }, (_, n) => frames[n])];
  return all.every((one) => one.pwned === undefined);
}"""


REFUSED = {
    "elements": {
        "script",
        "iframe",
        "form",
        "input",
        "svg",
        "math",
        "object",
        "link",
        "meta",
        "base",
    },
    "attributes": {
        "href",
        "srcset",
        "background",
        "action",
        "ping",
        "id",
        "name",
        "onerror",
        "onload",
    },
}


def frames_of(page: Page) -> list[dict[str, list[str]]]:
    """What each frame holds: its elements, its attributes, and what names a source."""
    page.locator("iframe.mail[aria-busy]").first.wait_for(state="detached")
    found: list[dict[str, list[str]]] = page.evaluate(
        """() => [...document.querySelectorAll("iframe.mail")].map((frame) => {
          const all = [...frame.contentDocument.body.querySelectorAll("*")];
          const styles = all.map((one) => one.getAttribute("style") ?? "");
          const sources = all.map((one) => one.src ?? "");
          return {
            elements: [...new Set(all.map((one) => one.localName))],
            attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))],
            styles: styles.filter((style) => /url|fixed|image/.test(style)),
            sources: sources.filter((source) => source && !source.startsWith("blob:")),
          };
        })"""
    )
    return found


def assert_harmless(page: Page) -> None:
    """Nothing ran, and nothing is there that could."""
    assert page.evaluate(RUNS)
    found = frames_of(page)
    assert found
    for frame in found:
        assert REFUSED["elements"].isdisjoint(frame["elements"])
        assert REFUSED["attributes"].isdisjoint(frame["attributes"])
        assert not [name for name in frame["attributes"] if name.startswith("on")]
        assert (frame["styles"], frame["sources"]) == ([], [])


def test_no_mail_of_the_corpus_runs_or_loads_anything(visit: Visit) -> None:
    """Every crafted mail is opened in every form; a visit fails if a request leaves the service."""
    visit.open("#/messages?source=hostile")
    page = visit.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    count = int(page.locator("#grid").get_attribute("aria-rowcount")) - 1
    assert count >= len(hostile_mail.TEXTS)
    seen = 0
    for _ in range(count):
        page.locator("#message:not([aria-busy]) h2").wait_for()
        if page.get_by_role("tab", name="HTML").count():
            page.get_by_role("tab", name="HTML").click()
            page.locator("iframe.mail:not([aria-busy])").wait_for()
            assert_harmless(page)
            seen += 1
        page.get_by_role("tab", name="Text").click()
        page.keyboard.press("j")
    assert seen >= count // 2
    assert page.evaluate(RUNS)


def test_the_second_wall_stands_alone(visit: Visit) -> None:
    """Also what the service would let through unsanitised is built anew without its teeth."""
    visit.open()
    visit.page.evaluate(
        """async (all) => {
          const { mailFrame } = await import("/page/mail_frame.js");
          const hosts = all.map((html) => mailFrame(html, () => {}).host);
          document.getElementById("main").replaceChildren(...hosts);
        }""",
        hostile_mail.HTML,
    )
    assert_harmless(visit.page)
    assert len(frames_of(visit.page)) == len(hostile_mail.HTML)
    text = visit.page.frame_locator("iframe.mail").last.locator("body")
    expect(text).to_contain_text("deep")
    # What is parsed to be taken apart is refused by the policy as well, and the browser says so.
    visit.said[:] = [words for words in visit.said if not words.startswith("POLICY")]


@pytest.mark.parametrize("style", ["color: red; font-weight: bold", "background-color: #eee"])
def test_the_look_of_a_mail_survives(page: Page, style: str) -> None:
    """A wall that leaves nothing standing is no reader: plain looks stay."""
    page.evaluate(
        """async (html) => {
          const { mailFrame } = await import("/page/mail_frame.js");
          document.getElementById("main").replaceChildren(mailFrame(html, () => {}).host);
        }""",
        f'<p style="{style}">look <a href="http://example.org/a?b">here</a></p>',
    )
    words = page.frame_locator("iframe.mail").locator("p")
    expect(words).to_contain_text("look")
    assert style.partition(":")[0] in (words.get_attribute("style") or "")
    expect(page.locator(".links summary")).to_have_text("1 link, not followed")


def test_subjects_and_names_are_shown_as_they_are_written(visit: Visit) -> None:
    """Markup in a subject is text; what would turn a name round is shown as its number."""
    visit.open("#/messages?source=hostile&sort=subject&order=asc")
    page = visit.page
    expect(page.locator(".rows .subject a", has_text="<img src=x").first).to_be_attached()
    expect(page.locator(".facets bdi", has_text="⟨U+202E⟩").first).to_be_attached()
    expect(page.locator(".facets bdi", has_text="<img src=x").first).to_be_attached()
    assert page.evaluate(RUNS)


def test_what_is_written_in_notes_tags_and_addresses_is_text(visit: Visit) -> None:
    """The reviewers' own words and the address line are no way in either."""
    text = hostile_mail.TEXTS[1]
    visit.open("#/messages?source=hostile&folder=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    page = visit.page
    expect(page.locator(".chip").first).to_contain_text("<img src=x")
    visit.open("#/messages?source=hostile")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    expect(page.get_by_label("New note")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notes .words")).to_have_text(text)
    page.keyboard.press("t")
    expect(page.get_by_label("New tag")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#message .tag bdi")).to_have_text(text)
    expect(page.locator(".facets bdi", has_text=text).first).to_be_attached()
    assert page.evaluate(RUNS)


def test_the_page_carries_a_policy_that_forbids_all_but_its_own(visit: Visit) -> None:
    """Default none; no inline script or style; it cannot be framed."""
    visit.open()
    answer = visit.page.request.get(f"{visit.base_url}/")
    rules = dict(
        rule.strip().split(" ", 1) if " " in rule.strip() else (rule.strip(), "")
        for rule in answer.headers["content-security-policy"].split(";")
        if rule.strip()
    )
    assert rules["default-src"] == "'none'"
    assert (rules["script-src"], rules["style-src"]) == ("'self'", "'self'")
    assert (rules["connect-src"], rules["img-src"]) == ("'self'", "'self' blob:")
    assert "unsafe-inline" not in str(rules)
    assert rules["frame-ancestors"] == "'none'"
    assert "sandbox" not in rules
