"""Look at the deprecation headers of v1, as strictly as a client that goes by them.

python headers.py --base-url http://127.0.0.1:8700

Prints `deprecated`, `since`, `sunset` and `successor` as JSON; exit 1 and the reason on standard
error where a header is missing, of another form, or contradicts another. The request names no
document, so it starts no import; it leaves a line `[DEPRECATED] … called by header-check`.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

from cutline.routing import Deprecation, WrongDeprecation


def main() -> int:
    """Ask once and judge."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base-url", required=True)
    options.add_argument("--path", default="/process-full")
    asked = options.parse_args()
    body = json.dumps({"user_id": "header-check", "storage_path": "none"})
    with closing(HTTPConnection(urlsplit(asked.base_url).netloc, timeout=10)) as connection:
        connection.request("POST", asked.path, body, {"content-type": "application/json"})
        headers = dict(connection.getresponse().getheaders())
    try:
        found = Deprecation.from_headers(headers).as_json()
    except WrongDeprecation as refused:
        print(refused, file=sys.stderr)
        return 1
    print(json.dumps({"deprecated": True, **found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
