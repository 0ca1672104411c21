"""The examples of docs/steps.md and docs/switches.md do what their pages say, on the real thing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ruamel.yaml import YAML
from tests_support.answering import Request, Server, answering
from tests_support.kubernetes_api import Cluster, serving
from tests_support.packages import offer
from tests_support.real_runs import plan, world
from tests_support.step_context import Ran, ran

from cutline.evidence.keys import new_key
from cutline.plan.step import Step
from cutline.plan.switch import Switch

ROOT = Path(__file__).parents[1]
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
OF_OTHERS = "Kinds of other packages"
APPLIED = "A setting that has to be applied"
SCRIPT = '#!/bin/sh\nset -eu\nprintf %s "$1" > version\n'
SHARE = '#!/bin/sh\nset -eu\nif [ "$1" = set ]; then printf %s "$2" > share; else cat share; fi\n'
SUITE = """
from cutline.parity.suite import Count, Dataset, Suite

def orders():
    query = "SELECT id FROM orders WHERE side = :ingest"
    rows = Dataset("orders", {"sqlite": query}, ("id",), ("id",))
    return Suite("shop.orders", "orders", (rows,), (Count(name="n", title="n", dataset="orders"),))
"""


def examples(page: str) -> dict[str, Any]:
    """The YAML example of each section."""
    text = (ROOT / "docs" / page).read_text()
    return {
        name: YAML(typ="safe").load(found[1])
        for name, section in SECTION.findall(text)
        if (found := EXAMPLE.search(section))
    }


STEPS, SWITCHES = examples("steps.md"), examples("switches.md")
WANTED = dict.fromkeys(Step.kinds, 0) | {"checkpoint": 2}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    """A staging service whose version is a file, with a switch of its own."""
    share = {"percent": 0}

    def answer(request: Request) -> tuple[int, Any]:
        if request.path == "/switch":
            share.update(request.body or {})
            return 200, share
        if request.path == "/cache/warm":
            return 202, {}
        version = (tmp_path / "version").read_text()
        return 200, {"status": "healthy", "version": version, "share": 10}

    with answering(answer) as server:
        yield server


@pytest.fixture
def bench(service: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the examples name: scripts, files, variables, inputs and a probe."""
    for name, script in (("deploy.sh", SCRIPT), ("share.sh", SHARE)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "version").write_text("v2")
    (tmp_path / "share").write_text("0")
    (tmp_path / "restore.md").write_text("Restore elsewhere.\n")
    (tmp_path / ".env.staging").write_text("DB=db.staging.example.com\n")
    (tmp_path / ".env.production").write_text("A=1\nV2_ROLLOUT_PERCENT=0\n")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "app.yaml").write_text("bucket: staging-data\n")
    for name in ("DEPLOY_TOKEN", "SWITCH_TOKEN"):
        monkeypatch.setenv(name, "a-token-value")
    returns = {"status": "string", "version": "string", "share": "int"}
    probe = {"http": {"get": f"{service.url}/health"}, "returns": returns}
    return {
        "given": {"version": "v2", "base_url": service.url},
        "more": {
            "probes": {"health": probe},
            "evidence": {"key": {"env": "CUTLINE_KEY"}},
            "inputs": {"version": {"required": True}, "base_url": {"required": True}},
        },
    }


def prepare_parity(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(folder / "site", "cutline.suites", {"shop.orders": "shop_suite:orders"})
    (folder / "site" / "shop_suite.py").write_text(SUITE)
    monkeypatch.syspath_prepend(str(folder / "site"))
    database = sqlite3.connect(folder / "a.sqlite")
    database.execute("CREATE TABLE orders (side TEXT, id TEXT)")
    database.executemany("INSERT INTO orders VALUES (?, ?)", [("v1", "1"), ("v2", "1")])
    database.commit()
    database.close()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/a.sqlite")


def prepare_seal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_key(folder / "key.pem")
    monkeypatch.setenv("CUTLINE_KEY", str(folder / "key.pem"))


PREPARE = {"parity": prepare_parity, "seal": prepare_seal}


@pytest.mark.parametrize("kind", [kind for kind in Step.kinds if kind != "isolation"])
def test_the_example_of_a_step_runs(
    kind: str, bench: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind has a section, and its example ends as the page says."""
    if prepare := PREPARE.get(kind):
        prepare(tmp_path, monkeypatch)
    done = run(STEPS[kind], bench, tmp_path)
    assert done.outcome.exit_code == WANTED[kind], done.printed


def test_the_example_of_isolation_runs(
    bench: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a cluster over a socket: clean it passes, with production it does not."""
    cluster = Cluster()
    cluster.config_map("shop-staging", "kube-root-ca.crt", ca="x")
    with serving(cluster) as text:
        (tmp_path / "kubeconfig").write_text(text)
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        assert run(STEPS["isolation"], bench, tmp_path).outcome.exit_code == 0
        cluster.config_map("shop-staging", "app", HOST="10.1.9.9:5432")
        assert run(STEPS["isolation"], bench, tmp_path).outcome.exit_code == 1


def test_the_example_of_another_package_runs(
    bench: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function of the page, installed as the page says."""
    section = dict(SECTION.findall((ROOT / "docs" / "steps.md").read_text()))[OF_OTHERS]
    code = re.search(r"^```py\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert code is not None
    offer(tmp_path / "site", "cutline.steps", {"migrate": "shop_steps:migrate"})
    (tmp_path / "site" / "shop_steps.py").write_text(code[1])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (tmp_path / "migrate.sh").write_text("#!/bin/sh\necho moved\n")
    (tmp_path / "migrate.sh").chmod(0o755)
    done = run(STEPS[OF_OTHERS], bench, tmp_path)
    assert done.outcome.exit_code == 0
    assert done.printed == "migrating orders_v2\nmoved\n"


@pytest.mark.parametrize("kind", [*Switch.kinds, APPLIED])
def test_the_example_of_a_switch_works(
    kind: str,
    bench: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Each kind has a section; what its example sets is read back and in force."""
    if kind == "postgres":
        dsn = request.getfixturevalue("postgres_dsn")
        monkeypatch.setenv("DATABASE_URL", dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS cutline_switch")
    percent = 0 if kind == "nop" else 10
    of = world(
        tmp_path,
        plan(switch=SWITCHES[kind], **bench["more"]),
        bench["given"],
        patience_s=15.0,
    )
    done = of.set_switch(percent)
    assert (done.is_set, done.is_applied, done.why) == (True, True, "")
    assert of.read_switch().percent == percent


def run(step: dict[str, Any], bench: dict[str, Any], folder: Path) -> Ran:
    return ran(folder, step, bench["given"], **bench["more"])
