"""A switch behind a URL: GET answers JSON with `percent`, PUT sets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from cutline.run.within import within
from cutline.switches.kind import SwitchNotSet, SwitchUnreadable, percent_of


@dataclass(frozen=True, slots=True, repr=False)
class HttpSwitch:
    """One resource; its headers may hold a secret. Redirects are not followed."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float

    def read(self) -> int:
        """Return the member `percent` of the answer; raises `SwitchUnreadable`."""
        try:
            answer = self._request("GET")
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise SwitchUnreadable(
                "the switch did not answer", where=self._where, why=_why(error)
            ) from error
        if not answer.is_success or not isinstance(found, dict) or "percent" not in found:
            raise SwitchUnreadable(
                "the switch answered without a percent",
                where=self._where,
                why=f"status {answer.status_code}",
            )
        return percent_of(found["percent"], self._where)

    def set(self, percent: int) -> None:
        """PUT the percent; raises `SwitchNotSet` unless the answer is a success."""
        try:
            answer = self._request("PUT", {"percent": percent})
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise SwitchNotSet(
                "the switch did not take the percent", where=self._where, why=_why(error)
            ) from error
        if not answer.is_success:
            raise SwitchNotSet(
                "the switch refused the percent",
                where=self._where,
                why=f"status {answer.status_code}",
            )

    @property
    def _where(self) -> str:
        """Return the URL without what may be secret in it."""
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL:
            return "the URL of the switch"
        return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"

    def _request(self, method: str, body: dict[str, int] | None = None) -> httpx.Response:
        def ask() -> httpx.Response:
            with httpx.Client(timeout=self.timeout_s) as client:
                return client.request(method, self.url, headers=dict(self.headers), json=body)

        return within(self.timeout_s, ask)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
