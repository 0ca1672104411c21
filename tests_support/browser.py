"""A real Chromium, driven by Playwright: the system's own, nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NoBrowserError(Exception):
    """There is no Chromium on this machine; the message says what helps."""


def program() -> Path:
    """The Chromium of this machine; `POSTROOM_TEST_CHROMIUM` names another."""
    named = os.environ.get("POSTROOM_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None or not Path(found).exists():
        raise NoBrowserError("apt-get install chromium, or name one by POSTROOM_TEST_CHROMIUM")
    return Path(found)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start it without a window and yield it."""
    path = program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-dev-shm-usage", "--force-color-profile=srgb"]
        )
        try:
            yield browser
        finally:
            browser.close()
