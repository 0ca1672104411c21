"""Which pages may talk to the service: its own and no other.

There are no cookies, so a foreign page has no right that a browser would add by itself. But a
service without tokens trusts its machine, and a browser on that machine runs pages of others: the
name by which it is called and the origin of a change must be its own.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from postroom.api.errors import Forbidden

_SAFE = ("GET", "HEAD", "OPTIONS")
_OWN = ("", "same-origin", "none")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine's own."""
    bare = host.strip("[]").lower().rstrip(".")
    if bare == "localhost" or bare.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def check_host(host: str) -> None:
    """Raise `Forbidden` unless the header `Host` names this machine: a rebound name does not."""
    name = urlsplit(f"//{host}").hostname if _is_plain(host) else None
    if name is None or not is_loopback(name):
        raise Forbidden(
            "this service is for its own machine",
            where="header Host",
            why="it has no tokens, and the request came by another name than localhost",
            remedy="use http://127.0.0.1:PORT, or start it with --tokens FILE",
        )


def check_origin(method: str, host: str, origin: str, fetch_site: str) -> None:
    """Raise `Forbidden` for a change that a page of another origin asks for."""
    if method in _SAFE:
        return
    is_foreign = bool(origin) and (not _is_plain(origin) or urlsplit(origin).netloc != host)
    if is_foreign or fetch_site not in _OWN:
        raise Forbidden(
            "a page of another origin may not change anything here",
            where="headers Origin and Sec-Fetch-Site",
            why="they say that a page of another site sent this",
            remedy="use the page of this service, or a program",
        )


def _is_plain(value: str) -> bool:
    try:
        urlsplit(value if "//" in value else f"//{value}")
    except ValueError:
        return False
    return True
