"""What a service is started with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SWITCH_KEY: Final = "V2_ROLLOUT_PERCENT"
TOKEN_VARIABLE: Final = "IMPORT_API_FAULTS_TOKEN"  # noqa: S105  # the name of a variable


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths, thresholds in seconds, and what the service is allowed to need."""

    port: int
    db: Path
    env_file: Path
    deployed_file: Path
    faults_file: Path
    log: Path
    port_file: Path | None
    needs_deploy: bool
    version: str
    workers: int
    model_wait_s: float
    poll_s: float
    stale_ok_s: float
    memory_limit_mb: int
    deprecated_since: str
    sunset: str
    stuck_after_s: float
    quick_s: float
    slow_after_s: float
    hour_s: float

    @property
    def switch_url(self) -> str:
        """The switch that is in force: the env file itself, or its deployed copy."""
        path = self.deployed_file if self.needs_deploy else self.env_file
        return f"env-file:{path}#{SWITCH_KEY}"


def parser() -> argparse.ArgumentParser:
    """Return the options of `serve.py`."""
    options = argparse.ArgumentParser(description="the import service")
    options.add_argument("--port", type=int, default=0, help="0: a free one, printed")
    options.add_argument("--db", type=Path, required=True)
    options.add_argument("--env-file", type=Path, default=Path(".env.production"))
    options.add_argument("--deployed-file", type=Path, help="default: .env.deployed beside it")
    options.add_argument("--faults-file", type=Path, help="default: faults.json beside the db")
    options.add_argument("--log", type=Path, default=Path("app.log"))
    options.add_argument("--port-file", type=Path, help="the base URL is written here as well")
    options.add_argument("--needs-deploy", action="store_true", help="apply.py puts into force")
    options.add_argument("--version", default="1.0.0", help="until one is deployed")
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--model-wait-s", type=float, default=0.02, help="the model's answer")
    options.add_argument("--poll-s", type=float, default=1.0, help="how often the switch is read")
    options.add_argument("--stale-ok-s", type=float, default=60.0)
    options.add_argument("--memory-limit-mb", type=int, default=512, help="killed above it")
    options.add_argument("--deprecated-since", default="@1772323200")
    options.add_argument("--sunset", default="Mon, 01 Mar 2027 00:00:00 GMT")
    options.add_argument("--stuck-after-s", type=float, default=1800.0)
    options.add_argument("--quick-s", type=float, default=600.0)
    options.add_argument("--slow-after-s", type=float, default=1800.0)
    options.add_argument("--hour-s", type=float, default=3600.0)
    return options


def of(asked: argparse.Namespace) -> Settings:
    """Return the settings of a command line."""
    given = {name: value for name, value in vars(asked).items() if not name.startswith("child")}
    given["deployed_file"] = asked.deployed_file or asked.env_file.with_name(".env.deployed")
    given["faults_file"] = asked.faults_file or asked.db.with_name("faults.json")
    return Settings(**given)
