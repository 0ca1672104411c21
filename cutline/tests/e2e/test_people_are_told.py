"""People and scrapers hear of a run: apprise over a socket, and `/metrics`."""

from __future__ import annotations

import json
import shlex
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from tests_support.http_server import Reply, Request, serving
from tests_support.small_runs import ENDLESS, HEAD, ONE_STAGE, Small
from tests_support.waiting import until

NOTIFY = HEAD + "notify: [{env: APPRISE_URL}]\n"


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A real receiver of json:// notifications that answers with one status."""
    heard: list[dict[str, Any]] = []

    def hear(request: Request, _handler: object) -> Reply:
        heard.append(json.loads(request.body) if request.body else {"beat": request.path})
        return Reply(status)

    with serving(hear) as url:
        yield f"{url.replace('http', 'json', 1)}/", heard


def told(heard: list[dict[str, Any]], event: str) -> dict[str, Any] | None:
    """Return the last notification of an event."""
    return next(
        (one for one in reversed(heard) if f"cutline {event}:" in one.get("title", "")), None
    )


def named(said: dict[str, Any] | None, run: str, *parts: str) -> None:
    """Assert that a notification names its run, its stage, its reason and the command."""
    assert said is not None
    lines = dict(line.split(": ", 1) for line in said["message"].splitlines())
    assert (lines["run"], lines["stage"]) == (run, "canary")
    for part in parts:
        assert part in lines["reason"] or part in lines["to continue"], said
    assert lines["to continue"].startswith("cutline ")


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


def notifying(tmp_path: Path, url: str, body: str) -> Small:
    """A small plan that tells that receiver."""
    small = Small.of(tmp_path, body, NOTIFY)
    small.environ["APPRISE_URL"] = url
    return small


def test_blocked_and_overdue_are_told(tmp_path: Path) -> None:
    """A gate that fails stops the clock; past its deadline the stage waits for a person."""
    bake = "{for: 0.4s, every: 0.2s, max_gap: 30s, deadline: 1s}"
    body = f"stages:\n  - {{name: canary, percent: 10, bake: {bake}, gates: [sound]}}\n"
    with receiver(200) as (url, heard):
        small = notifying(tmp_path, url, body)
        small.world(is_sound=False)
        small.begun()
        small.ticks(lambda _: told(heard, "overdue"))
    named(told(heard, "blocked"), small.name, "sound", f"cutline status {small.name}")
    named(told(heard, "overdue"), small.name, "deadline", f"cutline resume {small.name} --by NAME")


def test_a_rollback_and_its_seal_are_told(tmp_path: Path) -> None:
    """How it came to that, how to go on, and how to look at the evidence."""
    trigger = "triggers:\n  - {when: world.errors > 5, severity: critical, do: rollback}\n"
    with receiver(200) as (url, heard):
        small = notifying(tmp_path, url, ENDLESS + trigger).begun()
        small.world(errors=9)
        small.ticks(lambda s: s.is_over)
    named(told(heard, "rolling back"), small.name, "world.errors")
    named(told(heard, "rolled back"), small.name, f"--follows {small.name}")
    sealed = told(heard, "sealed")
    named(sealed, small.name, "rolled back, FAIL", "--key PUB")
    assert sealed is not None
    command = sealed["message"].rpartition("to continue: cutline ")[2]
    words = shlex.split(command.replace("PUB", str(small.public)))
    assert small(*words).code == 0


def test_a_checkpoint_is_told_with_the_command_that_answers_it(tmp_path: Path) -> None:
    """Its name is in the command: it works as it is, with a name put in."""
    body = "stages:\n  - {name: canary, approve: {by: sre}, percent: 10}\n"
    with receiver(200) as (url, heard):
        small = notifying(tmp_path, url, body)
        assert small("run", "plan.yaml", "--by", "ana").code == 2
        said = told(heard, "asked")
        named(said, small.name, f"cutline approve {small.name} canary --by NAME")
        assert small("approve", small.name, "canary", "--by", "ben").code == 0


def test_an_end_that_nobody_heard_of_is_said(tmp_path: Path) -> None:
    """Nothing is journaled behind the closing entry: the command says it."""
    with receiver(500) as (url, _):
        small = notifying(tmp_path, url, ONE_STAGE)
        done = small("run", "plan.yaml", "--by", "ana")
    assert done.code == 0
    assert "nobody was told of the end: notification 1 of 1: not taken" in done.errors


def test_each_tick_is_a_beat_of_the_heart(tmp_path: Path) -> None:
    """Whoever listens notices when it stops; one that is not heard stops nothing."""
    head = HEAD.replace("blind_after: 60s}", "blind_after: 60s, heartbeat: {env: BEAT}}")
    with receiver(200) as (url, heard):
        small = Small.of(tmp_path, ENDLESS, head)
        small.environ["BEAT"] = url.replace("json://", "http://") + "beat/small"
        small.begun()
        before = len(heard)
        assert small("tick", small.name).code == 0
        assert heard[before:] == [{"beat": "/beat/small"}]
    assert small("tick", small.name).code == 0


def test_a_receiver_that_fails_stops_no_tick_and_is_journaled(tmp_path: Path) -> None:
    """The tick answers as it would; the entry says why nobody heard it."""
    with receiver(500) as (url, _):
        small = paused(tmp_path, url)
        assert small("tick", small.name).code == 2
    assert "not taken" in small.told("told")[-1]["why"]


@contextmanager
def scraped(small: Small) -> Iterator[Callable[[], dict[str, Any]]]:
    """Serve the metrics by the program itself; yields what asks it and parses the answer."""
    server = small.start("metrics", "--port", "0")
    assert server.stdout is not None
    url = server.stdout.readline().strip()

    def scrape() -> dict[str, Any]:
        with urllib.request.urlopen(url) as answer:  # noqa: S310  # our own address
            text = answer.read().decode()
        return {family.name: family.samples for family in text_string_to_metric_families(text)}

    try:
        yield scrape
    finally:
        server.kill()
        server.communicate(timeout=30)


def test_a_driver_that_is_gone_is_seen_by_a_scraper(tmp_path: Path) -> None:
    """Nobody ticks for longer than `blind_after`: 1, and the tick that comes makes it 0."""
    head = HEAD.replace("every: 0.1s, blind_after: 60s", "every: 0.1s, blind_after: 2s")
    small = Small.of(tmp_path, ENDLESS, head).begun()
    with scraped(small) as scrape:
        until(lambda: scrape()["cutline_absent"][0].value == 1)
        assert scrape()["cutline_last_tick_timestamp_seconds"][0].labels["run"] == small.name
        small("tick", small.name)
        assert scrape()["cutline_absent"][0].value == 0
    assert small.told("absent")


def test_metrics_are_what_a_scraper_reads(tmp_path: Path) -> None:
    """Over a real socket, parsed by Prometheus' own library."""
    small = Small.of(tmp_path, ENDLESS).begun()
    with scraped(small) as scrape:
        found = scrape()
    assert found["cutline_percent"][0].value == 10
    assert found["cutline_percent"][0].labels["run"] == small.name
    assert found["cutline_absent"][0].value == 0
