"""What the service refuses and why, each with the status that says so.

Problem
└── Refused
    ├── BadRequest        400
    ├── NotAuthenticated  401
    ├── Forbidden         403
    ├── NotFound          404
    ├── TooSlow           408
    ├── Conflict          409
    ├── TooLarge          413
    ├── WrongMedia        415
    │   └── NoPst
    ├── Unprocessable     422
    │   └── CutOff
    ├── TooMany           429
    └── Away              503
        └── Moving
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from cutline.errors import Exit, Problem, WrongUsage
from postroom.errors import Fenced

RETRY_AFTER_S: Final = 5
"""What a client is told to wait while the archive or the store is away."""


class Refused(Problem):
    """A request that is answered with a status of its own and changes nothing."""

    code = "refused"
    status: ClassVar[int] = 400

    @property
    def headers(self) -> dict[str, str]:
        """Give the headers that its answer carries beside the usual ones."""
        return {}


class BadRequest(Refused):
    """A request that cannot mean anything."""

    code = "bad-request"


class NotAuthenticated(Refused):
    """No token, or one that is not known."""

    code = "not-authenticated"
    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """Say which form of token is wanted (RFC 6750)."""
        return {"WWW-Authenticate": 'Bearer realm="postroom"'}


class Forbidden(Refused):
    """A token, a page or a host that may not do this."""

    code = "forbidden"
    status = 403


class NotFound(Refused):
    """Nothing of that id in this source."""

    code = "not-found"
    status = 404


class TooSlow(Refused):
    """A body that stopped coming."""

    code = "too-slow"
    status = 408


class Conflict(Refused):
    """A key that was used for another request."""

    code = "conflict"
    status = 409


class TooLarge(Refused):
    """A body over the limit."""

    code = "too-large"
    status = 413


class WrongMedia(Refused):
    """A body of another kind."""

    code = "wrong-media"
    status = 415


class Unprocessable(Refused):
    """A value of the right form that cannot be used."""

    code = "validation"
    status = 422


class TooMany(Refused):
    """More requests than the limit lets through."""

    code = "too-many"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "too many requests",
            why="the limit of this service for one caller is reached",
            remedy=f"wait {retry_after_s} s, then send the same request again",
        )
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """Say how long to wait."""
        return {"Retry-After": str(self.retry_after_s)}


class Away(Refused):
    """The archive or the object store cannot be used for now; nothing was changed."""

    code = "away"
    status = 503
    retry_after_s = RETRY_AFTER_S

    @property
    def headers(self) -> dict[str, str]:
        """Say how long to wait."""
        return {"Retry-After": str(self.retry_after_s)}


class Moving(Away):
    """The source moves, or lives elsewhere; nothing was changed."""

    code = "moving"
    retry_after_s = 1


class CutOff(Unprocessable):
    """A file whose end is missing."""

    code = "cut-off"


class NoPst(WrongMedia):
    """A file that is no PST."""

    code = "no-pst"


@dataclass(frozen=True, slots=True)
class Answer:
    """How an error is answered."""

    status: int
    body: dict[str, dict[str, str]]
    headers: dict[str, str]


def answer_to(problem: Problem) -> Answer:
    """Say how a problem is answered.

    What the archive or the store say of themselves stays in the log: paths and hosts are not for
    clients.
    """
    match problem:
        case Refused():
            return Answer(problem.status, _body(problem), problem.headers)
        case WrongUsage():
            return Answer(BadRequest.status, _body(problem), {})
        case Fenced():
            return answer_to(moving())
        case _ if problem.exit_code == Exit.BLOCKED:  # held, completed, over
            return Answer(Conflict.status, _body(problem), {})
        case _:
            return answer_to(away())


def away() -> Away:
    """Make the answer of a service whose archive or store is away."""
    return Away(
        "the archive or its object store cannot be used for now",
        where="this service",
        why="its log says more; nothing of this request was kept",
        remedy=f"send the same request again in {RETRY_AFTER_S} s, with the same Idempotency-Key",
    )


def moving() -> Moving:
    """Make the answer for a source that is not to be used here and now."""
    return Moving(
        "this source cannot be used here for a moment",
        where="this service",
        why="it moves between two stores, or lives in one that this service does not look at;"
        " nothing of this request was kept",
        remedy="send the same request again in a second, with the same Idempotency-Key",
    )


def too_large(limit_bytes: int) -> TooLarge:
    """Make the error for a body over its limit."""
    return TooLarge(
        "the body is too large",
        where="the body of the request",
        why=f"this service takes at most {limit_bytes} bytes here",
        remedy="send less, or start it with a larger --max-upload-bytes",
    )


def too_slow(idle_s: float) -> TooSlow:
    """Make the error for a body that stopped coming."""
    return TooSlow(
        "the body stopped coming",
        where="the body of the request",
        why=f"nothing came for {idle_s:g} s; nothing of it was kept",
        remedy="send the same request again, with the same Idempotency-Key",
    )


def _body(problem: Problem) -> dict[str, dict[str, str]]:
    return {
        "error": {
            "code": problem.code,
            "what": problem.what,
            "where": problem.where,
            "why": problem.why,
            "remedy": problem.remedy,
        }
    }
