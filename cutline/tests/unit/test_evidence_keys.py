"""Keys, notes, heads and anchors: what is signed, by whom, and what a head shows."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests_support.sealed import AT, begin

from cutline.errors import CannotMeasure, CannotWrite
from cutline.evidence import Journal, Mode, load_public, load_signer, new_key, note, sign
from cutline.evidence import head as heads
from cutline.evidence.anchor import anchor, compare
from cutline.evidence.canonical import canonical
from cutline.evidence.keyring import keyring, rotate
from cutline.evidence.refusals import JournalCut, JournalRewritten, KeyBroken
from cutline.evidence.standalone import SOURCE
from cutline.evidence.worm import open_store


def _standalone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_alone", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALONE = _standalone()

PUBLISHED = Path(__file__).parents[1] / "vectors/ed25519_rfc8032.json"
VECTORS = [
    tuple(bytes.fromhex(vector[name]) for name in ("public", "signature", "message"))
    for vector in json.loads(PUBLISHED.read_text())["vectors"]
]


@pytest.mark.parametrize("vector", VECTORS, ids=["1", "2", "3", "SHA(abc)"])
def test_the_auditor_s_ed25519_holds_the_vectors_of_rfc_8032(
    vector: tuple[bytes, bytes, bytes],
) -> None:
    """A right signature holds; one with any changed byte does not."""
    public, signature, message = vector
    assert ALONE.ed25519_verifies(public, signature, message)
    for place in (0, 31, 32, 63):
        wrong = bytearray(signature)
        wrong[place] ^= 1
        assert not ALONE.ed25519_verifies(public, bytes(wrong), message)
    assert not ALONE.ed25519_verifies(public, signature, message + b"x")


def test_a_signature_has_one_form_only() -> None:
    """S beyond the group's order is the same point and no signature (RFC 8032, 5.1.7)."""
    public, signature, message = VECTORS[1]
    s = int.from_bytes(signature[32:], "little") + ALONE.L
    assert not ALONE.ed25519_verifies(public, signature[:32] + s.to_bytes(32, "little"), message)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 511), st.booleans())
def test_the_auditor_s_ed25519_agrees_with_cryptography(
    message: bytes,
    bit: int,
    is_changed: bool,  # noqa: FBT001  # hypothesis draws it
) -> None:
    """Random keys and messages, signatures right and wrong: one answer."""
    private = Ed25519PrivateKey.generate()
    signature = bytearray(private.sign(message))
    if is_changed:
        signature[bit // 8] ^= 1 << bit % 8
    public = private.public_key().public_bytes_raw()
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(signature), message)
        holds = True
    except InvalidSignature:
        holds = False
    assert ALONE.ed25519_verifies(public, bytes(signature), message) is holds


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_the_auditor_s_canonical_form_agrees_with_rfc_8785(value: object) -> None:
    """Two implementations that share no code write the same bytes."""
    assert ALONE.canonical({"v": value}).encode() == canonical({"v": value})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (4.5, "4.5"),
        (2e-3, "0.002"),
        (1e-27, "1e-27"),
        (-0.0, "0"),
        (1.5e300, "1.5e+300"),
        (123456.0, "123456"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(value: float, text: str) -> None:
    """The examples of RFC 8785 and the edges of each form."""
    assert ALONE.canonical(value) == text
    assert canonical({"v": value}) == b'{"v":%s}' % text.encode()


def test_a_key_is_made_once_with_mode_0600(tmp_path: Path) -> None:
    """No key is made over another, and nobody else reads it."""
    path = tmp_path / "k.pem"
    made = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_signer(path).key_id == made.key_id
    before = path.read_bytes()
    with pytest.raises(CannotWrite, match="already"):
        new_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["missing", "cut", "mode", "other kind", "public"])
def test_a_broken_key_stops_signing_and_is_not_made_anew(tmp_path: Path, damage: str) -> None:
    """What is there stays there, and the message says what helps."""
    path = tmp_path / "k.pem"
    signer = new_key(path)
    match damage:
        case "missing":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:60])
        case "mode":
            path.chmod(0o640)
        case "public":
            path.write_bytes(signer.public_pem)
        case "other kind":
            path.write_bytes(
                ec.generate_private_key(ec.SECP256R1()).private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(KeyBroken) as caught:
        load_signer(path)
    assert caught.value.remedy
    assert (path.read_bytes() if path.exists() else None) == before


def test_a_note_has_one_form(tmp_path: Path) -> None:
    """Another line, another signature, loose base64 or another text is no note of ours."""
    signer = new_key(tmp_path / "k.pem")
    raw = note.sign("log\n5\n", "log", signer)
    assert note.read(raw).is_by(signer.public)
    assert not note.read(raw).is_by(new_key(tmp_path / "other.pem").public)
    assert not note.read(raw.replace(b"\n5\n", b"\n6\n", 1)).is_by(signer.public)
    assert not note.read(raw.replace("— log ".encode(), "— lag ".encode())).is_by(signer.public)
    body = raw.rstrip(b"=\n")
    loose = body[:-1] + bytes([body[-1] + 1]) + b"=\n"
    for wrong in (loose, raw + raw.splitlines(keepends=True)[-1], raw[:-1], raw + b"\n", b"\xff"):
        with pytest.raises(ValueError, match="it"):
            note.read(wrong)
    with pytest.raises(ValueError, match="cannot hold"):
        note.sign("a\n\nb\n", "log", signer)


def test_a_head_tells_size_and_root(tmp_path: Path) -> None:
    """Signing twice at one size gives the same head; its file says which size."""
    run = begin(tmp_path)
    head = sign(run.journal, run.signer)
    assert (head.size, head.root) == (30, run.journal.root())
    assert head.run == "pilot/20261120T120000Z"
    assert (run.folder / "heads" / "000000000030.head").read_bytes() == head.raw
    assert sign(run.journal, run.signer, AT + timedelta(days=1)) == head
    with pytest.raises(ValueError, match="not given"):
        heads.parse(head.raw, new_key(tmp_path / "other.pem").public)


def test_a_head_needs_an_entry_and_a_name(tmp_path: Path) -> None:
    """Nothing is signed over nothing, nor under a name that a note cannot hold."""
    signer = new_key(tmp_path / "k.pem")
    journal = Journal.create(tmp_path / "run", Mode.RUN, signer)
    with pytest.raises(CannotMeasure, match="without entries"):
        sign(journal, signer)
    journal.append("started", {"run": "a b"}, AT)
    with pytest.raises(CannotMeasure, match="cannot be signed"):
        sign(journal, signer)


def test_an_untouched_journal_fits_its_newest_head(tmp_path: Path) -> None:
    """Also after it went on since."""
    run = begin(tmp_path)
    found = compare(Journal.open(run.folder), run.store, run.signer.public)
    assert found.is_anchored
    assert found.size == 21


def test_a_missing_anchor_is_a_value(tmp_path: Path) -> None:
    """The core decides what it blocks; the reason is told."""
    run = begin(tmp_path)
    journal = Journal.open(run.folder)
    assert compare(journal, None).why == "no store is named"
    empty = open_store((tmp_path / "empty").as_uri(), "GOVERNANCE", 60.0)
    found = compare(journal, empty)
    assert not found.is_anchored
    assert "has no head" in found.why
    (tmp_path / "blocked").write_text("a file where the store's folder should be")
    nowhere = open_store((tmp_path / "blocked").as_uri(), "GOVERNANCE", 60.0)
    missing = anchor(run.journal, run.signer, nowhere)
    assert not missing.is_anchored
    assert missing.why
    assert missing.size == 30


@pytest.mark.parametrize("where", ["folder", "store"])
def test_a_cut_or_rewritten_journal_does_not_open(tmp_path: Path, where: str) -> None:
    """By root at that size: also "cut twenty and append twenty others" is found."""
    from tests_support.sealed import rehashed  # noqa: PLC0415

    run = begin(tmp_path)
    sign(run.journal, run.signer)
    if where == "store":
        anchor(run.journal, run.signer, run.store)
        for path in (run.folder / "heads").iterdir():
            path.unlink()
    path = run.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines()

    def opened(kept: list[bytes]) -> Journal:
        path.write_bytes(b"".join(line + b"\n" for line in kept))
        return Journal.open(run.folder)

    with pytest.raises(JournalCut, match="has 10 entries, a signed head counts 30"):
        compare(opened(lines[:10]), run.store)
    others = [line.replace(b'"n":', b'"m":') for line in lines[10:]]
    with pytest.raises(JournalRewritten, match="entry 30"):
        compare(opened(rehashed([*lines[:10], *others])), run.store)
    assert compare(opened(lines), run.store).is_anchored


def test_an_intruder_s_head_on_the_store_does_not_count(tmp_path: Path) -> None:
    """A head that our key did not sign cannot stop a run."""
    run = begin(tmp_path)
    run.store.put("pilot/20261120T120000Z/heads/000000000099.head", b"nonsense", AT)
    assert compare(Journal.open(run.folder), run.store).size == 21


def test_a_rotation_is_an_entry_signed_by_both(tmp_path: Path) -> None:
    """From that entry on the new key signs; the old one's later heads do not count."""
    run = begin(tmp_path)
    new = new_key(tmp_path / "new.pem")
    entry = rotate(run.journal, run.signer, new, AT)
    ring = keyring(run.journal.entries(), run.signer.public)
    assert ring.at(entry.seq - 1) == run.signer.public
    assert ring.at(entry.seq) == new.public
    assert keyring(run.journal.entries(), new.public) == ring
    anchor(run.journal, new, run.store)
    assert compare(Journal.open(run.folder), run.store).size == entry.seq
    assert load_public(run.public) == run.signer.public
    assert replace(run, signer=new).seal().head.key_id == new.key_id
