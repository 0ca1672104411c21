"""What production is called, and whether a text names it: never a part of another name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cutline.errors import WrongUsage
from cutline.steps.isolation.spellings import spellings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"[\w.-]+")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,}")
_BUCKET = re.compile(r"[A-Za-z0-9._-]+")
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]+")
_STORES = ("s3.", "s3-", "storage.", "blob.", "dfs.", "file.", "r2.", "oss-")


@dataclass(frozen=True, slots=True)
class Forbidden:
    """One name of production; `kind` is hosts, buckets or accounts."""

    kind: str
    name: str
    is_in: Callable[[str], bool]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def forbidden(given: Mapping[str, Sequence[str]]) -> tuple[Forbidden, ...]:
    """Return what a plan forbids; raises `WrongUsage` for nothing at all or an empty name."""
    makers = {"hosts": _host, "buckets": _bucket, "accounts": _account}
    found = tuple(
        Forbidden(kind, name, makers[kind](name)) for kind, names in given.items() for name in names
    )
    if not found or any(not one.name.strip(" .*") for one in found):
        raise WrongUsage(
            "an isolation step forbids nothing, or an empty name",
            why="then every place would pass, whatever it names",
            remedy="name hosts, buckets or accounts of production under `forbid:`",
        )
    return found


def named_in(text: str, names: Sequence[Forbidden]) -> Iterator[Forbidden]:
    """Yield each forbidden name that a text holds, in whatever spelling, once."""
    left = list(names)
    for spelling in spellings(text):
        for one in [one for one in left if one.is_in(spelling)]:
            left.remove(one)
            yield one
        if not left:
            return


def _host(name: str) -> Callable[[str], bool]:
    """Match a host and its subdomains, an address, or a network of addresses."""
    if (network := _network(name)) is not None:
        return lambda text: any(_lies_in(word, network) for word in _ADDRESS.findall(text))
    bare = urlsplit(name if "://" in name else f"//{name}").hostname or name
    wanted = _plain(bare.lstrip("*."))

    def is_in(text: str) -> bool:
        hosts = (_plain(word) for word in _HOST.findall(text))
        return any(host == wanted or host.endswith(f".{wanted}") for host in hosts)

    return is_in


def _plain(host: str) -> str:
    """Return a host as DNS compares it: small letters, no last dot, other scripts in punycode."""
    host = host.strip("._-").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _network(name: str) -> Network | None:
    try:
        return ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return None


def _lies_in(word: str, network: Network) -> bool:
    """Say whether a word is an address of the network, also with a port behind it."""
    for text in (word.strip(".:"), word.rpartition(":")[0], word):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        mapped = getattr(address, "ipv4_mapped", None)
        if address in network or (mapped is not None and mapped in network):
            return True
    return False


def _bucket(name: str) -> Callable[[str], bool]:
    """Match a bucket alone, in a path, in an ARN, and as the first part of its store's host."""
    wanted = name.lower().removeprefix("s3://").removeprefix("gs://").rstrip("/")

    def is_in(text: str) -> bool:
        for word in _BUCKET.findall(text.lower()):
            bucket = word.strip(".-_")
            if bucket == wanted:
                return True
            if bucket.startswith(f"{wanted}.") and bucket[len(wanted) + 1 :].startswith(_STORES):
                return True
        return False

    return is_in


def _account(name: str) -> Callable[[str], bool]:
    """Match an account or project as a whole word; digits also in groups, as consoles show them."""
    wanted = _ungrouped(name.lower())

    def is_in(text: str) -> bool:
        words = (word.strip("-_") for word in _ACCOUNT.findall(text.lower()))
        return any(_ungrouped(word) == wanted for word in words)

    return is_in


def _ungrouped(word: str) -> str:
    bare = word.replace("-", "")
    # Where a file says a number, its leading zeros are gone.
    return bare.lstrip("0") if bare.isdecimal() else word
