"""Routing: what an application imports to send a share of its traffic to v2.

from cutline.routing import Router, Switch

switch = Switch.from_url("env-file:.env.production#V2_ROLLOUT_PERCENT")
router = Router("import-api", switch)
router.version("user-17")                       # Version.V1 or Version.V2
"""

from cutline.routing.asgi import Identity, RoutingMiddleware, by_header, by_json
from cutline.routing.bucket import BUCKETS, bucket, seed_of
from cutline.routing.counts import Counts, Tally
from cutline.routing.deprecation import Deprecation, WrongDeprecation
from cutline.routing.exposition import Exposition
from cutline.routing.marker import DeprecationMarker
from cutline.routing.neutral import log_safe
from cutline.routing.percent import as_buckets
from cutline.routing.router import Decision, Router, Version, Why
from cutline.routing.switch import Held, Switch

__all__ = [
    "BUCKETS",
    "Counts",
    "Decision",
    "Deprecation",
    "DeprecationMarker",
    "Exposition",
    "Held",
    "Identity",
    "Router",
    "RoutingMiddleware",
    "Switch",
    "Tally",
    "Version",
    "Why",
    "WrongDeprecation",
    "as_buckets",
    "bucket",
    "by_header",
    "by_json",
    "log_safe",
    "seed_of",
]
