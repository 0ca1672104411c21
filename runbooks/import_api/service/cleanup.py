"""Clean up after v1 is gone: no routing any more, every import goes to v2, no percentage.

python cleanup.py --env-file .env.production

Refused, with exit 1, while v1 is still there. Cleaning up again changes nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from importer.deployment import REMOVED, ROUTING_KEY, change, read
from importer.settings import SWITCH_KEY


def main() -> None:
    """Deploy the service without routing, and then drop the percentage."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--env-file", type=Path, default=Path(".env.production"))
    options.add_argument("--deployed-file", type=Path, help="default: .env.deployed beside it")
    asked = options.parse_args()
    deployed_file = asked.deployed_file or asked.env_file.with_name(".env.deployed")
    if read(deployed_file, "").has_v1:
        raise SystemExit("v1 is still deployed: remove_v1.py comes first")
    change(deployed_file, {ROUTING_KEY: REMOVED, SWITCH_KEY: None})
    change(asked.env_file, {SWITCH_KEY: None})
    print(json.dumps({ROUTING_KEY: REMOVED}))


if __name__ == "__main__":
    main()
