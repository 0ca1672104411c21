"""One contract for every store: moto's server, a strict S3 over a socket, and a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from tests_support.strict_s3 import StrictS3, strict_s3

from cutline.errors import WrongUsage
from cutline.evidence.refusals import LockNotEnforced, OtherObject, StoreUnreachable
from cutline.evidence.worm import WormStore, open_store
from cutline.evidence.worm_doctor import look
from cutline.evidence.worm_s3 import S3Store

DAY_S = 86_400.0


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def strict() -> Iterator[StrictS3]:
    with strict_s3() as s3:
        yield s3


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment of an AWS program, with nothing of this machine's in it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return monkeypatch


@pytest.fixture
def strict_store(strict: StrictS3, aws: pytest.MonkeyPatch) -> S3Store:
    aws.setenv("AWS_ENDPOINT_URL", strict.endpoint)
    strict.bucket("audit")
    store = open_store("s3://audit/cutover", "COMPLIANCE", DAY_S)
    assert isinstance(store, S3Store)
    return store


@pytest.fixture
def moto_store(moto: str, aws: pytest.MonkeyPatch) -> S3Store:
    aws.setenv("AWS_ENDPOINT_URL", moto)
    name = f"audit-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    store = open_store(f"s3://{name}/cutover", "GOVERNANCE", DAY_S)
    assert isinstance(store, S3Store)
    return store


@pytest.fixture(params=["folder", "moto", "strict"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> WormStore:
    if request.param == "folder":
        return open_store((tmp_path / "worm").as_uri(), "GOVERNANCE", DAY_S)
    found: WormStore = request.getfixturevalue(f"{request.param}_store")
    return found


def _now() -> datetime:
    return datetime.now(UTC)


def test_what_was_put_is_got_and_listed(store: WormStore, tmp_path: Path) -> None:
    """Bytes and files alike, by names below the prefix."""
    (tmp_path / "file").write_bytes(b"from a file")
    assert store.put("run/1/a", b"bytes", _now()).size_bytes == 5
    store.put("run/1/b", tmp_path / "file", _now())
    store.put("other", b"", _now())
    assert store.get("run/1/a") == b"bytes"
    assert store.get("run/1/b") == b"from a file"
    assert store.names("run/") == ["run/1/a", "run/1/b"]
    assert store.names("nothing") == []


def test_the_same_content_under_a_name_counts_as_kept(store: WormStore) -> None:
    """A put that is repeated after a lost answer makes no second version."""
    at = _now()
    first = store.put("head", b"one", at)
    second = store.put("head", b"one", at)
    assert not first.is_reused
    assert second.is_reused
    assert second.version_id == first.version_id
    assert second.sha256 == first.sha256


def test_other_content_under_a_name_is_refused(store: WormStore) -> None:
    """Nobody replaces what is kept, and what is kept stays."""
    store.put("head", b"one", _now())
    with pytest.raises(OtherObject):
        store.put("head", b"two", _now())
    assert store.get("head") == b"one"


def test_what_is_not_there_is_an_error(store: WormStore) -> None:
    """An object that is missing is never an empty one."""
    with pytest.raises(StoreUnreachable):
        store.get("nothing")


def test_a_folder_says_that_it_is_no_worm_store(tmp_path: Path) -> None:
    """The embedded default claims nothing."""
    store = open_store(tmp_path.as_uri(), "COMPLIANCE", DAY_S)
    receipt = store.put("a", b"a", _now())
    assert (receipt.lock_mode, receipt.verified_lock_mode) == ("NONE", "NONE")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o444
    shown = store.canary(_now())
    assert not shown.is_worm
    assert "no WORM storage" in shown.words


@pytest.mark.parametrize("uri", ["ftp://x", "s3://", "file:///", "audit", "file://host/x"])
def test_a_store_of_no_known_kind_is_refused(uri: str) -> None:
    """A slip in a URI is told before the run, not at its seal."""
    with pytest.raises(WrongUsage):
        open_store(uri, "GOVERNANCE", DAY_S)


def test_a_wrong_mode_and_no_time_are_refused(tmp_path: Path) -> None:
    """Evidence is kept in one of two modes for some time."""
    with pytest.raises(WrongUsage):
        open_store(tmp_path.as_uri(), "LOCKED", DAY_S)
    with pytest.raises(WrongUsage):
        open_store(tmp_path.as_uri(), "GOVERNANCE", 0)


@pytest.mark.parametrize("which", ["moto_store", "strict_store"])
def test_a_receipt_shows_the_lock_of_its_very_version(
    request: pytest.FixtureRequest, which: str
) -> None:
    """Mode and date come from a look at the version that was made."""
    store: S3Store = request.getfixturevalue(which)
    at = _now()
    receipt = store.put("run/evidence.tar", b"tar", at)
    until = (at + timedelta(seconds=DAY_S)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert receipt.version_id
    assert receipt.verified_lock_mode == receipt.lock_mode == store.mode
    assert receipt.verified_retain_until == receipt.retain_until == until
    assert receipt.key == "cutover/run/evidence.tar"
    assert "VersionId" in receipt.said[0]
    assert store.mode in receipt.said[1]


@pytest.mark.parametrize("which", ["moto_store", "strict_store"])
def test_an_intruder_s_newer_version_changes_nothing(
    request: pytest.FixtureRequest, which: str
) -> None:
    """A version put over ours, or a delete marker, hides neither name nor content."""
    store: S3Store = request.getfixturevalue(which)
    ours = store.put("heads/1", b"ours", _now())
    store.client.put_object(Bucket=store.bucket, Key="cutover/heads/1", Body=b"theirs")
    newest = store.client.head_object(Bucket=store.bucket, Key="cutover/heads/1")
    assert newest["VersionId"] != ours.version_id
    assert store.get("heads/1") == b"ours"
    assert store.put("heads/1", b"ours", _now() - timedelta(minutes=1)).is_reused
    store.client.delete_object(Bucket=store.bucket, Key="cutover/heads/1")
    assert store.names("heads/") == ["heads/1"]
    assert store.get("heads/1") == b"ours"


def test_the_strict_canary_shows_that_the_lock_is_enforced(strict_store: S3Store) -> None:
    """A locked canary could be neither deleted nor unlocked."""
    shown = strict_store.canary(_now())
    assert shown.is_worm
    assert "COMPLIANCE" in shown.words


def test_a_bucket_whose_locks_can_be_shortened_is_found_out(moto_store: S3Store) -> None:
    """moto's server lets go of a lock: to the canary that is a bucket without one."""
    with pytest.raises(LockNotEnforced, match="does not keep") as caught:
        moto_store.canary(_now())
    assert "shortened" in caught.value.why


def test_a_bucket_without_lock_is_refused_before_anything_is_kept(
    strict: StrictS3, aws: pytest.MonkeyPatch
) -> None:
    """Without versioning and lock the store keeps nothing, and says what to do."""
    aws.setenv("AWS_ENDPOINT_URL", strict.endpoint)
    strict.bucket("plain", lock=False)
    store = open_store("s3://plain/x", "GOVERNANCE", DAY_S)
    with pytest.raises(LockNotEnforced) as caught:
        store.canary(_now())
    assert "versioning is off" in caught.value.why
    assert "doctor --worm" in caught.value.remedy
    with pytest.raises(StoreUnreachable):
        store.put("a", b"a", _now())


def test_a_weaker_lock_under_our_name_does_not_count(strict_store: S3Store) -> None:
    """The same bytes kept for an hour are not kept for a day."""
    hour = open_store("s3://audit/cutover", "COMPLIANCE", 3_600.0)
    hour.put("head", b"one", _now())
    with pytest.raises(OtherObject) as caught:
        strict_store.put("head", b"one", _now())
    assert "is kept until" in caught.value.why


def test_a_missing_right_is_named(strict: StrictS3, strict_store: S3Store) -> None:
    """What the store denied stands in the message, with the right that it needs."""
    strict.denied = {"s3:PutObjectRetention"}
    with pytest.raises(StoreUnreachable) as caught:
        strict_store.put("a", b"a", _now())
    assert "s3:PutObjectRetention" in caught.value.why


def test_a_store_that_does_not_answer_is_no_missing_right(aws: pytest.MonkeyPatch) -> None:
    """Nobody listens there: could not reach, exit code 3."""
    aws.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    store = open_store("s3://audit/x", "GOVERNANCE", DAY_S)
    with pytest.raises(StoreUnreachable) as caught:
        store.names("")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "right",
    [
        "s3:ListBucket",
        "s3:GetBucketVersioning",
        "s3:GetBucketObjectLockConfiguration",
        "s3:ListBucketVersions",
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:GetObjectVersion",
        "s3:GetObjectRetention",
    ],
)
def test_the_doctor_names_each_missing_right(
    strict: StrictS3, strict_store: S3Store, right: str
) -> None:
    """`cutline doctor --worm` says which right to grant."""
    del strict_store
    strict.denied = {right}
    found = {one.name: one for one in look("s3://audit/cutover")}
    assert not found[right].is_well
    assert found[right].remedy in {f"grant {right}", "see what the store says; docs/evidence.md"}


def test_the_doctor_finds_nothing_amiss_on_a_good_bucket(strict_store: S3Store) -> None:
    """Every right is there, and the lock holds."""
    del strict_store
    assert [one.name for one in look("s3://audit/cutover") if not one.is_well] == []


# The rules of Object Lock that our double holds where moto's server does not.


def test_the_double_never_shortens_a_compliance_lock(strict_store: S3Store) -> None:
    """Not even with the right to bypass governance."""
    receipt = strict_store.put("a", b"a", _now())
    where = {"Bucket": "audit", "Key": receipt.key, "VersionId": receipt.version_id}
    sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": _now() + timedelta(hours=1)}
    with pytest.raises(ClientError, match="AccessDenied"):
        strict_store.client.put_object_retention(
            **where, Retention=sooner, BypassGovernanceRetention=True
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        strict_store.client.delete_object(**where, BypassGovernanceRetention=True)
    seen = strict_store.client.get_object_retention(**where)["Retention"]
    assert seen["Mode"] == "COMPLIANCE"
    later = {"Mode": "COMPLIANCE", "RetainUntilDate": _now() + timedelta(days=9)}
    strict_store.client.put_object_retention(**where, Retention=later)


def test_the_double_never_suspends_versioning_under_a_lock(strict_store: S3Store) -> None:
    """A bucket with Object Lock keeps its versions."""
    with pytest.raises(ClientError, match="InvalidBucketState"):
        strict_store.client.put_bucket_versioning(
            Bucket="audit", VersioningConfiguration={"Status": "Suspended"}
        )


def test_the_double_wants_a_checksum_with_a_lock(strict: StrictS3, strict_store: S3Store) -> None:
    """An upload under a lock without any checksum is refused."""
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    del strict_store
    until = (_now() + timedelta(days=1)).isoformat()
    request = urllib.request.Request(  # noqa: S310  # our own server
        f"{strict.endpoint}/audit/x",
        data=b"x",
        method="PUT",
        headers={
            "x-amz-object-lock-mode": "GOVERNANCE",
            "x-amz-object-lock-retain-until-date": until,
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)  # noqa: S310
    with caught.value as answer:
        assert answer.code == 400
        assert b"checksum" in answer.read()
