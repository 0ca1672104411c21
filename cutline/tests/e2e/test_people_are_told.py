"""People and scrapers hear of a run: apprise over a socket, and `/metrics`."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests_support.http_server import Reply, Request, serving
from tests_support.small_runs import ENDLESS, HEAD, Small

NOTIFY = HEAD + "notify: [{env: APPRISE_URL}]\n"


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real receiver of json:// notifications that answers with one status."""
    heard: list[dict[str, Any]] = []

    def hear(request: Request, _handler: object) -> Reply:
        heard.append(json.loads(request.body))
        return Reply(status)

    with serving(hear) as url:
        yield f"{url.replace('http', 'json', 1)}/", heard


def paused(tmp_path: Path, url: str) -> Small:
    """A run that a person paused, and that told it."""
    small = Small.of(tmp_path, ENDLESS, NOTIFY)
    small.environ["APPRISE_URL"] = url
    small.begun()
    small("pause", small.name, "--by", "ben", "--reason", "lunch")
    small.ticks(lambda s: s.is_paused)
    return small


def test_a_pause_is_told_with_run_stage_reason_and_command(tmp_path: Path) -> None:
    """Over a real socket, and journaled as told."""
    with receiver(200) as (url, heard):
        small = paused(tmp_path, url)
    said = heard[-1]["message"]
    for part in (small.name, "canary", "lunch", f"cutline resume {small.name}"):
        assert part in said, said
    assert small.told("told")[-1] == {"event": "paused", "why": ""}


def test_a_receiver_that_fails_stops_no_tick_and_is_journaled(tmp_path: Path) -> None:
    """The tick answers as it would; the entry says why nobody heard it."""
    with receiver(500) as (url, _):
        small = paused(tmp_path, url)
        assert small("tick", small.name).code == 2
    assert "not taken" in small.told("told")[-1]["why"]


def test_metrics_are_what_a_scraper_reads(tmp_path: Path) -> None:
    """Over a real socket, parsed by Prometheus' own library."""
    small = Small.of(tmp_path, ENDLESS).begun()
    server = small.start("metrics", "--port", "0")
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own address
            text = answer.read().decode()
    finally:
        server.kill()
        server.communicate(timeout=30)
    found = {family.name: family.samples for family in text_string_to_metric_families(text)}
    assert found["cutline_percent"][0].value == 10
    assert found["cutline_percent"][0].labels["run"] == small.name
    assert found["cutline_absent"][0].value == 0
