"""Known secret values never reach what is written, in whatever form they come."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutline.errors import CannotMeasure, WrongUsage
from cutline.evidence import Blobs, Redactor
from cutline.evidence.scan import finds

SECRET = 'p@ss/w+rd "ü"\\n'  # noqa: S105  # the secret of these tests
FORMS = {
    "plain": SECRET,
    "json": json.dumps({"dsn": SECRET}),
    "json, not ascii": json.dumps({"dsn": SECRET}, ensure_ascii=False),
    "json in json": json.dumps(json.dumps(SECRET, ensure_ascii=False), ensure_ascii=False),
    "url": f"https://x/?k={quote(SECRET, safe='')}",
    "url, small letters": quote(SECRET, safe="").replace("%2F", "%2f"),
    "form": quote_plus(SECRET),
    "hex": SECRET.encode().hex(),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "basic auth": base64.b64encode(f"app:{SECRET}".encode()).decode(),
    "base64 within": base64.b64encode(f"xx{SECRET}yy".encode()).decode(),
    "base64 for urls": base64.urlsafe_b64encode(f"x{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_replaced_in_every_form(form: str) -> None:
    """As text and as bytes; what is left of it tells nothing of its middle."""
    redactor = Redactor([SECRET])
    text = f"before {FORMS[form]} after"
    cleaned = redactor.clean(text)
    assert "«secret»" in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert redactor.clean(text.encode()) == cleaned.encode()
    assert not redactor.holds_none(text)
    assert redactor.holds_none(cleaned)


def test_the_password_of_a_url_is_a_value_of_its_own() -> None:
    """An error message that tells only the password is cleaned too, quoted or not."""
    redactor = Redactor(["postgresql://app:s3cret%2Fword@db/x"])
    assert redactor.clean("password s3cret/word refused") == "password «secret» refused"
    assert redactor.clean("s3cret%2Fword") == "«secret»"
    assert redactor.announced == ()


def test_a_short_value_is_refused_and_a_short_password_announced() -> None:
    """Nothing is skipped in silence, and the message does not tell the value."""
    with pytest.raises(WrongUsage) as caught:
        Redactor(["abcde"])
    assert "abcde" not in str(caught.value)
    redactor = Redactor(["postgresql://app:pw@db/x", ""])
    assert len(redactor.announced) == 1
    assert "pw" not in redactor.announced[0].replace("password", "")
    assert redactor.clean("postgresql://app:pw@db/x") == "«secret»"


def test_without_values_nothing_changes() -> None:
    """An unset secret is no value."""
    redactor = Redactor(["", ""])
    assert redactor.clean("text") == "text"
    assert redactor.clean(b"\xff") == b"\xff"
    assert redactor.clean_data({"a": ["b"]}) == {"a": ["b"]}


@given(st.text(min_size=6, max_size=30), st.text(), st.text())
def test_no_text_keeps_a_value(secret: str, before: str, after: str) -> None:
    """Whatever stands around it."""
    try:
        encoded = (before + secret + after).encode()
    except UnicodeEncodeError:
        return
    cleaned = Redactor([secret]).clean(encoded)
    assert secret.encode() not in cleaned.replace("«secret»".encode(), b"")


def test_a_blob_is_kept_clean_and_by_the_digest_of_what_was_kept(tmp_path: Path) -> None:
    """Output of commands is cleaned before it is written; the same content is kept once."""
    blobs = Blobs(tmp_path / "files")
    redactor = Redactor([SECRET])
    digest = blobs.put(f"login with {SECRET}\n".encode(), "deploy.log", redactor)
    assert blobs.open(digest) == "login with «secret»\n".encode()
    assert digest == hashlib.sha256(blobs.open(digest)).hexdigest()
    assert blobs.put("login with «secret»\n".encode(), "again.log", redactor) == digest
    assert [path.name for path in (tmp_path / "files").iterdir()] == [digest]


def test_a_query_file_in_a_folder_of_the_plan_is_kept(tmp_path: Path) -> None:
    """Its name is a path, and no part of where it is kept."""
    digest = Blobs(tmp_path).put(b"SELECT 1", "queries/imports.sql", Redactor())
    assert [path.name for path in tmp_path.iterdir()] == [digest]


def test_a_blob_that_is_gone_or_changed_is_not_handed_out(tmp_path: Path) -> None:
    """A digest stands for its bytes or for nothing."""
    blobs = Blobs(tmp_path / "files")
    digest = blobs.put(b"content", "x", Redactor())
    (tmp_path / "files" / digest).write_bytes(b"other")
    with pytest.raises(CannotMeasure, match="not what was kept"):
        blobs.open(digest)
    (tmp_path / "files" / digest).unlink()
    with pytest.raises(CannotMeasure, match="not there"):
        blobs.open(digest)
    with pytest.raises(CannotMeasure, match="no digest"):
        blobs.open("../../etc/passwd")


@pytest.mark.parametrize("name", ["notes.txt", "restored.png", "kept.zip", "odd.bin"])
def test_a_secret_is_found_whatever_its_file_is_called(name: str, tmp_path: Path) -> None:
    """Neither the name of a picture nor one byte that is no text hides a key."""
    path = tmp_path / name
    odd = b"\xff\xfe\x00" if name == "odd.bin" else b""
    path.write_bytes(b"first line\n" + odd + b"key = AKIA" + b"Q3EGQ3EGQ3EGQ3EG\n")
    assert [one.line for one in finds([(name, path)], Redactor(), [])] == [2]
