"""Acts on the staging environment: `environment.py up|deploy VERSION|roll-back|health`.

Without `--base-url` that is the small service of this folder, on a port that was free when it
started. With one it is yours: `--command` says how to act on it, and nothing is started here.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).with_name("staging")))

import stack


class NoAnswer(Exception):  # noqa: N818  # a statement, printed as one
    """Why staging did not say how it is."""


def health(base_url: str, folder: Path) -> dict[str, Any]:
    """Return what staging says of itself at /health; raises `NoAnswer`."""
    url = base_url or stack.url(folder)
    if not url:
        raise NoAnswer(f"no small service runs in {folder}, and no base_url is given")
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            said: dict[str, Any] = json.load(answer)
    except (OSError, ValueError) as error:
        raise NoAnswer(f"{url}/health: {error}") from error
    return {"base_url": url, **said}


def act(asked: argparse.Namespace) -> None:
    """Do the verb: with the command that was given, else with the small service."""
    if asked.command:
        command = [*shlex.split(asked.command), *asked.words]
        print(f"$ {shlex.join(command)}", flush=True)  # what was done is evidence
        done = subprocess.run(command, check=False, env=_environment(asked))
        if done.returncode != 0:
            raise SystemExit(f"{asked.verb} exited with {done.returncode}")
        return
    if asked.base_url:
        if asked.verb == "up":
            return  # yours runs already, or its health says that it does not
        name = asked.verb.replace("-", "_")
        raise SystemExit(
            f"nothing says how to {asked.verb} at {asked.base_url}: --input {name}='COMMAND'"
        )
    match asked.verb:
        case "up":
            stack.up(asked.folder, 0)
        case "deploy":
            stack.deploy(asked.folder, *asked.words)
        case "roll-back":
            stack.roll_back(asked.folder)


def _environment(asked: argparse.Namespace) -> dict[str, str]:
    """Return what your command finds set; an input that was left empty is no variable."""
    given = {name: value for name, value in os.environ.items() if value}
    return {**given, "RELEASE": asked.words[0]} if asked.words else given


def _settled(asked: argparse.Namespace) -> dict[str, Any]:
    """Return health once it answers: a service that was just replaced takes a moment."""
    until = time.monotonic() + 60
    while True:
        try:
            return health(asked.base_url, asked.folder)
        except NoAnswer as error:
            if time.monotonic() > until or asked.verb == "health":
                raise SystemExit(str(error)) from error
        time.sleep(0.2)


def main() -> None:
    """Act, then print what staging says of itself as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--base-url", default="")
    parser.add_argument("--command", default="", help="how to do it at yours")
    parser.add_argument("verb", choices=["up", "deploy", "roll-back", "health"])
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    asked.folder = asked.folder.resolve()
    if asked.verb != "health":
        act(asked)
    print(json.dumps(_settled(asked)))  # a probe reads it


if __name__ == "__main__":
    main()
