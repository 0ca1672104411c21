"""Measures the eight preconditions of the pilot and prints them as one JSON object.

What could not be measured is left out of the object, so that its gate is blind and never passes;
the reason goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environment


class NotMeasured(Exception):  # noqa: N818  # a statement, printed as one
    """Why something could not be measured."""


def run(*command: str) -> str:
    """Return what a command printed; raises `NotMeasured` if it failed or is not there."""
    if shutil.which(command[0]) is None:
        raise NotMeasured(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotMeasured(f"{' '.join(command)}: {said[-1] if said else done.returncode}")
    return done.stdout


def branch(asked: argparse.Namespace) -> dict[str, Any]:
    """Say whether HEAD is on the branch: by name, or contained in it where HEAD is detached."""
    git = ("git", "-C", asked.repository)
    name = run(*git, "rev-parse", "--abbrev-ref", "HEAD").strip()
    if name == "HEAD":
        listed = run(*git, "branch", "--all", "--contains", "HEAD", "--format=%(refname:short)")
        names = {line.removeprefix("origin/") for line in listed.split()}
        return {"branch": name, "on_branch": asked.branch in names}
    return {"branch": name, "on_branch": name == asked.branch}


def commits(asked: argparse.Namespace) -> dict[str, Any]:
    """Name the wanted commits that HEAD does not contain."""
    missing = []
    for commit in asked.commits.split():
        command = ["git", "-C", asked.repository, "merge-base", "--is-ancestor", commit, "HEAD"]
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
        if done.returncode != 0:
            missing.append(commit)
    run("git", "-C", asked.repository, "rev-parse", "HEAD")
    return {"commits_missing": missing}


def clean(asked: argparse.Namespace) -> dict[str, Any]:
    """Count what git status names."""
    return {
        "changes": len(run("git", "-C", asked.repository, "status", "--porcelain").split("\n")) - 1
    }


def identity(asked: argparse.Namespace) -> dict[str, Any]:
    """Say who writes to the store."""
    if _scheme(asked) == "file":
        return {"store_identity": "this machine's user"}
    return _identity()


def bucket(asked: argparse.Namespace) -> dict[str, Any]:
    """Say whether the store is there and keeps what is written."""
    if _scheme(asked) == "file":
        return {"store_ready": True}
    return {"store_ready": _is_locked(urlsplit(asked.worm).netloc)}


def _scheme(asked: argparse.Namespace) -> str:
    scheme = urlsplit(asked.worm).scheme
    if scheme not in {"file", "s3"}:
        raise NotMeasured(f"{asked.worm} is neither file:// nor s3://")
    return scheme


def _identity() -> dict[str, Any]:
    import boto3  # noqa: PLC0415  # slow, and needed for s3 alone
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return {"store_identity": boto3.client("sts").get_caller_identity()["Arn"]}
    except (BotoCoreError, ClientError) as error:
        raise NotMeasured(f"aws: {error}") from error


def _is_locked(name: str) -> bool:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = boto3.client("s3")
    try:
        client.head_bucket(Bucket=name)
        versioning = client.get_bucket_versioning(Bucket=name).get("Status")
        lock = client.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
    except (BotoCoreError, ClientError) as error:
        if "ObjectLockConfigurationNotFound" in str(error):
            return False
        raise NotMeasured(f"bucket {name}: {error}") from error
    return versioning == "Enabled" and lock.get("ObjectLockEnabled") == "Enabled"


def context(asked: argparse.Namespace) -> dict[str, Any]:
    """Say whether what we are about to touch is staging: by its cluster's context, or its word."""
    if asked.namespace:
        name = _kube_context(asked.kubeconfig)
        return {"context": name, "is_staging": name not in asked.production.split()}
    try:
        said = environment.health(asked.base_url, asked.folder)
    except environment.NoAnswer as error:
        raise NotMeasured(str(error)) from error
    name = str(said.get("environment", ""))
    return {"context": name, "is_staging": name == "staging"}


def _kube_context(file: str) -> str:
    """Return the current context; kubectl need not be there."""
    from kubernetes import config  # noqa: PLC0415  # slow, and needed for a cluster alone
    from yaml import YAMLError  # noqa: PLC0415

    if file and not Path(file).is_file():
        raise NotMeasured(f"there is no kubeconfig {file}")
    try:
        return str(config.list_kube_config_contexts(file or None)[1]["name"])
    except (config.ConfigException, YAMLError, OSError, KeyError, TypeError) as error:
        raise NotMeasured(f"kubeconfig: {error}") from error


def inputs(asked: argparse.Namespace) -> dict[str, Any]:
    """Name the inputs of the store and of staging that are empty or cannot be."""
    store_inputs = {
        "worm": asked.worm,
        "prefix": asked.prefix,
        "mode": asked.mode if asked.mode in {"GOVERNANCE", "COMPLIANCE"} else "",
        "retention_days": asked.retention_days if asked.retention_days > 0 else "",
        "CUTLINE_KEY": os.environ.get("CUTLINE_KEY", ""),
    }
    staging_inputs = {
        "base_url": asked.base_url or asked.folder,
        # What lies at a URL is not ours to guess: how it is acted on has to be said.
        "deploy": asked.deploy or not asked.base_url,
        "roll_back": asked.roll_back or not asked.base_url,
    }
    return {
        "store_inputs_missing": [name for name, value in store_inputs.items() if not value],
        "staging_inputs_missing": [name for name, value in staging_inputs.items() if not value],
    }


MEASURES: tuple[Callable[[argparse.Namespace], dict[str, Any]], ...] = (
    branch,
    commits,
    clean,
    identity,
    bucket,
    context,
    inputs,
)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("repository", "branch", "worm", "prefix", "mode"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("base-url", "deploy", "roll-back", "kubeconfig"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--folder", type=Path, required=True, help="of the small service")
    parser.add_argument("--commits", default="HEAD")
    parser.add_argument("--retention-days", type=int, default=0)
    parser.add_argument("--namespace", default="")
    parser.add_argument("--production", default="", help="names of production contexts")
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    for measure in MEASURES:
        try:
            found |= measure(asked)
        except (NotMeasured, subprocess.SubprocessError) as error:
            print(f"{measure.__name__}: {error}", file=sys.stderr)  # its only voice
    print(json.dumps(found))  # the probe reads it


if __name__ == "__main__":
    main()
