"""People told through apprise, and the heartbeat by which others notice that a run is silent."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import cast

from cutline.errors import Problem
from cutline.plan.part import Ref
from cutline.run.site import Site
from cutline.run.within import within
from cutline.run.world import Notice

TIMEOUT_S = 10.0
_KINDS = {
    "rolled back": "failure",
    "blocked": "failure",
    "paused": "warning",
    "overdue": "warning",
    "sealed": "success",
}


@dataclass(frozen=True, slots=True)
class People:
    """Whom a plan notifies; where they are reached is secret."""

    refs: tuple[Ref, ...]
    site: Site
    timeout_s: float = TIMEOUT_S

    def tell(self, notice: Notice) -> str:
        """Tell everybody, whatever becomes of the others; return why somebody was not told."""
        failed = [
            f"notification {number} of {len(self.refs)}: {why}"
            for number, ref in enumerate(self.refs, 1)
            if (why := self._tell(ref, notice))
        ]
        return self.site.redactor.clean("; ".join(failed))

    def _tell(self, ref: Ref, notice: Notice) -> str:
        try:
            url = self.site.text(ref)
        except Problem as problem:
            return problem.what
        try:
            return within(self.timeout_s, lambda: _notify(url, notice))
        except TimeoutError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  # telling people never stops a tick
            return type(error).__name__


def beat(ref: Ref, site: Site, timeout_s: float = TIMEOUT_S) -> str:
    """Call the heartbeat once; return why it was not heard, or nothing."""
    import httpx  # noqa: PLC0415  # takes its time, and few ticks need it

    try:
        url = site.text(ref)
        status = within(timeout_s, lambda: httpx.get(url, timeout=timeout_s).status_code)
    except Problem as problem:
        return problem.what
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return site.redactor.clean(str(error) or type(error).__name__)
    return "" if httpx.codes.is_success(status) else f"status {status}"


def lines(notice: Notice) -> Sequence[str]:
    """Return what people read: run, stage, reason, and the command that continues."""
    return (
        f"run: {notice.run}",
        f"stage: {notice.stage or 'before the first'}",
        f"reason: {notice.reason}",
        f"to continue: {notice.command}",
    )


def _notify(url: str, notice: Notice) -> str:
    import apprise  # noqa: PLC0415  # takes its time, and few ticks need it

    teller = apprise.Apprise()
    with warnings.catch_warnings():
        # One of its many plugins, loaded with the first address, still uses `imghdr`.
        warnings.simplefilter("ignore", DeprecationWarning)
        is_known = teller.add(url)
    if not is_known:
        return "apprise knows no such service"
    with apprise.LogCapture(level=apprise.logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        is_told = teller.notify(
            title=f"cutline {notice.event}: {notice.run}",
            body="\n".join(lines(notice)),
            notify_type=apprise.NotifyType(_KINDS.get(notice.event, "info")),
            body_format=apprise.NotifyFormat.TEXT,
        )
        said = cast("StringIO", log).getvalue().strip().splitlines()
    if is_told:
        return ""
    return f"not taken: {said[-1]}" if said else "not taken"
