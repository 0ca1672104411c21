"""The object store in S3 where S3 is slow, away, refuses, or loses what it had."""

from __future__ import annotations

import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from tests_support import s3
from tests_support.strict_s3 import StrictS3, strict_s3

from cutline.errors import Problem
from postroom.errors import NoSuchObject, NotReadable, NotStored, StoreAway
from postroom.store import open_store
from postroom.store import s3 as module
from postroom.store.s3 import S3Store

Use = Callable[[S3Store], object]

READS: list[Use] = [
    lambda store: store.exists("a"),
    lambda store: store.size("a"),
    lambda store: store.read_bytes("a"),
    lambda store: list(store.keys("")),
    lambda store: store.local("a").__enter__(),
    lambda store: store.open("a").__enter__(),
]


def writes(file: Path) -> list[Use]:
    file.write_bytes(b"mail")
    (file.parent / "folder").mkdir(exist_ok=True)
    (file.parent / "folder" / "last").write_bytes(b"last")
    return [
        lambda store: store.put_bytes("a", b"x"),
        lambda store: store.put_file(file, "a"),
        lambda store: store.take_file(file, "a", "00" * 32),
        lambda store: store.put_folder(file.parent / "folder", "a", last="last"),
        lambda store: store.remove("a"),
        lambda store: store.clear("a", first="last"),
    ]


@contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serve that answer to whatever is asked; yield the endpoint."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def answering_503(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An S3 that is overloaded for good, and the requests that it was asked."""
    asked: list[str] = []

    def overloaded(request: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(request.command)
        request.send_response(503)
        request.send_header("Content-Length", "0")
        request.end_headers()

    with serving(overloaded) as endpoint:
        s3.lead_to(endpoint, monkeypatch)
        yield asked


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An S3 whose answers end in their middle."""

    def cut(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "10")
        request.send_header("ETag", '"0"')
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(b"01234")
        request.close_connection = True

    with serving(cut) as endpoint:
        s3.lead_to(endpoint, monkeypatch)
        yield


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictS3]:
    """An S3 that can refuse."""
    with strict_s3() as server:
        s3.lead_to(server.endpoint, monkeypatch)
        server.bucket("mail", lock=False)
        yield server


def assert_is_away(use: Use, store: S3Store, *, is_write: bool) -> Problem:
    with pytest.raises(StoreAway) as caught:
        use(store)
    assert type(caught.value) is (NotStored if is_write else StoreAway)
    assert caught.value.exit_code == (6 if is_write else 3)
    assert caught.value.where.startswith(store.url)
    assert "postroom doctor" in caught.value.remedy
    return caught.value


def test_an_endpoint_that_nobody_serves_is_an_error_soon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Reading is exit 3, writing exit 6, both name the endpoint, and no file of ours is lost."""
    s3.lead_to("http://127.0.0.1:9", monkeypatch)
    store = S3Store("mail", scratch=tmp_path / "scratch")
    began = time.monotonic()
    for use in READS:
        assert "127.0.0.1:9" in assert_is_away(use, store, is_write=False).why
    for use in writes(tmp_path / "file"):
        assert "127.0.0.1:9" in assert_is_away(use, store, is_write=True).why
    assert time.monotonic() - began < 30
    assert (tmp_path / "file").read_bytes() == b"mail"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_an_overloaded_store_is_asked_again_a_bounded_number_of_times(
    answering_503: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`AWS_MAX_ATTEMPTS` is how often, also for what boto3 sends in parts."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    store = S3Store("mail", scratch=tmp_path / "scratch")
    assert_is_away(lambda store: store.read_bytes("a"), store, is_write=False)
    assert answering_503 == ["GET"] * 2
    answering_503.clear()
    (tmp_path / "big").write_bytes(bytes(9 << 20))
    assert_is_away(lambda store: store.put_file(tmp_path / "big", "a"), store, is_write=True)
    assert answering_503 == ["POST"] * 2


def test_a_bucket_that_is_not_there_is_no_missing_object(s3_url: str, tmp_path: Path) -> None:
    """A slip in the store's name must not read as if everything had been lost."""
    assert s3_url
    store = S3Store("mail-of-nobody", scratch=tmp_path)
    for use in READS:
        assert "bucket" in assert_is_away(use, store, is_write=False).why
    for use in writes(tmp_path / "file"):
        assert_is_away(use, store, is_write=True)


def test_what_is_refused_is_said_and_named(strict: StrictS3, tmp_path: Path) -> None:
    """A right that is missing is neither a missing object nor a full disk."""
    store = S3Store("mail", scratch=tmp_path / "scratch")
    store.put_bytes("a", b"x")
    strict.denied = {"s3:GetObject", "s3:PutObject"}
    problem = assert_is_away(lambda store: store.read_bytes("a"), store, is_write=False)
    assert "AccessDenied" in problem.why
    assert_is_away(lambda store: store.put_bytes("a", b"y"), store, is_write=True)
    strict.denied = set()
    assert store.read_bytes("a") == b"x"


def test_a_file_that_is_not_what_its_hash_says_is_not_taken(
    strict: StrictS3, tmp_path: Path
) -> None:
    """S3 holds what it gets to the digest of who wrote it; the file stays for another attempt."""
    del strict
    store = S3Store("mail", scratch=tmp_path / "scratch")
    (tmp_path / "f").write_bytes(b"changed on its way")
    with pytest.raises(NotStored, match="did not take"):
        store.take_file(tmp_path / "f", "a", "00" * 32)
    assert (tmp_path / "f").exists()
    assert not store.exists("a")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda client, where: client.delete_object(**where), NoSuchObject),
        (lambda client, where: client.put_object(**where, Body=bytes(17 << 20)), NotReadable),
    ],
)
def test_an_object_that_vanishes_while_it_is_read_is_not_readable(
    change: Callable[..., object], error: type[Problem], s3_url: str, tmp_path: Path
) -> None:
    """Between the first request and the last an object may go, or become another: no mixture."""
    store = open_store(s3_url, home=tmp_path)
    assert isinstance(store, S3Store)
    (tmp_path / "big").write_bytes(os.urandom(17 << 20))
    store.put_file(tmp_path / "big", "a/big")
    other, changed, one_at_a_time = boto3.client("s3"), [], threading.Lock()

    def between(**_: object) -> None:
        with one_at_a_time:
            if not changed:
                changed.append(change(other, {"Bucket": store.bucket, "Key": "mail/a/big"}))

    store._client.meta.events.register("before-send.s3.GetObject", between)
    with pytest.raises(error) as caught, store.local("a/big"):
        pass
    assert caught.value.remedy
    assert changed
    assert list((tmp_path / "scratch").iterdir()) == []


def read_open(store: S3Store) -> object:
    with store.open("a") as file:
        return file.read()


def test_a_body_that_ends_early_is_an_error(cut_off: None, tmp_path: Path) -> None:
    """What is cut off on its way is never the whole object, however it is read."""
    del cut_off
    store = S3Store("mail", scratch=tmp_path / "scratch")
    reads: list[Use] = [
        lambda store: store.read_bytes("a"),
        read_open,
        lambda store: store.local("a").__enter__(),
    ]
    for read in reads:
        assert_is_away(read, store, is_write=False)


def test_more_keys_than_one_page_are_listed_and_cleared(
    s3_store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 tells and deletes a thousand at a time; here four, unless the soak asks for all."""
    many = 1_010 if os.environ.get("SOAK") else 10
    if many < 1_000:
        monkeypatch.setattr(module, "_A_PAGE", 4)
    with s3_store.scratch() as scratch:
        for n in range(many):
            (scratch / f"{n:04}").write_bytes(b"")
        s3_store.put_folder(scratch, "p", last="0000")
    assert sorted(s3_store.keys("p")) == [f"p/{n:04}" for n in range(many)]
    s3_store.clear("p", first="0000")
    assert list(s3_store.keys("p")) == []
