"""`cutline metrics`: what runs are at, in Prometheus' text form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from cutline.commands.given import runs_option
from cutline.commands.status import read
from cutline.console import err, out
from cutline.errors import Exit
from cutline.run.metrics import exposition
from cutline.run.state import State


def _states(runs: Path) -> Iterator[State]:
    for one in read(runs):
        if isinstance(one, State):
            yield one
        else:
            err.print(f"{one[0]}: {one[1]}", markup=False)


@click.command()
@runs_option
@click.option("--port", type=int, help="Serve /metrics on this port of 127.0.0.1; 0 is a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
def metrics(*, runs: Path, port: int | None, host: str) -> int:
    """Print the runs in Prometheus' text form, or serve it."""

    def now() -> bytes:
        return exposition(_states(runs), datetime.now(UTC))

    if port is None:
        click.echo(now().decode(), nl=False)
        return int(Exit.OK)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.path.split("?")[0] == "/metrics"
            body = now() if is_known else b"see /metrics\n"
            self.send_response(200 if is_known else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Write nothing: a scraper comes every few seconds."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        out.print(f"http://{host}:{server.server_address[1]}/metrics", markup=False)
        server.serve_forever()
    return int(Exit.OK)
