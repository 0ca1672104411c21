"""What a namespace of a Kubernetes cluster is configured with.

Secrets are examined in memory, decoded; printed are their names and keys alone.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import config
from kubernetes.client import (
    ApiClient,
    ApiException,
    ApisApi,
    Configuration,
    CoreV1Api,
    CustomObjectsApi,
)
from kubernetes.config import ConfigException
from yaml import YAMLError  # what kubernetes reads its files with

from cutline.plan.step import Kubernetes
from cutline.run.site import Site
from cutline.steps.isolation.documents import leaves
from cutline.steps.isolation.found import Find, Found, Text
from cutline.steps.isolation.spellings import text_of

ANSWER_S = 15.0
PAGE = 250
DRIVER = "secrets-store.csi.x-k8s.io"
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class _Cluster:
    """One namespace of a cluster through its API. Every call raises what `_why` puts into words."""

    api: ApiClient
    namespace: str
    timeout_s: float

    def listed(self, page: Callable[..., object], *of: str) -> list[dict[str, Any]]:
        """Return every object of a kind in the namespace, page by page."""
        items: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": PAGE, "_request_timeout": self.timeout_s}
        while True:
            found = self._plain(page(*of, **query))
            items += found["items"]
            query["_continue"] = found["metadata"].get("continue")
            if not query["_continue"]:
                return items

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups of the API, by which a kind that is not installed is told."""
        found = ApisApi(self.api).get_api_versions(_request_timeout=self.timeout_s)
        groups: list[dict[str, Any]] = self._plain(found)["groups"]
        return groups

    def _plain(self, answer: object) -> dict[str, Any]:
        """Return an answer as the API wrote it, whatever the client made of it."""
        found = self.api.sanitize_for_serialization(answer)  # type: ignore[no-untyped-call]
        if not isinstance(found, dict):
            raise TypeError("the answer is no object")
        return found


def look_at_cluster(
    found: Found, wanted: Kubernetes, site: Site, timeout_s: float = ANSWER_S
) -> None:
    """Look through ConfigMaps, Secrets and SecretProviderClasses of one namespace.

    The context and the address of the cluster are looked at first: a staging namespace of a
    production cluster is production.
    """
    source = f"namespace {site.expand(wanted.namespace)}"
    try:
        cluster, context = _open(wanted, site, timeout_s)
    except (ConfigException, YAMLError, OSError, ValueError, KeyError, TypeError) as error:
        found.cannot_read("kubeconfig", _first_line(error))
        return
    if context in {word for name in wanted.not_context for word in site.expand(name).split()}:
        found.finds.append(Find("context", context, "kubeconfig"))
        return
    found.look(f"context {context}", [Text(f"context {context}", cluster.api.configuration.host)])
    for what, texts in _SOURCES.items():
        _look(found, f"{what} of {source}", lambda texts=texts: texts(cluster))  # type: ignore[misc]


def _open(wanted: Kubernetes, site: Site, timeout_s: float) -> tuple[_Cluster, str]:
    file = _file(site.text(wanted.kubeconfig), site.base) if wanted.kubeconfig else None
    name = site.expand(wanted.context) if wanted.context else None
    if name is None:
        found = config.list_kube_config_contexts(file)  # type: ignore[no-untyped-call]
        name = str(found[1]["name"])
    settings = Configuration()
    config.load_kube_config(  # type: ignore[no-untyped-call]
        file, context=name, client_configuration=settings, persist_config=False
    )
    settings.retries = False
    return _Cluster(ApiClient(settings), site.expand(wanted.namespace), timeout_s), name


def _file(given: str, base: Path) -> str | None:
    """Return the files of a kubeconfig, several as in KUBECONFIG; nothing given is the default."""
    if not given:
        return None
    paths = [str(base / one) for one in given.split(os.pathsep) if one]
    for path in paths:
        if not Path(path).is_file():
            raise ConfigException(f"there is no file {path}")
    return os.pathsep.join(paths)


def _look(found: Found, source: str, texts: Callable[[], tuple[int, list[Text]]]) -> None:
    try:
        count, read = texts()
    except (ApiException, urllib3.exceptions.HTTPError) as error:
        found.cannot_read(source, _why(error))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found.cannot_read(source, f"the answer is broken: {type(error).__name__}")
    else:
        found.look(f"{source} ({count})", read)


def _config_maps(cluster: _Cluster) -> tuple[int, list[Text]]:
    items = cluster.listed(CoreV1Api(cluster.api).list_namespaced_config_map, cluster.namespace)
    if not items:
        # Every namespace has `kube-root-ca.crt`, and a list of a namespace that is not there is
        # empty: a misspelt name must not pass.
        raise ApiException(reason="there is not one: does the namespace exist?")
    texts: list[Text] = []
    for item in items:
        where = f"ConfigMap {item['metadata']['name']}"
        texts += leaves(item.get("data") or {}, where)
        for key, value in (item.get("binaryData") or {}).items():
            texts += [Text(f"{where}, a key", key), Text(f"{where}, {key}", _decoded(value))]
    return len(items), texts


def _secrets(cluster: _Cluster) -> tuple[int, list[Text]]:
    items = cluster.listed(CoreV1Api(cluster.api).list_namespaced_secret, cluster.namespace)
    texts: list[Text] = []
    for item in items:
        where = f"Secret {item['metadata']['name']}"
        for key, value in (item.get("data") or {}).items():
            texts += [Text(f"{where}, a key", key), Text(f"{where}, {key}", _decoded(value))]
    return len(items), texts


def _provider_classes(cluster: _Cluster) -> tuple[int, list[Text]]:
    """Return the texts of SecretProviderClasses; a cluster without their driver has none."""
    group = next((one for one in cluster.groups() if one["name"] == DRIVER), None)
    if group is None:
        return 0, []
    version, kind = group["preferredVersion"]["version"], "secretproviderclasses"
    page = CustomObjectsApi(cluster.api).list_namespaced_custom_object
    items = cluster.listed(page, DRIVER, version, cluster.namespace, kind)
    texts: list[Text] = []
    for item in items:
        texts += leaves(item.get("spec") or {}, f"SecretProviderClass {item['metadata']['name']}")
    return len(items), texts


_SOURCES: Mapping[str, Callable[[_Cluster], tuple[int, list[Text]]]] = {
    "ConfigMaps": _config_maps,
    "Secrets": _secrets,
    "SecretProviderClasses": _provider_classes,
}


def _decoded(value: str) -> str:
    try:
        return text_of(base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise ValueError("no base64") from error


def _why(error: Exception) -> str:
    if isinstance(error, ApiException):
        if error.status == _FORBIDDEN:
            return "this account may not list them (403)"
        return f"{error.reason}" + (f" ({error.status})" if error.status else "")
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    return f"the cluster cannot be reached: {type(error).__name__}"


def _first_line(error: Exception) -> str:
    return next(iter(_lines(error)), type(error).__name__)


def _lines(error: Exception) -> Iterator[str]:
    return (line for line in str(error).splitlines() if line.strip())
