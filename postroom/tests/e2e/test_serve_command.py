"""`postroom serve` and `postroom token`, as people start them."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx
from tests_support import synthetic
from tests_support.api import pst
from tests_support.serving_postroom import PROGRAM, serve
from tests_support.waiting import until

BINARY = {"Content-Type": "application/octet-stream"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `postroom`."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)


def test_wrong_input_first_then_the_right_one(tmp_path: Path) -> None:
    """Everything that can be wrong with an upload is refused, and the right one is then taken."""
    content = synthetic.write(tmp_path, "small", "--mails", "3").pst.read_bytes()
    home, tokens = tmp_path / "home", str(tmp_path / "tokens.toml")
    made = run("token", "new", "--name", "ann", "--role", "writer", "--source", "acme",
               "--tokens", tokens)  # fmt: skip
    assert made.returncode == 0, made.stderr
    ann = {"Authorization": f"Bearer {made.stdout.strip()}"}
    limit = ("--max-upload-bytes", str(len(content)))
    with (
        serve(home, "--source", "acme", "--tokens", tokens, *limit) as service,
        httpx.Client(base_url=service.url) as client,
    ):

        def send(body: bytes, query: str = "", **headers: str) -> int:
            sent = BINARY | ann | {"Idempotency-Key": "k1"} | headers
            return client.post(f"/pst{query}", content=body, headers=sent).status_code

        assert send(b"no PST") == 415
        assert send(content[:-1]) == 422
        assert send(content + b"x") == 413
        assert send(content, Authorization="Bearer prm_wrong") == 401
        assert send(content, "?source_id=other") == 403
        assert send(content, "?source_id=acme", **{"X-Source-ID": "other"}) == 400
        assert send(content, "?project_id=../x") == 422
        assert client.get("/pst", headers=ann).json()["ingests"] == []
        assert send(content) == 201
        assert send(content) == 201
        assert send(content, "?file_name=other") == 409
        [ingest] = client.get("/pst", headers=ann).json()["ingests"]
        status = client.get(f"/pst/{ingest['id']}/status", headers=ann).json()
        assert status["processing_status"] == "pending"
        assert client.get(f"/pst/{uuid4()}/status", headers=ann).status_code == 404
    done = run("ingest", "--resume", ingest["id"], "--source", "acme", "--home", str(home))
    assert done.returncode == 0, done.stderr


def test_what_it_was_told_to_end_it_ends_first(tmp_path: Path) -> None:
    """SIGTERM in the middle of an upload: no new connection, the upload is kept, exit 0."""
    with serve(tmp_path) as service:
        host, port = service.url.removeprefix("http://").split(":")
        content = pst(b"x" * 1_000_000)
        with socket.create_connection((host, int(port))) as line:
            head = f"POST /pst HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(content)}"
            line.sendall(f"{head}\r\n\r\n".encode() + content[:500_000])
            until(lambda: list(tmp_path.rglob("*.upload")), what="the upload has begun")
            service.process.send_signal(signal.SIGTERM)
            until(lambda: not is_open(host, int(port)), what="nobody new is let in")
            line.sendall(content[500_000:])
            assert line.recv(12) == b"HTTP/1.1 201"
        assert service.process.wait(20) == 0
        assert service.log[-1]["event"] == "stop"
    assert list(tmp_path.rglob("*.upload")) == []


def is_open(host: str, port: int) -> bool:
    """Whether somebody listens."""
    try:
        socket.create_connection((host, port)).close()
    except OSError:
        return False
    return True


def test_without_tokens_it_serves_its_machine_alone(tmp_path: Path) -> None:
    """An address that others reach is refused before anything listens, and told how to go on."""
    done = run("serve", "--host", "192.0.2.1", "--port", "0", "--home", str(tmp_path / "home"))
    assert done.returncode == 64
    assert "postroom token new" in done.stderr


def test_a_token_is_shown_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    """`token list` tells names, roles and sources."""
    path = str(tmp_path / "t.toml")
    made = run("token", "new", "--name", "ann", "--source", "acme", "--tokens", path)
    again = run("token", "new", "--name", "ann", "--source", "acme", "--tokens", path)
    assert again.returncode == 64
    listed = run("token", "list", "--tokens", path)
    assert listed.stdout.split() == ["ann", "reader", "acme"]
    assert made.stdout.strip() not in Path(path).read_text()


def test_an_import_comes_out_as_messages(tmp_path: Path) -> None:
    """On SQLite one command is enough: what is sent in is processed, listed and found by words.

    The worker is the service's child: it ends with it, also if that is killed.
    """
    written = synthetic.write(tmp_path, "small", "--mails", "3")
    subject = next(str(mail["subject"]) for mail in written.top_level() if mail["subject"])
    with (
        serve(tmp_path / "home", has_worker=True) as service,
        httpx.Client(base_url=service.url, timeout=30) as client,
    ):
        sent = client.post("/imports", content=written.pst.read_bytes(), headers=BINARY).json()
        assert sent["engine"] == "v2"
        path = f"/pst/{sent['id']}/status"

        def is_over() -> bool:
            return client.get(path).json()["processing_status"] in ("completed", "failed")

        until(is_over, timeout_s=120, what="the import is over")
        status = client.get(path).json()
        assert (status["processing_status"], status["error_message"]) == ("completed", None)
        assert [task["state"] for task in status["tasks"]] == ["done"] * len(status["tasks"])
        assert client.get("/items").json()["total"] == len(written.of("email"))
        found = client.get("/search", params={"q": f'"{subject}"'}).json()
        assert subject in [hit["subject"] for hit in found["hits"]]
        again = client.post(f"/pst/{sent['id']}/process")
        assert (again.status_code, again.json()["error"]["code"]) == (409, "already-completed")
        worker = next(line["pid"] for line in service.log if line["event"] == "worker")
        service.process.kill()
    until(lambda: not Path(f"/proc/{worker}").exists(), timeout_s=30, what="the worker is gone")
