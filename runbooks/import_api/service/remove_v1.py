"""Remove v1: from now on its endpoint answers 404. Afterwards no percentage brings it back.

python remove_v1.py --env-file .env.production

Prints what is in force now as JSON. Removing it again changes nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from importer.deployment import REMOVED, V1_KEY, deploy


def main() -> None:
    """Deploy the service without v1."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--env-file", type=Path, default=Path(".env.production"))
    options.add_argument("--deployed-file", type=Path, help="default: .env.deployed beside it")
    asked = options.parse_args()
    deployed_file = asked.deployed_file or asked.env_file.with_name(".env.deployed")
    print(json.dumps(deploy(asked.env_file, deployed_file, **{V1_KEY: REMOVED})))


if __name__ == "__main__":
    main()
