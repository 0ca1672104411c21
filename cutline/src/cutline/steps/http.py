"""A step that is one HTTP request; anything but `expect_status` is a failure."""

from __future__ import annotations

import httpx

from cutline.plan.step import HttpStep, Step
from cutline.run.within import within
from cutline.run.world import Outcome
from cutline.steps.command import FAILED
from cutline.steps.context import Context

MOST_BYTES = 1024 * 1024
KEY = "Idempotency-Key"


def run(step: Step, context: Context) -> Outcome:
    """Send the request and look at the status; redirects are not followed.

    Each try sends the key of the step as `Idempotency-Key`, so that a server can tell a second
    try from a second request.
    """
    config: HttpStep = step.config
    site = context.site
    url = site.expand(config.url)
    headers = {KEY: context.key, **{n: site.text(ref) for n, ref in config.headers.items()}}
    body = site.expand_all(config.body)

    def send() -> tuple[int, bytes]:
        with (
            httpx.Client(timeout=step.timeout_s) as client,
            client.stream(config.method, url, headers=headers, json=body) as answer,
        ):
            return answer.status_code, _beginning(answer)

    context.say(f"{config.method} {url}")
    try:
        status, content = within(step.timeout_s, send)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return Outcome(FAILED, f"{config.method} failed: {str(error) or type(error).__name__}")
    context.say(f"status {status}")
    context.printed.feed(content)
    if status != config.expect_status:
        return Outcome(FAILED, f"status {status}, expected {config.expect_status}")
    return Outcome(0)


def _beginning(answer: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk[: MOST_BYTES - len(content)]
        if len(content) >= MOST_BYTES:
            content += b"\n(the rest of the answer was not read)"
            break
    return bytes(content)
