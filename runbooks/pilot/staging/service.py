"""The staging service of the pilot: a small API over its own database, of the deployed version.

It stands for a staging environment on a machine that has none: real process, real socket, real
database. `stack.py` starts and stops it.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Staging(ThreadingHTTPServer):
    """Serves one folder: `deployed.json` says which version, `staging.sqlite` are its rows."""

    daemon_threads = True

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = folder


class Handler(BaseHTTPRequestHandler):
    """GET /health and GET /decisions."""

    server: Staging

    def do_GET(self) -> None:
        """Answer a request; what is not known is 404."""
        answer = {"/health": self._health, "/decisions": self._decisions}.get(self.path)
        if answer is None:
            self._send(404, {"error": f"no {self.path}"})
            return
        try:
            self._send(200, answer())
        except (sqlite3.Error, OSError, ValueError) as error:
            self._send(503, {"status": "failing", "error": str(error)})

    def _health(self) -> dict[str, Any]:
        deployed = json.loads((self.server.folder / "deployed.json").read_text())
        with sqlite3.connect(self.server.folder / "staging.sqlite") as database:
            rows = database.execute("SELECT count(*) FROM decisions").fetchone()[0]
        return {
            "status": "healthy",
            "environment": "staging",
            "version": deployed["version"],
            "decisions": rows,
            "pid": os.getpid(),
        }

    def _decisions(self) -> dict[str, Any]:
        with sqlite3.connect(self.server.folder / "staging.sqlite") as database:
            rows = database.execute("SELECT id, outcome FROM decisions ORDER BY id LIMIT 50")
            return {"decisions": [{"id": row[0], "outcome": row[1]} for row in rows]}

    def _send(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Write nothing: the supervisor reads health, not lines."""


def main() -> None:
    """Serve until the process is stopped; the chosen port is written to `port`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    with Staging(asked.port, asked.folder) as server:
        partial = asked.folder / "port.partial"
        partial.write_text(str(server.server_address[1]))
        partial.replace(asked.folder / "port")
        server.serve_forever()


if __name__ == "__main__":
    main()
