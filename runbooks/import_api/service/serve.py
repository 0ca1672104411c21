"""Run the import service: a supervisor, and the process that serves.

python serve.py --port 0 --db imports.db --env-file .env.production --log app.log

The base URL is printed as one line of JSON. SIGTERM stops it and leaves unfinished imports queued.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from importer import settings


def main() -> int:
    """Supervise, or serve for the supervisor that started us."""
    options = settings.parser()
    options.add_argument("--child", help="for the supervisor: socket, pipe and restarts")
    asked = options.parse_args()
    found = settings.of(asked)
    if asked.child is None:
        from importer.supervisor import Supervisor  # noqa: PLC0415  # it needs no web server

        return Supervisor(found, Path(__file__), sys.argv[1:]).run()
    from importer.child import serve  # noqa: PLC0415  # the supervisor starts without it

    listening, parent, restarts = (int(number) for number in asked.child.split(","))
    serve(found, socket.socket(fileno=listening), parent, restarts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
