"""The reader page: a service with mail in it, and a visit that watches what the browser does."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request

from postroom.archive import Archive, open_archive
from postroom.ingest import ingest_file
from postroom.progress import silent
from postroom.store import open_store
from tests_support import hostile_mail

BIN = Path(sys.executable).parent
PROFILES = {"unicode": 30, "family": 12, "deep": 20}
BIG = 200_000 if os.environ.get("SOAK") else 3_000
TIMEOUT_MS = 15_000
COMPLETED_MS = 60_000
"""How long a test waits for an ingest."""
WRITER_TOKEN = "prm_of-the-tests-for-writing"  # noqa: S105
READER_TOKEN = "prm_of-the-tests-for-reading"  # noqa: S105
# A body with styles is parsed to be taken apart; the policy refuses to apply them, and says so.
TAKEN_APART = "POLICY style-src-attr inline"
WATCH = """addEventListener("securitypolicyviolation", (event) => {
  console.error(`POLICY ${event.violatedDirective} ${event.blockedURI}`);
});"""


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other, wherever the focus is."""
    for key in keys:
        page.keyboard.press(key)


def write(page: Page, text: str) -> None:
    """Write with the keyboard."""
    page.keyboard.type(text)


@dataclass(frozen=True, slots=True)
class Reader:
    """A running service and its home."""

    base_url: str
    home: Path

    def get(self, path: str, **query: str) -> httpx.Response:
        """Ask the service without the page."""
        return httpx.get(f"{self.base_url}{path}", params=query, timeout=10)


@dataclass(slots=True)
class Visit:
    """A tab, and what it asked for, said and showed."""

    page: Page
    base_url: str
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, place: str = "#/messages", *, is_filled: bool = True) -> None:
        """Go to a place and wait until its list or its ingests are there."""
        self.page.goto(f"{self.base_url}/{place}")
        if is_filled:
            self.page.locator(".rows .row, .card, .nothing, .problem").first.wait_for()

    def check(self) -> None:
        """Raise what the browser saw that it should not have seen."""
        said = [words for words in self.said if words.startswith(("POLICY", "BUG"))]
        said = [words for words in said if words != TAKEN_APART]
        if harm := [*self.foreign(), *said, *self.dialogs]:
            raise HarmedError("\n".join(harm))

    def foreign(self) -> list[str]:
        """Requests that left the service."""
        own = (f"{self.base_url}/", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]


class NotStartedError(Exception):
    """The service did not start; the message is what it said."""


class HarmedError(Exception):
    """A page let something out, broke its policy, made a mistake or asked its reader something."""


@contextmanager
def visiting(browser: Browser, base_url: str, **options: object) -> Iterator[Visit]:
    """Open a tab; at its end: nothing left the service, broke its policy or asked the reader."""
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **options}
    )
    context.set_default_timeout(TIMEOUT_MS)
    visit = Visit(context.new_page(), base_url)
    _watch(visit)
    try:
        yield visit
        visit.check()
    finally:
        context.close()


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Reader]:
    """Run `postroom serve` on a free port until the block ends."""
    command = ["serve", "--port", "0", "--home", str(home), *options]
    log = (home / "serve.log").open("ab")
    with (
        log,
        subprocess.Popen(
            [str(BIN / "postroom"), *command], stdout=subprocess.PIPE, stderr=log
        ) as process,
    ):
        try:
            line = process.stdout.readline()
            if not line:
                raise NotStartedError((home / "serve.log").read_text()[-2000:])
            yield Reader(line.decode().split()[-1].rstrip("/"), home)
        finally:
            process.terminate()
            process.wait(30)


def annotate(base_url: str) -> None:
    """Tag one mail of `matter` that has attachments and an answer, and pin a note to it."""
    with httpx.Client(base_url=base_url, params={"source_id": "matter"}, timeout=30) as client:
        rows = client.get("/items", params={"limit": "100"}).json()["items"]
        row = next(row for row in rows if row["attachment_count"] > 1 and row["thread_id"])
        note = {"body": "Names the subcontractor: ask counsel before production.", "pinned": True}
        client.post(f"/items/{row['id']}/notes", json=note).raise_for_status()
        client.put(f"/items/{row['id']}/tags", json=["hot", "privileged?"]).raise_for_status()


def with_tokens(home: Path) -> tuple[str, ...]:
    """The options of a service that knows a reader's and a writer's token."""
    path = home / "tokens.toml"
    entries = (("ann", "writer", WRITER_TOKEN), ("ben", "reader", READER_TOKEN))
    path.write_text("".join(_entry(*entry) for entry in entries))
    path.chmod(0o600)
    return "--tokens", str(path)


def with_inline_picture(base_url: str) -> str:
    """The id of a mail whose HTML shows a picture that it brings itself."""
    headers = {"Authorization": f"Bearer {WRITER_TOKEN}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=10) as client:
        for row in client.get("/items", params={"limit": "500"}).json()["items"]:
            if row["attachment_count"]:
                item = client.get(f"/items/{row['id']}").json()
                if "/content" in (item["body_html"] or ""):
                    return str(item["id"])
    raise AssertionError("the file `deep` has pictures inside bodies")


def fill(home: Path) -> None:
    """Ingest small files: `default`, `matter` of an office, `hostile` of crafted mails, `big`."""
    for profile, mails in PROFILES.items():
        ingest(home, synthetic(home, profile, "--mails", str(mails)), "default")
    ingest(home, synthetic(home, "small", "--mails", "60", "--seed", "11"), "matter")
    shutil.copy(home / "sources/src_matter.sqlite", home / "sources/src_hostile.sqlite")
    hostile_mail.write_over(home, "hostile")
    open_archive("keys", home=home, dsn=None, create=True)
    _many(open_archive("big", home=home, dsn=None, create=True))


def synthetic(folder: Path, profile: str, *options: str) -> Path:
    """Write a file by `pst-synth`."""
    path = folder / f"{profile}.pst"
    command = [str(BIN / "pst-synth"), profile, "--out", str(path), *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


def ingest(home: Path, pst: Path, source: str) -> str:
    """Ingest a file by v2; hand back its id."""
    archive = open_archive(source, home=home, dsn=None, create=True)
    store = open_store("", home=home)
    return ingest_file(pst, "v2", archive, store, "matter-17", None, silent).id


def _watch(visit: Visit) -> None:
    def asked(request: Request) -> None:
        visit.requests.append(request.url)

    def said(message: ConsoleMessage) -> None:
        visit.said.append(message.text)

    def broke(error: Error) -> None:
        visit.said.append(f"BUG {error}")

    def was_asked(dialog: Dialog) -> None:
        visit.dialogs.append(dialog.message)
        dialog.dismiss()

    visit.page.add_init_script(WATCH)
    visit.page.on("request", asked)
    visit.page.on("console", said)
    visit.page.on("pageerror", broke)
    visit.page.on("dialog", was_asked)


def _entry(name: str, role: str, token: str) -> str:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[tokens]]\nname = "{name}"\nrole = "{role}"\nsources = ["*"]\nsha256 = "{digest}"\n\n'


def _many(archive: Archive) -> None:
    """Write rows straight into an archive: this is about a list, not about an ingest."""
    rows = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
        INSERT INTO email_messages (id, pst_file_id, pst_nid, node_path, origin, family_id,
            family_position, subject, from_address, sent_utc, pst_message_path)
        SELECT printf('00000000-0000-4000-8000-%012d', i), :id, i, printf('%x', i), 'table', :id, 0,
            printf('Mail number %d', i), printf('person%d@example.org', i % 97),
            printf('2019-%02d-%02dT10:00:00.0000000Z', i % 12 + 1, i % 28 + 1), 'Top/Inbox'
        FROM n"""
    ingest_id = "00000000-0000-4000-8000-00000000000a"
    with archive.transaction() as tx:
        tx.change(
            "INSERT INTO pst_files (id, project_id, file_name, s3_bucket, s3_key, created_at)"
            " VALUES (:id, 'p', 'big.pst', 'local', 'none', '2026-11-20T00:00:00Z')",
            id=ingest_id,
        )
        tx.change(rows, id=ingest_id, many=BIG)
