"""The pilot against a staging of one's own: a namespace of a cluster, over a socket."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests_support import http_server
from tests_support.http_server import Reply
from tests_support.kubernetes_api import Cluster, serving
from tests_support.pilot import QUICK, pilot

SPACE = "shop-staging"
# What an operator writes for a cluster: `kubectl set image` and `kubectl rollout undo`, as the
# API has them. The version is the last word of a deploy; undo has none.
DEPLOYER = """\
import json, sys, urllib.request
with open(sys.argv[1]) as file: config = json.load(file)
space = "/apis/apps/v1/namespaces/shop-staging"
url = config["clusters"][0]["cluster"]["server"] + space + "/deployments/api"
head = {"Authorization": "Bearer " + config["users"][0]["user"]["token"]}
asked = urllib.request.Request(url, headers=head)
with urllib.request.urlopen(asked) as answer: now = json.load(answer)
image = now["spec"]["image"]
wanted = sys.argv[2] if len(sys.argv) > 2 else now["spec"]["before"]
if image != wanted:
    patch = json.dumps({"spec": {"image": wanted, "before": image}}).encode()
    head["Content-Type"] = "application/merge-patch+json"
    urllib.request.urlopen(urllib.request.Request(url, patch, head, method="PATCH")).close()
"""


def answering(deployment: dict[str, Any]) -> AbstractContextManager[str]:
    """The deployed service: its health says which image runs; yields its address."""

    def health(*_asked: object) -> Reply:
        said = {"status": "healthy", "environment": "staging", "decisions": 12}
        return Reply(body=json.dumps({**said, "version": deployment["spec"]["image"]}).encode())

    return http_server.serving(health)


def _cluster() -> Cluster:
    cluster = Cluster()
    cluster.add(SPACE, "deployments", "api", spec={"image": "1.0.0", "before": "0.9.0"})
    cluster.config_map(SPACE, "kube-root-ca.crt", **{"ca.crt": "none"})
    cluster.config_map(SPACE, "settings", DATABASE="db.example.com")
    cluster.secret(SPACE, "store", bucket="shop-staging-objects")
    cluster.provider_class(SPACE, "vault", region="eu-central-1")
    return cluster


def test_a_namespace_is_read_and_a_deployment_is_drilled(tmp_path: Path) -> None:
    """A production context stops it, production in a ConfigMap too; the drill moves a rollout."""
    cluster = _cluster()
    deployment = cluster.objects[SPACE, "deployments"][0]
    with serving(cluster, "prod") as text, answering(deployment) as url, pilot(tmp_path) as made:
        config = tmp_path / "kubeconfig.json"
        config.write_text(text)
        deployer = tmp_path / "deployer.py"
        deployer.write_text(DEPLOYER)
        act = f"{sys.executable} {deployer} {config}"
        made.inputs |= {
            "release_gates": QUICK,
            "base_url": url,
            "deploy": act,
            "roll_back": act,
            "kube_namespace": SPACE,
            "kubeconfig": str(config),
            "configuration": "",
        }
        stopped = made.run()
        assert stopped.code == 1
        assert "gate context_staging: FAIL" in stopped.out
        config.write_text(text.replace('"prod"', '"staging"'))
        found = made.run()
        assert found.code == 1, found.out
        assert "FOUND         hosts: db.example.com in ConfigMap settings, DATABASE" in found.out
        cluster.objects[SPACE, "configmaps"][1]["data"] = {"DATABASE": "db.staging.example.net"}
        made.must("retry", "pilot", "--by", "ana", "--reason", "the ConfigMap")
        passed = made.run()
        assert passed.code == 2, passed.out
        said = made.text("40_staging_dry_run.txt")
        assert "Secrets of namespace shop-staging (1)" in said, said
        assert "SecretProviderClasses of namespace shop-staging (1)" in said
        assert "left out      ${inputs.configuration}" in said
        assert "shop-staging-objects" not in said  # what a Secret holds is never printed
        drill = made.text("50_rollback_drill.txt")
        assert "health.version = 1.0.0" in drill
        assert "drill: PASS" in drill
        assert deployment["spec"]["image"] == "2.0.0"
        assert not (made.clone / "runbooks/pilot/local/staging/pid").exists()  # no small service
