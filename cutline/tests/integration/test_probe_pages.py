"""Every example of docs/probes.md returns what the page says, from real files and servers."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from ruamel.yaml import YAML
from tests_support.http_server import Reply, Request, serving
from tests_support.parity_pair import BASELINE, CANDIDATE, fill
from tests_support.probing import NOW, asked

from cutline.plan.probe import Probe
from cutline.plan.secret import Secret
from cutline.probes import Answer, Asked, NoReading
from postroom.archive import open_archive

PAGE = (Path(__file__).parents[3] / "docs" / "probes.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}


def block(section: str, language: str) -> str:
    """The block of a language in a section."""
    found = re.search(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)
    assert found is not None
    return found[1]


def example(section: str) -> dict[str, object]:
    """The probe of a section, as a plan writes it."""
    written = YAML(typ="safe").load(block(section, "yaml"))
    assert Probe.model_validate(written).kind == section
    return written  # type: ignore[no-any-return]


def returned(section: str) -> dict[str, object]:
    """What a section says that its probe returns, lists as a reading has them."""
    said = json.loads(block(section, "json"))
    return {name: tuple(one) if isinstance(one, list) else one for name, one in said.items()}


def test_the_page_has_an_example_of_every_kind() -> None:
    """A kind without a section is unfinished."""
    assert set(Probe.kinds) <= SECTIONS.keys()


def test_sql(tmp_path: Path) -> None:
    """The query of the page, over the hour before noon."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "imports.sql").write_text(block("sql", "sql"))
    with sqlite3.connect(tmp_path / "app.sqlite") as connection:
        connection.execute("CREATE TABLE imports (pipeline, ok, seconds, at)")
        for pipeline, ok, seconds, minutes in [
            ("v2", 1, 1.5, 50),
            ("v2", 1, 2, 40),
            ("v2", 0, 30.0, 1),
            ("v2", 0, 9.0, 61),
            ("v1", 1, 3.0, 5),
        ]:
            at = (NOW - timedelta(minutes=minutes)).isoformat()
            row = (pipeline, ok, seconds, at)
            connection.execute("INSERT INTO imports VALUES (?, ?, ?, ?)", row)
    connection.close()
    found = asked(example("sql"), tmp_path, side="v2", since=NOW - timedelta(hours=1))
    assert found.values == returned("sql"), found.why


def test_http(tmp_path: Path) -> None:
    """A health endpoint that wants a token."""

    def health(request: Request, _: BaseHTTPRequestHandler) -> Reply:
        if request.path != "/health" or request.headers.get("Authorization") != "Bearer token":
            return Reply(401)
        body = {"status": "healthy", "processors_available": True, "rss_mb": 212, "more": [1]}
        return Reply(200, json.dumps(body).encode(), {"Sunset": "Sun, 01 Mar 2026 00:00:00 GMT"})

    with serving(health) as url:
        values = {"inputs.base_url": url}
        environ = {"HEALTH_TOKEN": "Bearer token"}
        found = asked(example("http"), tmp_path, values=values, environ=environ)
    assert found.values == returned("http"), found.why


def test_command(tmp_path: Path) -> None:
    """A script beside the plan."""
    script = tmp_path / "queue-depth.sh"
    script.write_text(
        '#!/bin/sh\n[ "$1" = imports ] && [ "$QUEUE_TOKEN" = token-of-queue ] || exit 1\n'
        'echo \'{"depth": 3, "oldest_s": 1}\'\n'
    )
    script.chmod(0o755)
    values, environ = {"inputs.queue": "imports"}, {"QUEUE_TOKEN": "token-of-queue"}
    found = asked(example("command"), tmp_path, values=values, environ=environ)
    assert found.values == returned("command"), found.why


def test_log(tmp_path: Path) -> None:
    """A log of the last hour, of which fifteen minutes count."""
    lines = [
        (50, "Routing import request 1 routed to v2"),
        (14, "Routing import request 2 routed to v1"),
        (13, "[DEPRECATED] /v1/imports called by mobile"),
        (9, "Routing import request 3 routed to v1"),
        (8, "[DEPRECATED] /v1/imports called by crm"),
        (1, "Routing import request 4 routed to v2"),
    ]
    text = "".join(f"{(NOW - timedelta(minutes=at)).isoformat()} {line}\n" for at, line in lines)
    (tmp_path / "app.log").write_text(text)
    found = asked(example("log"), tmp_path)
    assert found.values == returned("log"), found.why


def test_prometheus(tmp_path: Path) -> None:
    """The query API, which knows these two queries and nothing else."""
    known = {
        'sum(increase(imports_total{side="v2", outcome="ok"}[900s]))': "95.3",
        'sum(increase(imports_total{side="v2"}[900s]))': "96.1",
    }

    def query(request: Request, _: BaseHTTPRequestHandler) -> Reply:
        wanted = parse_qs(urlsplit(request.path).query)["query"][0]
        result = [{"metric": {}, "value": [1, known[wanted]]}] if wanted in known else []
        data = {"resultType": "vector", "result": result}
        return Reply(body=json.dumps({"status": "success", "data": data}).encode())

    with serving(query) as url:
        values = {"inputs.prometheus": url}
        found = asked(example("prometheus"), tmp_path, side="v2", values=values)
    assert found.values == returned("prometheus"), found.why


def test_parity(tmp_path: Path) -> None:
    """Two ingests of one file, and then one of them without attachments."""
    archive = open_archive("acme", home=tmp_path, dsn=None)
    pair = fill(archive, tmp_path / "store")
    values = {
        "inputs.baseline": BASELINE,
        "inputs.candidate": CANDIDATE,
        "inputs.dsn": Secret(pair.dsn),
    }
    found = asked(example("parity"), tmp_path, values=values)
    assert found.values is not None, found.why
    assert (found.values["go"], found.values["failed"]) == (True, 0)
    path = pair.dsn.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        query = "DELETE FROM email_attachments WHERE pst_file_id = ?"
        assert connection.execute(query, (CANDIDATE,)).rowcount > 0
    connection.close()
    worse = asked(example("parity"), tmp_path, values=values)
    assert worse.values is not None, worse.why
    assert worse.values["go"] is False
    assert int(str(worse.values["failed"])) > 0


def test_a_probe_of_your_own() -> None:
    """The callable of the page."""
    names: dict[str, object] = {}
    exec(block("Probes of your own", "python"), names)  # noqa: S102  # it is our own page
    queue = names["queue"]
    assert callable(queue)
    nothing = Asked.__new__(Asked)
    assert queue({"name": "imports"}, nothing) == Answer({"depth": 3})
    with pytest.raises(NoReading, match="there is no queue x"):
        queue({"name": "x"}, nothing)
