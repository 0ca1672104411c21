"""A service with mail in it, and a Chromium that looks at its page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests_support import browser as browsers
from tests_support import reader
from tests_support.reader import Reader, Visit


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """`postroom serve` over three small files; its sources are `default`, `hostile` and `big`."""
    home = tmp_path_factory.mktemp("reader")
    reader.fill(home)
    with reader.serving(home) as found:
        reader.annotate(found.base_url)
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; without one: a failure in CI, a skip elsewhere.

    For one module: while Playwright runs, no other test of this process can run an event loop.
    """
    try:
        with browsers.chromium() as browser:
            yield browser
    except browsers.NoBrowserError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs Chromium: {error}", pytrace=False)
        pytest.skip(f"NO CHROMIUM: {error}")


@pytest.fixture
def visit(chromium: Browser, service: Reader) -> Iterator[Visit]:
    """A tab of its own; at its end nothing may have left the service or broken its policy."""
    with reader.visiting(chromium, service.base_url) as found:
        yield found


@pytest.fixture
def page(visit: Visit) -> Page:
    """The tab, at the list of messages."""
    visit.open()
    return visit.page


@pytest.fixture
def pst(tmp_path: Path) -> Path:
    """A file that the service does not have yet."""
    return reader.synthetic(tmp_path, "small", "--mails", "8", "--seed", "77")
