"""`postroom search`: mails by their words."""

from __future__ import annotations

import click
from rich.table import Column, Table
from rich.text import Text

from cutline.console import err, out, print_json
from cutline.errors import Exit
from postroom.commands.where import Where, where_options
from postroom.search import SearchHit, SearchPage, SearchQuery
from postroom.search import search as find
from postroom.search.query import moment
from postroom.search.term import PLACES, Place


@click.command()
@click.argument("query", required=False, default="")
@click.option("--from", "sender", default="", help="Words of the sender's name or address.")
@click.option("--to", "recipient", default="", help="Words of a recipient's name or address.")
@click.option("--after", default=None, metavar="DAY", help="Sent on that day (UTC) or later.")
@click.option("--before", default=None, metavar="DAY", help="Sent before that day began (UTC).")
@click.option("--folder", default=None, help="A folder, by name or path, and all below it.")
@click.option("--in", "found_in", type=click.Choice(PLACES), help="Look for QUERY only there.")
@click.option("--limit", type=int, default=50, show_default=True, help="Hits on a page.")
@click.option("--next", "cursor", metavar="CURSOR", help="The page that follows that one.")
@click.option("--json", "as_json", is_flag=True, help="Print the page as JSON.")
@where_options
def search(  # noqa: PLR0913, PLR0917  # one parameter an option
    query: str,
    sender: str,
    recipient: str,
    after: str | None,
    before: str | None,
    folder: str | None,
    found_in: Place | None,
    limit: int,
    cursor: str | None,
    where: Where,
    *,
    as_json: bool,
) -> int:
    """Find mails by words, "phrases", -unwanted words and begin* of words; the newest first.

    Every word must be somewhere in a mail: its subject, people, body or attachments. What begins
    with - needs -- before it: postroom search -- 'budget -draft'.
    """
    asked = SearchQuery(
        text=query,
        sender=sender,
        recipient=recipient,
        after=moment(after) if after else None,
        before=moment(before) if before else None,
        folder=folder,
        found_in=found_in,
    )
    page = find(where.archive(), asked, limit=limit, after=cursor)
    if as_json:
        print_json(page.as_json())
    else:
        _show(page)
    return Exit.OK


def _show(page: SearchPage) -> None:
    table = Table(
        Column("sent", no_wrap=True),
        Column("from", overflow="fold", max_width=28),
        Column("subject", overflow="fold", max_width=36),
        Column("found in", no_wrap=True),
        Column("text", overflow="fold"),
        box=None,
        pad_edge=False,
    )
    for hit in page.hits:
        table.add_row(*_cells(hit))
    if page.hits:
        out.print(table)
    err.print(f"{len(page.hits):,} of {page.total:,} mails")
    if page.next:
        err.print(f"more: --next {page.next}", soft_wrap=True)
    if page.unindexed:
        err.print(
            f"{page.unindexed:,} completed ingests are not in the index:"
            " postroom task index --ingest ID"
        )


def _cells(hit: SearchHit) -> list[Text]:
    shown = Text()
    for text, is_match in hit.snippet:
        shown.append(text, style="bold" if is_match else "")
    sent = (hit.sent_utc or "")[:16].replace("T", " ")
    sender = hit.sender_name or hit.from_address or ""
    return [Text(sent), Text(sender), Text(hit.subject or ""), Text(hit.found_in), shown]
