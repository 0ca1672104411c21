"""Staging that names production is found in files and in a cluster; what is not read is no pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support.kubernetes_api import Cluster, kubeconfig, serving
from tests_support.step_context import Ran, ran

HOST = "db.prod.example.com"
URL = f"postgresql://app:s3same-s3same@{HOST}:5432/app"
FORBID = {"hosts": [HOST], "buckets": ["prod-data"], "accounts": ["123456789012"]}


def isolation(folder: Path, **more: Any) -> Ran:
    """Run an isolation step; what surrounds a find is never in what it says or keeps."""
    done = ran(folder, {"isolation": {"forbid": FORBID, **more}, "timeout": 1.5})
    everything = done.printed.encode() + b"".join(done.kept.values()) + done.outcome.why.encode()
    assert b"s3same" not in everything
    return done


def found(done: Ran) -> list[str]:
    """Where production was found, from the report."""
    return [one["where"] for one in json.loads(done.kept["isolation.json"])["found"]]


FILES = {
    "a.env": f"A=1\n# {HOST}\nDATABASE_URL={URL}\n",
    "a.yaml": f"x: [1, 2]\ndb:\n  # {HOST}\n  url: &u '{URL}'\nother: *u\n",
    "a.json": json.dumps({"db": [{"url": URL}]}),
    "a.toml": f'[db]\nurl = "{URL}"\n',
    "a.conf": f"listen 80;\nproxy_pass {URL};\n",
}
PLACES = {
    "a.env": "a.env, DATABASE_URL",
    "a.yaml": "a.yaml[0], db, url",
    "a.json": "a.json, db[0], url",
    "a.toml": "a.toml, db, url",
    "a.conf": "a.conf:2",
}


@pytest.mark.parametrize("name", FILES)
def test_production_in_a_file_is_found_with_its_place(name: str, tmp_path: Path) -> None:
    """By key or line, without the value around it; a comment leads nobody anywhere."""
    (tmp_path / name).write_text(FILES[name])
    done = isolation(tmp_path, files=[name])
    assert done.outcome.exit_code == 1
    assert PLACES[name] in found(done)
    clean = FILES[name].replace(URL, "postgresql://db.staging.example.com/app")
    (tmp_path / name).write_text(clean)
    assert isolation(tmp_path, files=[name]).outcome.exit_code == 0


def test_names_of_keys_count_too(tmp_path: Path) -> None:
    """A map from hosts to settings names the hosts."""
    (tmp_path / "a.yaml").write_text(f"{HOST}: {{port: 5432}}\n")
    assert found(isolation(tmp_path, files=["a.yaml"])) == ["a.yaml[0], a key"]


BROKEN = {
    "gone.yaml": None,
    "no-match-*.yaml": None,
    "a.yaml": b"a: [1\n",
    "twice.yaml": b"a: 1\na: 2\n",
    "a.json": b"{",
    "a.toml": b"= 1\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_is_no_pass(name: str, tmp_path: Path) -> None:
    """Missing and broken are not clean, beside however many that are."""
    (tmp_path / "good.env").write_text("A=1\n")
    content = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = isolation(tmp_path, files=["good.env", name])
    assert done.outcome.exit_code == 3
    assert name in done.outcome.why


def test_nothing_read_is_no_pass(tmp_path: Path) -> None:
    """A step without any place to look at has shown nothing."""
    done = isolation(tmp_path)
    assert (done.outcome.exit_code, done.outcome.why) == (3, "nothing was read")


def test_a_folder_means_everything_below_it(tmp_path: Path) -> None:
    """Also what begins with a dot."""
    (tmp_path / "conf" / "deep").mkdir(parents=True)
    (tmp_path / "conf" / "deep" / ".env.staging").write_text("B=s3://prod-data/x\n")
    (tmp_path / "conf" / "a.txt").write_text("fine\n")
    assert "conf/deep/.env.staging, B" in found(isolation(tmp_path, files=["conf"]))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "utf-8-sig"])
def test_an_encoding_does_not_hide_production(encoding: str, tmp_path: Path) -> None:
    """Files of other systems are read too."""
    (tmp_path / "a.conf").write_bytes(f"é {HOST}\n".encode(encoding))
    assert isolation(tmp_path, files=["a.conf"]).outcome.exit_code == 1


def test_tags_that_we_do_not_know_are_read_through(tmp_path: Path) -> None:
    """Templates of other tools are YAML too."""
    (tmp_path / "a.yaml").write_text(f"a: !Sub 'https://{HOST}/'\nb: !Ref X\n")
    assert found(isolation(tmp_path, files=["a.yaml"])) == ["a.yaml[0], a"]


@pytest.fixture
def cluster() -> Cluster:
    """A clean staging namespace."""
    made = Cluster()
    made.config_map("staging", "kube-root-ca.crt", **{"ca.crt": "x"})
    for number in range(5):
        made.config_map("staging", f"app-{number}", URL="https://db.staging.example.com")
    made.secret("staging", "app", DSN="postgresql://u:s3same-s3same@db.staging.example.com/x")
    made.provider_class("staging", "app", objects="- objectName: staging/app\n")
    made.config_map("prod", "app", URL=URL)
    return made


@pytest.fixture
def kube(cluster: Cluster, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The `kubernetes:` part of a step for that cluster."""
    with serving(cluster) as text:
        (tmp_path / "kubeconfig").write_text(text)
        yield {"namespace": "staging", "kubeconfig": "kubeconfig", "not_context": ["production"]}


def test_a_clean_namespace_passes_and_says_what_was_read(
    kube: dict[str, Any], tmp_path: Path
) -> None:
    """Every page of every list, of this namespace alone."""
    done = isolation(tmp_path, kubernetes=kube)
    assert done.outcome.exit_code == 0
    assert "ConfigMaps of namespace staging (6)" in done.printed
    assert "Secrets of namespace staging (1)" in done.printed
    assert "SecretProviderClasses of namespace staging (1)" in done.printed


def add_last_config_map(cluster: Cluster) -> None:
    cluster.config_map("staging", "last", URL=URL)


def add_binary(cluster: Cluster) -> None:
    cluster.add("staging", "configmaps", "last", binaryData={"URL": "ZGIucHJvZC5leGFtcGxlLmNvbQ=="})


def add_secret(cluster: Cluster) -> None:
    cluster.secret("staging", "last", URL=URL)


def add_key(cluster: Cluster) -> None:
    cluster.secret("staging", "last", **{"prod-data": "s3same-s3same"})


def add_provider_class(cluster: Cluster) -> None:
    objects = '- objectName: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"\n'
    cluster.provider_class("staging", "last", objects=objects)


@pytest.mark.parametrize(
    ("add", "where"),
    [
        (add_last_config_map, "ConfigMap last, URL"),
        (add_binary, "ConfigMap last, URL"),
        (add_secret, "Secret last, URL"),
        (add_key, "Secret last, a key"),
        (add_provider_class, "SecretProviderClass last, parameters, objects"),
    ],
)
def test_production_in_a_cluster_is_found_with_its_place(
    add: Any, where: str, cluster: Cluster, kube: dict[str, Any], tmp_path: Path
) -> None:
    """Values of Secrets are looked at and never shown."""
    add(cluster)
    done = isolation(tmp_path, kubernetes=kube)
    assert (done.outcome.exit_code, found(done)) == (1, [where])


KINDS = ["configmaps", "secrets", "secretproviderclasses"]


@pytest.mark.parametrize("fault", ["denied", "missing", "hanging", "broken"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_cluster_does_not_show_is_no_pass(
    fault: str, kind: str, cluster: Cluster, kube: dict[str, Any], tmp_path: Path
) -> None:
    """Denied, absent, hanging or nonsense: each kind has to be read."""
    getattr(cluster, fault).add(kind)
    done = isolation(tmp_path, kubernetes=kube)
    assert done.outcome.exit_code == 3
    assert "1 could not be read" in done.outcome.why


def test_a_namespace_that_is_not_there_is_no_pass(kube: dict[str, Any], tmp_path: Path) -> None:
    """Its lists are empty, which is no proof of anything."""
    done = isolation(tmp_path, kubernetes={**kube, "namespace": "stagign"})
    assert done.outcome.exit_code == 3
    assert "does the namespace exist" in done.outcome.why


def test_a_cluster_without_the_driver_has_no_provider_classes(
    cluster: Cluster, kube: dict[str, Any], tmp_path: Path
) -> None:
    """The kind is not installed, which its API says; with another version it is read."""
    cluster.has_driver = False
    assert isolation(tmp_path, kubernetes=kube).outcome.exit_code == 0
    cluster.has_driver, cluster.version = True, "v1alpha1"
    add_provider_class(cluster)
    assert isolation(tmp_path, kubernetes=kube).outcome.exit_code == 1


def test_the_context_of_production_is_refused_before_anything_is_read(
    cluster: Cluster, kube: dict[str, Any], tmp_path: Path
) -> None:
    """Staging is not looked for in the wrong cluster."""
    done = isolation(tmp_path, kubernetes={**kube, "not_context": ["staging"]})
    assert done.outcome.exit_code == 1
    assert cluster.asked == []


def test_the_address_of_the_cluster_counts(tmp_path: Path) -> None:
    """A staging namespace of a production cluster is production."""
    (tmp_path / "kubeconfig").write_text(kubeconfig(f"http://k8s.{HOST}:1"))
    kube = {"namespace": "staging", "kubeconfig": "kubeconfig"}
    assert "context staging" in found(isolation(tmp_path, kubernetes=kube))


@pytest.mark.parametrize("text", [None, "", "{}", "no: kubeconfig", "a: [1"])
def test_a_kubeconfig_that_says_nothing_is_no_pass(text: str | None, tmp_path: Path) -> None:
    """Missing, empty and broken are all the same: nothing was looked at."""
    if text is not None:
        (tmp_path / "kubeconfig").write_text(text)
    kube = {"namespace": "staging", "kubeconfig": "kubeconfig"}
    assert isolation(tmp_path, kubernetes=kube).outcome.exit_code == 3


def test_a_cluster_that_is_down_is_no_pass(tmp_path: Path) -> None:
    """The script that took a failing client for a clean cluster is the mistake to avoid."""
    (tmp_path / "kubeconfig").write_text(kubeconfig("http://127.0.0.1:1"))
    kube = {"namespace": "staging", "kubeconfig": "kubeconfig"}
    assert isolation(tmp_path, kubernetes=kube).outcome.exit_code == 3
