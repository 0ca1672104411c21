"""What the service does with the files that it is sent, good and bad."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests_support.api import Service, pst, service
from tests_support.waiting import until

from postroom.commands.where import Where


def test_an_upload_is_a_pending_ingest(running: Service) -> None:
    """Its object holds the bytes that were sent, its row their digest, and nothing has begun."""
    content = pst(b"x" * 3_000_000)
    answer = running.post("/pst", content, project_id="matter-17", case_id="c", file_name="Ä.pst")
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert sent["sha256"] == hashlib.sha256(content).hexdigest()
    assert sent["size_bytes"] == len(content)
    assert sent["processing_status"] == "pending"
    [path] = running.uploads
    assert path.read_bytes() == content
    assert path.parts[-4:] == ("project_matter-17", "pst", sent["id"], "Ä.pst")
    status = running.client.get(f"/pst/{sent['id']}/status").json()
    assert status["engine"] is None
    assert status["tasks"] == []
    assert status["s3_key"] == "/".join(path.parts[-4:])
    assert running.scratch == []


@pytest.fixture(scope="module")
def narrow(shared_where: Where) -> Iterator[Service]:
    """A service that takes files up to 100 kB."""
    with service(shared_where, max_upload_bytes=100_000) as found:
        yield found


def in_pieces(content: bytes) -> Iterator[bytes]:
    """A body whose length is not told before."""
    yield from (content[at : at + 100_000] for at in range(0, len(content), 100_000))


WRONG = {
    "nothing at all": (b"", {}, 415, "no-pst"),
    "a text": (b"From: a@b\n" * 1000, {}, 415, "no-pst"),
    "one right letter": (b"!", {}, 422, "cut-off"),
    "half a header": (pst()[:100], {}, 422, "cut-off"),
    "an unknown version": (pst(version=99), {}, 415, "no-pst"),
    "a file without its end": (pst(b"x" * 9_000, declared=9_513), {}, 422, "cut-off"),
    "too large": (pst(b"x" * 200_000), {}, 413, "too-large"),
    "a form": (pst(), {"Content-Type": "multipart/form-data; boundary=x"}, 415, "wrong-media"),
    "a key that is none": (pst(), {"Idempotency-Key": "two words"}, 422, "validation"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_wrong_file_leaves_nothing(narrow: Service, kind: str, *, is_chunked: bool) -> None:
    """It is refused with its reason: no row, no object, no scratch file."""
    content, headers, status, code = WRONG[kind]
    body = in_pieces(content) if is_chunked else content
    answer = narrow.post("/pst", body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["X-Source-ID"] == narrow.where.source_id
    assert narrow.client.get("/pst").json() == {"ingests": [], "next": None}
    assert narrow.uploads == []
    assert narrow.scratch == []


def test_a_refusal_reaches_who_still_sends(running: Service) -> None:
    """A client that is in the middle of a large body learns why it was refused."""
    answer = running.post("/pst", in_pieces(b"no PST" * 3_000_000))
    assert answer.json()["error"]["code"] == "no-pst"


def test_an_upload_that_breaks_off_leaves_nothing(running: Service) -> None:
    """The client goes away in the middle; its scratch file goes with it."""
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        head = f"POST /pst HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 5000000\r\n\r\n"
        line.sendall(head.encode() + pst(b"x" * 2_000_000))
        until(lambda: running.scratch, what="the upload has begun")
    until(lambda: not running.scratch, what="its scratch file is gone")
    assert running.uploads == []
    assert running.client.get("/pst").json()["ingests"] == []


def test_an_upload_that_stands_still_is_given_up(where: Where) -> None:
    """A body that does not come is answered after the time that was set, and nothing is kept."""
    with service(where, idle_s=0.2) as running:
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as line:
            head = f"POST /pst HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 5000000\r\n\r\n"
            line.sendall(head.encode() + pst())
            assert line.recv(12) == b"HTTP/1.1 408"
        until(lambda: not running.scratch, what="its scratch file is gone")


def test_a_key_does_a_request_once(running: Service) -> None:
    """The same key and request get the same answer; another request of that key is a conflict."""
    headers = {"Idempotency-Key": "k-1"}
    first = running.post("/pst", pst(b"a"), headers=headers)
    again = running.post("/pst", pst(b"a"), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    for content, name in ((pst(b"b"), "upload.pst"), (pst(b"a"), "other.pst")):
        other = running.post("/pst", content, headers=headers, file_name=name)
        assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
    assert len(running.uploads) == 1
    assert len(running.client.get("/pst").json()["ingests"]) == 1


def test_a_key_at_the_same_time_does_a_request_once(running: Service) -> None:
    """Eight requests with one key at once are one ingest and eight times the same answer."""

    def send(_: int) -> tuple[int, str]:
        answer = running.post("/pst", pst(b"x" * 300_000), headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.text

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(send, range(8)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    assert len(running.uploads) == 1


def test_the_same_file_again_is_another_ingest(running: Service) -> None:
    """Without a key nothing is taken for a repetition."""
    ids = {running.post("/pst", pst(b"a")).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_ingests_are_listed_newest_first_in_pages(running: Service) -> None:
    """All pages together are all ingests, each once; a cursor of another list is refused."""
    ids = [running.post("/pst", pst(bytes([n]))).json()["id"] for n in range(5)]
    listed: list[str] = []
    after = None
    while True:
        parameters = {"limit": 2} | ({"after": after} if after else {})
        page = running.client.get("/pst", params=parameters).json()
        listed += [ingest["id"] for ingest in page["ingests"]]
        if (after := page["next"]) is None:
            break
    assert listed == ids[::-1]
    foreign = running.client.get("/pst", params={"after": "AAAA"})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (400, "bad-request")
