#!/usr/bin/env python3
"""Verify the evidence of a cutover: one file, Python 3.9 or newer, nothing else to install.

    python3 verify.py evidence.tar --key key.pem [--head FILE]

Written from the page "The format of the evidence" (docs/evidence-format.md), and from nothing else.
Exit codes: 0 intact, 1 tampered (the entry or file is named), 3 incomplete or not verifiable.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import math
import re
import sys
import zlib
from typing import Any, Dict, Iterator, Match, Tuple

Json = Dict[str, Any]
Parts = Match[str]
Point = Tuple[int, int, int, int]

# --- Ed25519 by RFC 8032, section 5.1: verification only ---------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y: int, sign: int) -> int | None:
    """Return x of the point with this y and sign (5.1.3), or None."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def decompress(raw: bytes) -> Point | None:
    """Return the point of 32 bytes in extended coordinates, or None."""
    sign, y = divmod(int.from_bytes(raw, "little"), 2**255)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def add(one: Point, other: Point) -> Point:
    """Return the sum of two points (5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: Point) -> Point:
    """Return a multiple of a point."""
    made = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            made = add(made, point)
        point = add(point, point)
        scalar >>= 1
    return made


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0) or 0
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) by the key `public` (32 bytes) holds for `message`."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))


# --- Canonical JSON by RFC 8785 -----------------------------------------------------------------

EXACT = 2**53 - 1


def number(text: str) -> int | float:
    """Return what the digits of a JSON integer stand for."""
    return int(text) if abs(int(text)) <= EXACT else float(text)


def number_text(value: float) -> str:
    """Return the text of a number as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise ValueError("it holds a number that JSON has not")
    if value == 0:
        return "0"
    if value < 0:
        return "-" + number_text(-value)
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the power of `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    return f"{digits[0]}{'.' if count > 1 else ''}{digits[1:]}e{point - 1:+d}"


def canonical(value: Any) -> str:
    """Return the canonical text of a JSON value."""
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"


# --- The tar ------------------------------------------------------------------------------------


class Tampered(Exception):
    """The tar is not as it was sealed: where, and why."""


class Unusable(Exception):
    """Something that was handed in cannot be used, so nothing can be said."""


BAD_NAME = re.compile(r"[\x00-\x1f\x7f\\]|(^|/)\.{0,2}(/|$)")


def split_name(name: bytes) -> tuple[bytes, bytes] | None:
    """Return prefix and name as a header holds them, or None."""
    if len(name) <= 100:
        return b"", name
    for place in range(min(156, len(name))):
        if name[place : place + 1] == b"/" and len(name) - place - 1 <= 100:
            return name[:place], name[place + 1 :]
    return None


def tar_header(name: bytes, size: int) -> bytes | None:
    """Return the only header of a member with this name (bytes) and size, or None."""
    parts = split_name(name)
    if parts is None:
        return None
    prefix, rest = parts
    fields = [rest.ljust(100, b"\0"), b"0000644\0", b"0000000\0", b"0000000\0"]
    fields += [b"%011o\0" % size, b"00000000000\0"]
    tail = [b"0", bytes(100), b"ustar\00000", bytes(80), prefix.ljust(155, b"\0"), bytes(12)]
    blank = b"".join([*fields, b" " * 8, *tail])
    return b"".join([*fields, b"%06o\x00 " % sum(blank), *tail])


def read_tar(data: bytes) -> dict[str, bytes]:
    """Return the members of a tar: name to bytes."""
    members: dict[str, bytes] = {}
    place, last = 0, b""
    while True:
        block = data[place : place + 512]
        if len(block) < 512:
            raise Tampered(f"byte {place}: the tar ends too early")
        if block == bytes(512):
            break
        name, size = tar_member(block, place)
        begin, end = place + 512, place + 512 + size
        place = end + -size % 512
        if place > len(data):
            raise Tampered(f"{name}: the tar ends within this file")
        if data[end:place].strip(b"\0"):
            raise Tampered(f"{name}: there are bytes behind the end of this file")
        if name.encode() <= last:
            raise Tampered(f"{name}: it stands out of order, or twice")
        last = name.encode()
        members[name] = data[begin:end]
    if data[place:] != bytes(1024):
        raise Tampered(f"byte {place}: there are bytes behind the end of the tar")
    return members


def tar_member(block: bytes, place: int) -> tuple[str, int]:
    """Return name and size from a header that is in the one form."""
    prefix, rest = block[345:500].rstrip(b"\0"), block[:100].rstrip(b"\0")
    full = prefix + b"/" + rest if prefix else rest
    name = full.decode("utf-8", "replace")
    if re.fullmatch(rb"[0-7]{11}\0", block[124:136]) and not BAD_NAME.search(name):
        size = int(block[124:135], 8)
        if tar_header(full, size) == block and name.encode() == full:
            return name, size
    raise Tampered(f"byte {place} ({name!r}): this header is not one that was sealed")


BESIDE = re.compile(
    r"60_evidence_seal_manifest\.json|70_worm_upload_stdout\.txt|verify\.py|inbox/.*|(.*/)?lock"
    r"|evidence\.tar(\.gz|\.sha256|\.intoto\.json)?|(.*/)?\..*|.*\.(lock|partial)"
)


def read_evidence(path: str) -> dict[str, bytes]:
    """Return the files of a tar, plain or gzipped."""
    try:
        with open(path, "rb") as opened:
            data = opened.read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path} cannot be read: {error}") from None
    members = read_tar(data)
    for name in members:
        if BESIDE.fullmatch(name):
            raise Tampered(f"{name}: such a file is never sealed")
    return members


# --- Notes and keys -----------------------------------------------------------------------------

NOTE = re.compile("((?:[^\n]+\n)+)\n\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+=*)\n")
INSTANT = r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]{6}Z"
TAIL = r"at (" + INSTANT + r")\nmode (run|compressed)\nkey ([0-9a-f]{64})\n"
HEAD = re.compile(r"cutline/([^\s+]+)\n([1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n" + TAIL)
START = re.compile(r"cutline-start/([^\s+]+)\nentry ([0-9a-f]{64})\n" + TAIL)
HEX64 = re.compile(r"[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """Return a digest in hex."""
    return hashlib.sha256(data).hexdigest()


def from_base64(text: str) -> bytes:
    """Return the bytes of the one base64 text that stands for them."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("its base64 is not in the one form")
    return raw


def read_note(raw: bytes, shape: re.Pattern[str], keys: list[bytes]) -> tuple[Parts, bytes]:
    """Return the parts of a note that one of `keys` signed, and that key."""
    found = NOTE.fullmatch(raw.decode("utf-8", "surrogateescape"))
    if not found:
        raise ValueError("it is no signed note")
    text, name, blob = found[1], found[2], from_base64(found[3])
    parts = shape.fullmatch(text)
    if not parts or len(blob) != 68 or text.split("\n", 1)[0] != name:
        raise ValueError("its lines are not those of such a note")
    for key in keys:
        if sha256(key) != parts[parts.re.groups]:
            continue
        hint = hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]
        if blob[:4] != hint or not ed25519_verifies(key, blob[4:], text.encode()):
            raise ValueError("its signature does not fit its text and key")
        return parts, key
    raise ValueError("it is signed by a key that is not given")


def read_public(path: str) -> bytes:
    """Return the 32 bytes of a public key in a PEM file (RFC 8410)."""
    try:
        with open(path, "rb") as opened:
            text = opened.read().decode("ascii")
        raw = base64.b64decode(re.sub(r"-----[A-Z ]+-----|\s", "", text), validate=True)
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} holds no public key: {error}") from None
    if len(raw) != 44 or raw[:12] != bytes.fromhex("302a300506032b6570032100"):
        raise Unusable(f"{path} holds no Ed25519 key")
    return raw[12:]


# --- The verification ---------------------------------------------------------------------------

NO_ENTRY: Json = {"data": {}, "kind": "", "mode": ""}
MODES = "run|compressed|rehearsed"
TEXTS = {"at": INSTANT, "kind": "(?s:.+)", "mode": MODES, "prev": HEX64.pattern}


def read_entry(line: bytes) -> Json:
    """Return the entry of a line; `ValueError` says why it is none."""
    entry = json.loads(line.decode(), parse_int=number)
    if not isinstance(entry, dict) or canonical(entry).encode() != line:
        raise ValueError("it is no object in canonical form")
    if entry.keys() != {*TEXTS, "data", "seq"}:
        raise ValueError("its members are not those of an entry")
    for name, shape in TEXTS.items():
        if not isinstance(entry[name], str) or not re.fullmatch(shape, entry[name]):
            raise ValueError(f"its `{name}` is not of its form")
    if not isinstance(entry["data"], dict) or type(entry["seq"]) is not int:
        raise ValueError("its `data` or `seq` has a wrong type")
    return entry


class Verification:
    """What is wrong: contradictions, and what is not there."""

    def __init__(self, files: dict[str, bytes], given: bytes, outside: str | None) -> None:
        self.files, self.given, self.outside = files, given, outside
        self.wrong: list[tuple[str, str]] = []
        self.absent: list[tuple[str, str]] = []
        self.lines: list[bytes] = []
        self.entries: list[Json] = []
        self.roots: dict[int, str] = {}
        self.keys = [(0, given)]
        self.heads, self.anchored = 0, ""

    def run(self) -> None:
        """Look at everything."""
        if "journal.jsonl" not in self.files:
            self.absent.append(("journal.jsonl", "there is no journal"))
            return
        self.chain()
        self.rotations()
        self.each_head()
        self.start()
        self.closing()
        self.from_outside()

    def bad(self, place: str, why: str) -> None:
        """Note a contradiction."""
        self.wrong.append((place, why))

    def chain(self) -> None:
        """Walk the journal, and keep the root at every size that a head speaks of."""
        self.lines = self.files["journal.jsonl"].split(b"\n")
        if self.lines.pop():
            self.absent.append((f"entry {len(self.lines) + 1}", "its line is cut off"))
        if not self.lines:
            self.absent.append(("entry 1", "the journal has no entry"))
        before, mode = "0" * 64, ""
        peaks: list[tuple[int, bytes]] = []
        for seq, line in enumerate(self.lines, 1):
            entry = self.entry(line, seq, before, mode)
            self.entries.append(entry)
            mode = mode or str(entry["mode"])
            before = sha256(line)
            peaks.append((1, hashlib.sha256(b"\0" + line).digest()))
            while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
                count, right = peaks.pop()
                _, left = peaks.pop()
                peaks.append((2 * count, hashlib.sha256(b"\1" + left + right).digest()))
            root = peaks[-1][1]
            for _, peak in peaks[-2::-1]:
                root = hashlib.sha256(b"\1" + peak + root).digest()
            self.roots[seq] = root.hex()

    def entry(self, line: bytes, seq: int, before: str, mode: str) -> Json:
        """Return an entry; what is wrong with it is noted."""
        place = f"entry {seq}"
        try:
            entry = read_entry(line)
        except (ValueError, RecursionError) as error:
            self.bad(place, str(error))
            return NO_ENTRY
        if entry["seq"] != seq:
            self.bad(place, f"its number is {entry['seq']}: entries were dropped, added or moved")
        elif entry["prev"] != before:
            self.bad(place, f"it does not follow entry {seq - 1} as that stands here")
        if entry["mode"] != (mode or entry["mode"]):
            self.bad(place, "its mode is not the journal's")
        return entry

    def rotations(self) -> None:
        """Find the keys that were in force, if the given one is among them."""
        chain: list[tuple[int, bytes]] = []
        for seq, entry in enumerate(self.entries, 1):
            if entry["kind"] != "key_rotated":
                continue
            data = entry["data"]
            text = "cutline key rotation\nold %s\nnew %s\nat %s\n"
            text = text % (data.get("old"), data.get("new"), data.get("at"))
            try:
                names = ("old", "new", "by_old", "by_new")
                old, new, by_old, by_new = (bytes.fromhex(data[name]) for name in names)
                held = ed25519_verifies(old, by_old, text.encode())
                held = held and ed25519_verifies(new, by_new, text.encode())
            except (KeyError, TypeError, ValueError):
                held, old, new = False, b"", b""
            if not held or (chain and chain[-1][1] != old):
                self.bad(f"entry {seq}", "the rotation of the key does not hold")
                return
            chain = chain or [(0, old)]
            chain.append((seq, new))
        if self.given in [key for _, key in chain]:
            self.keys = chain

    def each_head(self) -> None:
        """Hold the journal to each head in the evidence."""
        fits = 0
        for name in sorted(self.files):
            if not name.startswith("heads/") or name == "heads/start.note":
                continue
            stem = re.fullmatch(r"heads/([0-9]{12})\.head", name)
            if not stem:
                self.bad(name, "there is no head of such a name")
                continue
            self.heads += 1
            try:
                parts, key = read_note(self.files[name], HEAD, [key for _, key in self.keys])
                size = int(parts[2])
                if size != int(stem[1]):
                    raise ValueError(f"it is the head at {size}")
                if key != [one for first, one in self.keys if first <= size][-1]:
                    raise ValueError("its key was not in force at its size")
            except ValueError as error:
                self.bad(name, str(error))
                continue
            self.hold(parts, name, fits)
            fits = size

    def hold(self, parts: Parts, name: str, fits: int) -> bool:
        """Hold the journal to one head; True if it fits."""
        size, first = int(parts[2]), self.entries[0] if self.entries else NO_ENTRY
        if (parts[1], parts[5]) != (first["data"].get("run"), first["mode"]):
            self.bad(name, f"it is a head of the run {parts[1]} ({parts[5]})")
        elif size > len(self.lines):
            place = f"entry {len(self.lines) + 1}"
            self.bad(place, f"the journal was cut: {name} counts {size} entries")
        elif self.roots[size] != from_base64(parts[3]).hex():
            place = f"entries {fits + 1} to {size}"
            self.bad(place, f"they are not those that {name} was signed over")
        else:
            return True
        return False

    def start(self) -> None:
        """Hold the first entry to the signed start of the run."""
        name = "heads/start.note"
        if name not in self.files:
            if self.heads:
                self.bad(name, "the run's signed start is missing")
            return
        try:
            parts, _ = read_note(self.files[name], START, [key for _, key in self.keys])
        except ValueError as error:
            self.bad(name, str(error))
            return
        if self.entries:
            first = self.entries[0]
            stated = (first["data"].get("run"), sha256(self.lines[0]), first["mode"])
            if (parts[1], parts[2], parts[4]) != stated:
                self.bad("entry 1", f"it is not the one that {name} was signed over")

    def closing(self) -> None:
        """Hold heads and files to the closing entry."""
        closed = [n for n, entry in enumerate(self.entries, 1) if entry["kind"] == "closed"]
        count = len(self.entries)
        if not closed:
            self.absent.append((f"entry {count + 1}", "the run is not closed"))
            return
        if closed[0] != count:
            self.bad(f"entry {closed[0] + 1}", "it stands behind the closing entry")
            return
        last = f"heads/{count:012d}.head"
        if last not in self.files:
            self.absent.append((last, "the last head is missing"))
        data = self.entries[-1]["data"]
        listed = data.get("heads")
        stated = listed if isinstance(listed, dict) else {}
        there = self.digests("heads/.*")
        there.pop(last, None)
        if "heads/start.note" not in stated:
            there.pop("heads/start.note", None)
        self.same(there, stated, "the closing entry")
        self.manifest(data)

    def digests(self, names: str) -> dict[str, str]:
        """Return the digests of the files whose names have a form."""
        return {name: sha256(d) for name, d in self.files.items() if re.fullmatch(names, name)}

    def same(self, there: dict[str, str], stated: dict[str, str], by: str) -> None:
        """Hold what is there to what is stated."""
        for name in sorted(set(there) | set(stated)):
            if name not in there:
                self.bad(name, f"it is listed by {by} and is missing")
            elif name not in stated:
                self.bad(name, f"it is not listed by {by}")
            elif there[name] != stated[name]:
                self.bad(name, f"it is not what {by} lists")

    def manifest(self, closing: Json) -> None:
        """Hold the files to the manifest, and the journal's references to the files."""
        name = "manifest.sha256"
        if name not in self.files:
            self.bad(name, "the manifest is missing")
            return
        if sha256(self.files[name]) != closing.get("manifest"):
            self.bad(name, "it is not the one that the closing entry is over")
        stated = {}
        for line in self.files[name].decode("utf-8", "replace").split("\n"):
            if HEX64.fullmatch(line[:64]) and line[64:66] == "  ":
                stated[line[66:]] = line[:64]
        there = self.digests(r"(?!heads/|manifest\.sha256$|journal\.jsonl$).*")
        self.same(there, stated, "the manifest")
        known = set(stated.values())
        for entry in self.entries:
            data = entry["data"]
            if entry["kind"] == "redacted" and not data.get("is_kept"):
                known.add(str(data.get("digest")))
        for seq, entry in enumerate(self.entries, 1):
            for digest in references(entry["data"], False):
                if digest not in known:
                    self.bad(f"entry {seq}", f"the file {digest} is missing")

    def from_outside(self) -> None:
        """Hold the journal to the head that was handed in."""
        if self.outside is None:
            return
        try:
            with open(self.outside, "rb") as opened:
                parts, _ = read_note(opened.read(), HEAD, [key for _, key in self.keys])
        except (OSError, ValueError) as error:
            raise Unusable(f"{self.outside} cannot be used: {error}") from None
        if self.entries and parts[1] != self.entries[0]["data"].get("run"):
            raise Unusable(f"{self.outside} is a head of another run: {parts[1]}")
        if self.hold(parts, "the given head", 0):
            self.anchored = f"up to entry {parts[2]}, by a head of {parts[4]}"


def references(value: Any, within: bool) -> Iterator[str]:
    """Yield the digests of files in an entry's data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from references(inner, within or key in ("file", "files", "lists", "output"))
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner, within)
    elif within and isinstance(value, str) and HEX64.fullmatch(value):
        yield value


def report(made: Verification, key: bytes) -> int:
    """Print what was found and shown; return the exit code."""
    for place, why in made.wrong + made.absent:
        print(f"{place}: {why}")
    if made.wrong:
        print("TAMPERED")
        return 1
    signed = f"{made.heads} heads by key {sha256(key)}" if made.heads else "no"
    print(f"consistent: {len(made.entries)} entries, each following the one before")
    print("signed:     " + signed)
    print("anchored:   " + (made.anchored or "no: no head from the store was handed in (--head)"))
    if made.absent:
        print("INCOMPLETE")
        return 3
    first, last = made.entries[0], made.entries[-1]
    print(f"run:        {first['data'].get('run')}, mode {first['mode'].upper()}")
    print(f"ended:      {last['data'].get('outcome')}, {last['data'].get('verdict')}")
    print("INTACT")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names."""
    parser = argparse.ArgumentParser(description="Verify the evidence of a cutover.")
    parser.add_argument("evidence", help="evidence.tar or evidence.tar.gz")
    parser.add_argument("--key", required=True, help="the public key, a PEM file")
    parser.add_argument("--head", help="a head of the run that was kept elsewhere")
    asked = parser.parse_args(arguments)
    try:
        key = read_public(asked.key)
        made = Verification(read_evidence(asked.evidence), key, asked.head)
        made.run()
    except Tampered as error:
        print(f"{error}\nTAMPERED")
        return 1
    except Unusable as error:
        print(error)
        return 3
    return report(made, key)


if __name__ == "__main__":
    sys.exit(main())
