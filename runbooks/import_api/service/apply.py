"""Put what is set into force: the deploy that a service started with --needs-deploy waits for.

python apply.py --env-file .env.production [--version 2.0.0]

Prints what is in force now as JSON. Without it a changed percentage is set but not applied.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from importer.deployment import VERSION_KEY, deploy


def main() -> None:
    """Deploy the percentage, and the version if one is named."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--env-file", type=Path, default=Path(".env.production"))
    options.add_argument("--deployed-file", type=Path, help="default: .env.deployed beside it")
    options.add_argument("--version", help="the version that is deployed with it")
    asked = options.parse_args()
    deployed_file = asked.deployed_file or asked.env_file.with_name(".env.deployed")
    changes = {VERSION_KEY: asked.version} if asked.version else {}
    print(json.dumps(deploy(asked.env_file, deployed_file, **changes)))


if __name__ == "__main__":
    main()
