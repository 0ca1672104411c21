"""Uploads that keep coming: PSTs of several projects, one after another, through `POST /imports`.

python traffic.py --base-url http://127.0.0.1:8440 --folder local --per-minute 60 --open 6

The files are synthetic and small, of several seeds; each upload is an ingest of its own. What was
acknowledged is written to `traffic.jsonl`, a line each; a service that is away is asked again with
the same Idempotency-Key, so nothing comes twice. While `--open` of them have not ended it waits.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final
from uuid import uuid4

import httpx

FILES: Final = 6
PROJECTS: Final = 50
_AGAIN_S: Final = 0.3


class Traffic:
    """One sender with its files."""

    def __init__(self, base_url: str, folder: Path, per_minute: float, at_once: int) -> None:
        self._at_once = at_once
        self._open: list[str] = []
        self._service = httpx.Client(base_url=base_url, timeout=60.0)
        self._folder = folder
        self._every_s = 60.0 / per_minute
        self._stop = threading.Event()

    def stop(self, number: int, frame: FrameType | None) -> None:
        """End after the upload that is under way."""
        del number, frame
        self._stop.set()

    def send(self) -> None:
        """Send until stopped."""
        number = 0
        with (self._folder / "traffic.jsonl").open("a", encoding="utf-8") as out:
            while not self._stop.is_set():
                began = time.monotonic()
                path = _file(self._folder / "traffic", number % FILES)
                self._wait_for_room()
                if told := self._upload(path, f"matter-{number % PROJECTS}"):
                    self._open.append(str(told["id"]))
                    out.write(json.dumps(told) + "\n")
                    out.flush()
                number += 1
                self._stop.wait(max(0.0, self._every_s - (time.monotonic() - began)))

    def _wait_for_room(self) -> None:
        while not self._stop.is_set():
            self._open = [one for one in self._open if not self._has_ended(one)]
            if len(self._open) < self._at_once:
                return
            self._stop.wait(_AGAIN_S)

    def _has_ended(self, pst_file_id: str) -> bool:
        try:
            status = self._service.get(f"/pst/{pst_file_id}/status").json()["processing_status"]
        except (httpx.TransportError, ValueError, KeyError):
            return False  # the service is away, or starts: it is asked again
        return status in ("completed", "failed", "cancelled")

    def _upload(self, path: Path, project: str) -> dict[str, object] | None:
        query, headers = (
            {"project_id": project, "file_name": path.name},
            {"Idempotency-Key": str(uuid4()), "Content-Type": "application/octet-stream"},
        )
        while not self._stop.is_set():
            try:
                content = path.read_bytes()
                answer = self._service.post(
                    "/imports", params=query, headers=headers, content=content
                )
            except httpx.TransportError:
                self._stop.wait(_AGAIN_S)
                continue
            if answer.is_success:
                return {"at": time.time(), **answer.json()}
            if not answer.is_server_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise SystemExit(f"refused: {answer.status_code} {answer.text}")
            self._stop.wait(_AGAIN_S)
        return None


def _file(folder: Path, seed: int) -> Path:
    """Write a small PST of that seed, where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"mail-{seed}.pst"
    if not path.exists():
        partial = path.with_suffix(".partial")
        program = str(Path(sys.executable).with_name("postroom"))
        command = [program, "synth", "small", "--out", str(partial), "--seed", str(seed)]
        subprocess.run([*command, "--mails", "12"], check=True, capture_output=True)
        partial.replace(path)
    return path


def main() -> None:
    """Send until SIGTERM."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--base-url", required=True)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--per-minute", type=float, default=60.0)
    options.add_argument("--open", type=int, default=6, help="how many may be open at once")
    asked = options.parse_args()
    traffic = Traffic(asked.base_url, asked.folder, asked.per_minute, asked.open)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, traffic.stop)
    traffic.send()


if __name__ == "__main__":
    main()
