"""The in-toto statement over the tar in a DSSE envelope, for tools that know that form."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cutline.evidence.keys import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "urn:cutline:evidence:v1"


def pae(payload: bytes) -> bytes:
    """Return what DSSE signs: the pre-authentication encoding of type and payload."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def envelope(name: str, sha256: str, predicate: Mapping[str, object], signer: Signer) -> bytes:
    """Return the signed envelope that says: the file `name` has this digest, and is of this run."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": dict(predicate),
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    made = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {
                "keyid": signer.key_id,
                "sig": base64.b64encode(signer.sign(pae(payload))).decode(),
            }
        ],
    }
    return json.dumps(made, indent=2, sort_keys=True).encode() + b"\n"
