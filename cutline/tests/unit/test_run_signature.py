"""Signatures of people are those that OpenSSH makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cutline.run.signature import fault

BRIEF = b'{"stage": "half"}\n'
KINDS = [["-t", "ed25519"], ["-t", "ecdsa", "-b", "384"], ["-t", "rsa", "-b", "2048"]]

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen here")


def key(folder: Path, *kind: str) -> tuple[Path, str]:
    path = folder / "id"
    subprocess.run(["ssh-keygen", "-q", *kind, "-N", "", "-f", path], check=True)
    return path, path.with_suffix(".pub").read_text()


def signed(path: Path, namespace: str = "cutline") -> str:
    (path.parent / "brief").write_bytes(BRIEF)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", path, path.parent / "brief"]
    subprocess.run(command, check=True, capture_output=True)
    signature = path.parent / "brief.sig"
    text = signature.read_text()
    signature.unlink()
    return text


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[1])
def test_a_signature_of_ssh_keygen_is_good(tmp_path: Path, kind: list[str]) -> None:
    """Every usual kind of key is read; another brief is refused."""
    path, public = key(tmp_path, *kind)
    signature = signed(path)
    assert fault(BRIEF, signature, public) == ""
    assert "another brief" in fault(BRIEF + b" ", signature, public)


def test_a_signature_for_something_else_does_not_approve(tmp_path: Path) -> None:
    """A signed git commit or mail cannot be handed in as an approval."""
    path, public = key(tmp_path, "-t", "ed25519")
    assert "namespace" in fault(BRIEF, signed(path, "git"), public)


def test_a_signature_of_another_person_is_refused(tmp_path: Path) -> None:
    """The key is the one that the plan names."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    mine, _ = key(tmp_path / "a", "-t", "ed25519")
    _, other = key(tmp_path / "b", "-t", "ed25519")
    assert "another key" in fault(BRIEF, signed(mine), other)


def test_no_damaged_signature_is_good_and_none_escapes(tmp_path: Path) -> None:
    """Every single character counts: a fault, never a traceback."""
    path, public = key(tmp_path, "-t", "ed25519")
    signature = signed(path)
    body = signature.index("\n") + 1
    for at in range(body, signature.rindex("-----END") - 1):
        if signature[at] not in "\n=":
            other = "A" if signature[at] != "A" else "B"
            damaged = signature[:at] + other + signature[at + 1 :]
            assert fault(BRIEF, damaged, public), at
    assert fault(BRIEF, "", public)
    assert fault(BRIEF, signature, "no key")
    assert fault(BRIEF, signature[: len(signature) // 2], public)
