"""The errors of Postroom; the tree and the exit codes are Cutline's.

Problem
├── CannotMeasure
│   ├── NotReadable     3: a source that is not a readable PST, an archive that is not there
│   │   ├── NoSuchObject    3: an object that is not, or no longer, in the object store
│   │   ├── Away            3: a database that is locked or cannot be reached now
│   │   │   ├── Fenced      3: a source that lives elsewhere, or is on its way there
│   │   │   └── Paused      3: a source whose tasks wait until it has moved
│   │   └── ChildEnded      3: a child program that was ended by a signal
│   ├── StoreAway       3: an object store that does not answer, or refuses us
│   │   └── NotStored       6: likewise, while something was put into it
│   └── AwsAway         3: AWS does not say how something stands
├── CannotWrite
│   ├── DiskRefused     6: a full disk, no permission
│   └── AwsRefused      6: AWS did not change something
├── ClaimHeld           1: another engine holds the claim on an ingest
├── AlreadyCompleted    1: an ingest that stays as it is
└── AlreadyEnded        1: an ingest that there is nothing to cancel of
"""

from __future__ import annotations

from cutline.errors import CannotMeasure, CannotWrite, Exit, Problem


class NotReadable(CannotMeasure):
    """A file, an archive or an ingest that cannot be read."""

    code = "not-readable"


class NoSuchObject(NotReadable):
    """The object store answers and has no object of that key."""

    code = "no-such-object"

    def __init__(self, key: str, why: str) -> None:
        super().__init__(
            "there is no such object",
            where=key,
            why=why,
            remedy="postroom status ID says what became of its ingest; --store names the store",
        )


class StoreAway(CannotMeasure):
    """The object store does not answer, or refuses us; nothing is known about its objects."""

    code = "store-away"


class NotStored(StoreAway):
    """The object store did not take an object; the key has what it had before."""

    code = "not-stored"
    exit_code = Exit.NOT_WRITTEN


class Away(NotReadable):
    """A database that is locked or cannot be reached; the same again may succeed."""

    code = "away"


class Fenced(Away):
    """This store of a source is closed: the source lives in its other store, or moves there."""

    code = "fenced"


class Paused(Away):
    """Tasks of this source wait: it is about to move, and nothing may run meanwhile."""

    code = "paused"


class ChildEnded(NotReadable):
    """A child program was ended by a signal: by a limit, for lack of memory, or from outside."""

    code = "child-ended"


class DiskRefused(CannotWrite):
    """The disk or its permissions refused a write."""

    code = "disk-refused"


class AwsAway(CannotMeasure):
    """AWS does not answer, refuses us, or knows nothing of that name."""

    code = "aws-away"


class AwsRefused(CannotWrite):
    """AWS did not change what it was to change; what it had changed before stays changed."""

    code = "aws-refused"


class ClaimHeld(Problem):
    """Another engine or worker holds the claim on an ingest; the message says who."""

    code = "claim-held"
    exit_code = Exit.BLOCKED


class AlreadyCompleted(Problem):
    """An ingest that is completed is never extracted or loaded again under its id."""

    code = "already-completed"
    exit_code = Exit.BLOCKED

    def __init__(self, pst_file_id: str) -> None:
        super().__init__(
            "this ingest is completed and stays as it is",
            where=f"ingest {pst_file_id}",
            why="what was reported of an ingest must stay true",
            remedy="postroom ingest FILE makes a new ingest of the same file",
        )


class AlreadyEnded(Problem):
    """An ingest that is over cannot be cancelled."""

    code = "already-ended"
    exit_code = Exit.BLOCKED

    def __init__(self, pst_file_id: str, status: str) -> None:
        super().__init__(
            "this ingest is over",
            where=f"ingest {pst_file_id}",
            why=f"its status is {status}",
            remedy=f"postroom status {pst_file_id} shows what became of it",
        )
