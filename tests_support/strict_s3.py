"""An S3 over a socket that holds to the rules of Object Lock, also where moto's server does not.

Path-style requests only; signatures are not checked. `denied` names actions (s3:…) that answer
403, `fail_nth` lets one coming request of an action answer 500, `before_put` is called with the
key of each object before it is stored and may hang or raise. STS says who asks.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests_support.http_server import running

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass
class Version:
    """One version of an object, or a delete marker."""

    key: str
    content: bytes
    at: datetime
    checksum: str = ""
    mode: str = ""
    until: datetime | None = None
    is_marker: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def etag(self) -> str:
        """The quoted MD5 of the content."""
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'

    @property
    def is_locked(self) -> bool:
        """Whether its lock holds now."""
        return self.until is not None and self.until > datetime.now(UTC)


@dataclass
class Bucket:
    """A bucket: its versions, oldest first, and whether they are kept."""

    has_lock: bool
    versioning: str = ""
    versions: list[Version] = field(default_factory=list)

    def of(self, key: str) -> list[Version]:
        """Versions of a key, oldest first."""
        return [one for one in self.versions if one.key == key]


class RefusedError(Exception):
    """An answer that is an error of S3."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status = status
        self.code = code
        self.message = message or code
        super().__init__(code)


class StrictS3:
    """The state behind the server."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.denied: set[str] = set()
        self.before_put: Callable[[str], None] = lambda _key: None
        self._failing: tuple[str, int] | None = None
        self.endpoint = ""
        self._clock = datetime.now(UTC)

    def bucket(self, name: str, *, lock: bool = True) -> Bucket:
        """Make a bucket; with a lock it has versioning, as S3 demands."""
        self.buckets[name] = Bucket(lock, "Enabled" if lock else "")
        return self.buckets[name]

    def now(self) -> datetime:
        """A time that differs at each call, so that the order of versions is their age."""
        self._clock = max(datetime.now(UTC), self._clock + timedelta(milliseconds=1))
        return self._clock

    def allow(self, action: str) -> None:
        """Refuse what the test denied or broke."""
        if action in self.denied:
            raise RefusedError(403, "AccessDenied", f"not authorized to perform: {action}")
        if self._failing is not None and self._failing[0] == action:
            left = self._failing[1]
            self._failing = None if left == 0 else (action, left - 1)
            if left == 0:
                raise RefusedError(500, "InternalError")

    def fail_nth(self, action: str, number: int) -> None:
        """Let the request of `action` that comes behind `number` others answer 500, once."""
        self._failing = (action, number)


def _locked(headers: dict[str, str]) -> tuple[str, datetime | None]:
    mode, until = (
        headers.get("x-amz-object-lock-mode", ""),
        headers.get("x-amz-object-lock-retain-until-date", ""),
    )
    if bool(mode) != bool(until):
        raise RefusedError(400, "InvalidArgument", "mode and date go together")
    if not mode:
        return "", None
    when = datetime.fromisoformat(until)
    if mode not in {"GOVERNANCE", "COMPLIANCE"} or when <= datetime.now(UTC):
        raise RefusedError(400, "InvalidArgument", "The retain until date must be in the future!")
    return mode, when


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3: StrictS3

    def log_message(self, *arguments: object) -> None:
        """Be quiet."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, True).items()}
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, made, answer = _Request(self.s3, bucket, key, query, headers, body).do(
                self.command
            )
        except RefusedError as error:
            status, made = error.status, {}
            answer = (
                f"{XML}<Error><Code>{error.code}</Code>"
                f"<Message>{escape(error.message)}</Message></Error>"
            ).encode()
        self.send_response(status)
        length = made.pop("Content-Length", str(len(answer)))
        for name, value in {**made, "Content-Length": length}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  # the names of http.server


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class _Request:
    s3: StrictS3
    name: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def do(self, method: str) -> Answer:
        """Answer one request."""
        if method == "POST" and b"Action=GetCallerIdentity" in self.body:
            return self.caller_identity()
        if not self.key and method == "PUT" and not self.query:
            lock = self.headers.get("x-amz-bucket-object-lock-enabled") == "true"
            self.s3.bucket(self.name, lock=lock)
            return 200, {}, b""
        if self.name not in self.s3.buckets:
            raise RefusedError(404, "NoSuchBucket")
        topic = next(
            (
                one
                for one in ("versioning", "object-lock", "versions", "retention")
                if one in self.query
            ),
            "object" if self.key else "bucket",
        )
        return getattr(self, f"{method.lower()}_{topic.replace('-', '_')}")()

    def caller_identity(self) -> Answer:
        """GetCallerIdentity of STS, which one endpoint for all of AWS answers too."""
        self.s3.allow("sts:GetCallerIdentity")
        arn = "<Arn>arn:aws:iam::000000000000:user/cutover</Arn><UserId>AIDA</UserId>"
        told = f"<GetCallerIdentityResult>{arn}<Account>000000000000</Account>"
        space = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
        answer = f"<GetCallerIdentityResponse {space}>{told}</GetCallerIdentityResult>"
        return 200, {"Content-Type": "text/xml"}, f"{answer}</GetCallerIdentityResponse>".encode()

    @property
    def bucket(self) -> Bucket:
        """The bucket that is meant."""
        return self.s3.buckets[self.name]

    def head_bucket(self) -> Answer:
        """HeadBucket."""
        self.s3.allow("s3:ListBucket")
        return 200, {}, b""

    def get_versioning(self) -> Answer:
        """GetBucketVersioning."""
        self.s3.allow("s3:GetBucketVersioning")
        status = self.bucket.versioning
        told = f"<Status>{status}</Status>" if status else ""
        answer = f"{XML}<VersioningConfiguration {SPACE}>{told}</VersioningConfiguration>"
        return 200, {}, answer.encode()

    def put_versioning(self) -> Answer:
        """PutBucketVersioning: with a lock it cannot be suspended."""
        if self.bucket.has_lock and b"Suspended" in self.body:
            raise RefusedError(409, "InvalidBucketState")
        self.bucket.versioning = "Enabled" if b"Enabled" in self.body else "Suspended"
        return 200, {}, b""

    def get_object_lock(self) -> Answer:
        """GetObjectLockConfiguration."""
        self.s3.allow("s3:GetBucketObjectLockConfiguration")
        if not self.bucket.has_lock:
            raise RefusedError(404, "ObjectLockConfigurationNotFoundError")
        told = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>"
        answer = f"{XML}<ObjectLockConfiguration {SPACE}>{told}</ObjectLockConfiguration>"
        return 200, {}, answer.encode()

    def put_object(self) -> Answer:
        """PutObject: a lock needs a checksum and a bucket with a lock; If-None-Match holds."""
        self.s3.before_put(self.key)
        self.s3.allow("s3:PutObject")
        mode, until = _locked(self.headers)
        stated = self.headers.get("x-amz-checksum-sha256", "")
        actual = base64.b64encode(hashlib.sha256(self.body).digest()).decode()
        if mode:
            self.s3.allow("s3:PutObjectRetention")
            if not self.bucket.has_lock:
                raise RefusedError(400, "InvalidRequest", "Bucket is missing Object Lock")
            if not stated and "content-md5" not in self.headers:
                raise RefusedError(400, "InvalidRequest", "Content-MD5 or checksum is required")
        if stated and stated != actual:
            raise RefusedError(400, "BadDigest")
        before = self.bucket.of(self.key)
        if self.headers.get("if-none-match") == "*" and before and not before[-1].is_marker:
            raise RefusedError(412, "PreconditionFailed")
        made = Version(self.key, self.body, self.s3.now(), stated, mode, until)
        if self.bucket.versioning != "Enabled":
            made.id = "null"
            self.bucket.versions = [one for one in self.bucket.versions if one.key != self.key]
        self.bucket.versions.append(made)
        told = {"ETag": made.etag, "x-amz-checksum-sha256": stated}
        if made.id != "null":
            told["x-amz-version-id"] = made.id
        return 200, told, b""

    def _version(self) -> Version:
        """The version that is named; without a name the newest, whoever put it."""
        found = self.bucket.of(self.key)
        if "versionId" in self.query:
            found = [one for one in found if one.id == self.query["versionId"]]
        if not found or found[-1].is_marker:
            raise RefusedError(404, "NoSuchVersion" if "versionId" in self.query else "NoSuchKey")
        return found[-1]

    def get_object(self) -> Answer:
        """GetObject."""
        self.s3.allow("s3:GetObjectVersion" if "versionId" in self.query else "s3:GetObject")
        found = self._version()
        told = {
            "ETag": found.etag,
            "x-amz-version-id": found.id,
            "Last-Modified": found.at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }
        if found.mode and found.until:
            told["x-amz-object-lock-mode"] = found.mode
            told["x-amz-object-lock-retain-until-date"] = found.until.isoformat()
        if self.headers.get("x-amz-checksum-mode") == "ENABLED" and found.checksum:
            told["x-amz-checksum-sha256"] = found.checksum
        return 200, told, found.content

    def head_object(self) -> Answer:
        """HeadObject."""
        status, told, content = self.get_object()
        return status, {**told, "Content-Length": str(len(content))}, b""

    def delete_object(self) -> Answer:
        """DeleteObject: a locked version stays; without a version a marker hides the object."""
        if "versionId" not in self.query:
            self.bucket.versions.append(Version(self.key, b"", self.s3.now(), is_marker=True))
            return 204, {}, b""
        found = self._version()
        bypass = self.headers.get("x-amz-bypass-governance-retention") == "true"
        if found.is_locked and not (bypass and found.mode == "GOVERNANCE"):
            raise RefusedError(403, "AccessDenied", "object protected by object lock")
        self.bucket.versions.remove(found)
        return 204, {}, b""

    def get_retention(self) -> Answer:
        """GetObjectRetention."""
        self.s3.allow("s3:GetObjectRetention")
        found = self._version()
        if not (found.mode and found.until):
            raise RefusedError(404, "NoSuchObjectLockConfiguration")
        told = f"<Mode>{found.mode}</Mode><RetainUntilDate>{found.until.isoformat()}"
        answer = f"{XML}<Retention {SPACE}>{told}</RetainUntilDate></Retention>"
        return 200, {}, answer.encode()

    def put_retention(self) -> Answer:
        """PutObjectRetention: never shorter in COMPLIANCE, in GOVERNANCE only with a bypass."""
        self.s3.allow("s3:PutObjectRetention")
        found = self._version()
        mode = re.search(rb"<Mode>(\w+)</Mode>", self.body)
        date = re.search(rb"<RetainUntilDate>([^<]+)</RetainUntilDate>", self.body)
        if not mode or not date:
            raise RefusedError(400, "MalformedXML")
        until = datetime.fromisoformat(date[1].decode())
        is_weaker = found.until is not None and (
            until < found.until or (found.mode == "COMPLIANCE" and mode[1] != b"COMPLIANCE")
        )
        bypass = self.headers.get("x-amz-bypass-governance-retention") == "true"
        if is_weaker and not (bypass and found.mode == "GOVERNANCE"):
            raise RefusedError(403, "AccessDenied", "retention cannot be shortened")
        found.mode, found.until = mode[1].decode(), until
        return 200, {}, b""

    def get_versions(self) -> Answer:
        """ListObjectVersions, all on one page."""
        self.s3.allow("s3:ListBucketVersions")
        prefix = self.query.get("prefix", "")
        told = []
        for one in reversed(self.bucket.versions):
            if not one.key.startswith(prefix):
                continue
            kind = "DeleteMarker" if one.is_marker else "Version"
            told.append(
                f"<{kind}><Key>{escape(one.key)}</Key><VersionId>{one.id}</VersionId>"
                f"<IsLatest>{str(self.bucket.of(one.key)[-1] is one).lower()}</IsLatest>"
                f"<LastModified>{one.at.isoformat()}</LastModified>"
                f"<ETag>{escape(one.etag)}</ETag><Size>{len(one.content)}</Size></{kind}>"
            )
        answer = (
            f"{XML}<ListVersionsResult {SPACE}><Name>{self.name}</Name>"
            f"<Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
            f"{''.join(told)}</ListVersionsResult>"
        )
        return 200, {}, answer.encode()


@contextlib.contextmanager
def strict_s3() -> Iterator[StrictS3]:
    """Serve a strict S3 on a free port of this machine."""
    s3 = StrictS3()
    handler = type("Handler", (_Handler,), {"s3": s3})
    with running(handler) as s3.endpoint:
        yield s3
