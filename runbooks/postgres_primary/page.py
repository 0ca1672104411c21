"""What a reader does at the page, in a real Chromium: search, open, note, pin, tag.

python page.py --folder local --source acme

Each operation is said as it is done, and the page is photographed into `FOLDER/page/`. The note
and the tag are taken away again. Leaves with 1 where one does not work, with 3 without a browser.
"""

from __future__ import annotations

import argparse
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Error, Page, expect, sync_playwright

from stack import Stack

NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_TIMEOUT_MS: Final = 20_000


@contextmanager
def opened(program: str, base_url: str, source: str) -> Iterator[Page]:
    """Open the page at the list of messages; a policy that is broken ends it."""
    with sync_playwright() as playwright:
        options = ["--disable-dev-shm-usage", "--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(_TIMEOUT_MS)
            expect.set_options(timeout=_TIMEOUT_MS)
            page.goto(f"{base_url}/#/messages?source={source}")
            page.locator(".rows .row").first.wait_for()
            yield page
        finally:
            browser.close()


def search(page: Page) -> str:
    """Find a message by the longest word of its subject."""
    page.keyboard.press("j")
    expect(page.locator("#grid")).to_be_focused()
    subject = page.locator(".row[aria-selected=true] .subject a").inner_text()
    word = max(re.findall(r"\w+", subject), key=len)
    page.keyboard.press("/")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    expect(page.locator(".row mark").first).to_have_text(re.compile(word, re.IGNORECASE))
    return f"search: {page.locator('.foot').inner_text()}"


def open_item(page: Page) -> str:
    """Open the first message that was found."""
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#message h2")).to_be_focused()
    return "open: its subject, headers and body are shown"


def note(page: Page, words: str) -> str:
    """Write a note, pin it, read both after a reload."""
    page.keyboard.press("n")
    expect(page.get_by_label("New note")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    card = page.locator(".note-card", has_text=words)
    expect(card).to_be_visible()
    card.get_by_role("button", name="Pin").click()
    expect(page.locator(".pinned")).to_contain_text(words)
    page.reload()
    expect(page.locator(".pinned")).to_contain_text(words)
    return "note: written, pinned, there after a reload"


def tag(page: Page, words: str) -> str:
    """Tag the message and take the tag away."""
    page.locator("#message h2").click()
    page.keyboard.press("t")
    expect(page.get_by_label("New tag")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.locator("#message .tag", has_text=words)).to_be_visible()
    page.get_by_role("button", name=f"Remove the tag {words}").click()
    expect(page.locator("#message .tag", has_text=words)).to_have_count(0)
    return "value: a tag was set, shown and taken away"


def unnote(page: Page, words: str) -> str:
    """Remove the note."""
    card = page.locator(".note-card", has_text=words)
    card.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, remove").click()
    expect(page.locator(".note-card", has_text=words)).to_have_count(0)
    return "note: removed"


def operate(page: Page, shots: Path) -> None:
    """Do everything, saying each."""
    words = f"cutover {secrets.token_hex(3)}"
    print(search(page), flush=True)
    page.screenshot(path=shots / "search.png")
    print(open_item(page), flush=True)
    print(note(page, words), flush=True)
    page.screenshot(path=shots / "note.png")
    print(tag(page, words), flush=True)
    print(unnote(page, words), flush=True)


def main() -> int:
    """Operate the page and return the exit code."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--source", required=True)
    asked = options.parse_args()
    stack = Stack(asked.folder)
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        print("there is no Chromium on this machine: apt-get install chromium")
        return 3
    shots = stack.folder / "page"
    shots.mkdir(exist_ok=True)
    try:
        with opened(program, stack.reached["base_url"], asked.source) as page:
            operate(page, shots)
    except (Error, AssertionError) as error:
        print(f"the page does not do it: {str(error).splitlines()[0]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
