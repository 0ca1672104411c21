"""A Kubernetes API over a real socket: as much of it as reading a namespace needs.

    with serving(Cluster()) as (cluster, kubeconfig_text): …

A resource can be denied (403), be absent (404), hang, or answer nonsense.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests_support.http_server import running

GROUP = "secrets-store.csi.x-k8s.io"
TOKEN = "a-token-of-the-double"  # noqa: S105  # of this double alone
_APPS = "/apis/apps/v1/namespaces"
_PAGE = 2  # small, so that every list has several


@dataclass
class Cluster:
    """What lies in each namespace, by kind; and what goes wrong, by the last word of a path."""

    objects: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    has_driver: bool = True
    version: str = "v1"
    denied: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def add(self, namespace: str, kind: str, name: str, **members: Any) -> None:
        """Put an object into a namespace."""
        metadata = {"name": name, "namespace": namespace}
        self.objects.setdefault((namespace, kind), []).append({"metadata": metadata, **members})

    def config_map(self, namespace: str, name: str, **data: str) -> None:
        """Put a ConfigMap into a namespace."""
        self.add(namespace, "configmaps", name, data=data)

    def secret(self, namespace: str, name: str, **data: str | bytes) -> None:
        """Put a Secret into a namespace; its values are given in the clear."""
        raw = {key: one.encode() if isinstance(one, str) else one for key, one in data.items()}
        encoded = {key: base64.b64encode(one).decode() for key, one in raw.items()}
        self.add(namespace, "secrets", name, data=encoded, type="Opaque")

    def provider_class(self, namespace: str, name: str, **parameters: str) -> None:
        """Put a SecretProviderClass into a namespace."""
        spec = {"provider": "aws", "parameters": parameters}
        self.add(namespace, "secretproviderclasses", name, spec=spec)


@contextmanager
def serving(cluster: Cluster, context: str = "staging") -> Iterator[str]:
    """Serve a cluster on a free port; yield the text of a kubeconfig for it."""
    with running(type("Handler", (_Handler,), {"cluster": cluster})) as url:
        try:
            yield kubeconfig(url, context)
        finally:
            cluster.is_over.set()


def kubeconfig(server: str, context: str = "staging") -> str:
    """The text of a kubeconfig with one context."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
            "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        }
    )


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        last = url.path.rstrip("/").rpartition("/")[2]
        self.cluster.asked.append(url.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._status(401, "Unauthorized")
        elif last in self.cluster.hanging:
            self.cluster.is_over.wait(30)
            self.close_connection = True
        elif last in self.cluster.denied:
            self._status(403, "Forbidden")
        elif last in self.cluster.missing:
            self._status(404, "NotFound")
        elif last in self.cluster.broken:
            self._send(200, b"<html>a proxy says hello</html>", "text/html")
        else:
            self._answer(url.path, parse_qs(url.query))

    def _answer(self, path: str, query: dict[str, list[str]]) -> None:
        if path.rstrip("/") == "/apis":
            self._json(
                {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(self.cluster)}
            )
            return
        if (found := self._deployment(path)) is not None:
            self._json(found)
            return
        roots = {"/api/v1": "v1"}
        if self.cluster.has_driver:
            roots[f"/apis/{GROUP}/{self.cluster.version}"] = f"{GROUP}/{self.cluster.version}"
        for root, version in roots.items():
            namespace, _, kind = path.removeprefix(f"{root}/namespaces/").partition("/")
            if path.startswith(f"{root}/namespaces/") and "/" not in kind:
                self._list(version, self.cluster.objects.get((namespace, kind), []), query)
                return
        self._status(404, "NotFound")

    def do_PATCH(self) -> None:
        """Merge a patch into the spec of a deployment."""
        patch = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        found = self._deployment(urlsplit(self.path).path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._status(401, "Unauthorized")
        elif found is None:
            self._status(404, "NotFound")
        else:
            found["spec"] |= patch["spec"]
            self._json(found)

    def _deployment(self, path: str) -> dict[str, Any] | None:
        namespace, _, name = path.removeprefix(f"{_APPS}/").partition("/deployments/")
        items = self.cluster.objects.get((namespace, "deployments"), [])
        return next((one for one in items if one["metadata"]["name"] == name), None)

    def _list(self, version: str, items: list[dict[str, Any]], query: dict[str, list[str]]) -> None:
        start = int(query.get("continue", ["0"])[0])
        more = {"continue": str(start + _PAGE)} if start + _PAGE < len(items) else {}
        page = items[start : start + _PAGE]
        metadata = {"resourceVersion": "1", **more}
        self._json({"kind": "List", "apiVersion": version, "metadata": metadata, "items": page})

    def _status(self, code: int, reason: str) -> None:
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason}
        self._send(code, json.dumps({**body, "code": code}).encode())

    def _json(self, body: dict[str, Any]) -> None:
        self._send(200, json.dumps(body).encode())

    def _send(self, code: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


def _groups(cluster: Cluster) -> list[dict[str, Any]]:
    if not cluster.has_driver:
        return []
    version = {"groupVersion": f"{GROUP}/{cluster.version}", "version": cluster.version}
    return [{"name": GROUP, "versions": [version], "preferredVersion": version}]
