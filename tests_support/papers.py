"""Documents to attach in tests: small, real, and made here."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import kreuzberg


def pdf(lines: list[str], pages: int = 1) -> bytes:
    """Make a PDF whose pages hold these lines, typed."""
    shown = b"".join(f"({line}) Tj T*\n".encode() for line in lines)
    content = b"BT /F1 18 Tf 60 780 Td 24 TL\n" + shown + b"ET"
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return _pdf(font, content, b"<< /Font << /F1 3 0 R >> >>", pages)


def picture(lines: list[str], folder: Path) -> bytes:
    """Make a PNG that shows these lines."""
    path = folder / "typed.pdf"
    path.write_bytes(pdf(lines))
    return bytes(kreuzberg.render_pdf_page(str(path), 0, dpi=100))


def scan(lines: list[str], folder: Path, pages: int = 1) -> bytes:
    """Make a PDF whose pages are pictures of these lines and hold no letters of their own."""
    png = picture(lines, folder)
    width, height = struct.unpack(">II", png[16:24])
    packed = b"".join(data for kind, data in _chunks(png) if kind == b"IDAT")
    image = _stream(
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB"
        " /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 3"
        f" /Columns {width} >>",
        packed,
    )
    return _pdf(image, b"q 595 0 0 842 0 0 cm /I Do Q", b"<< /XObject << /I 3 0 R >> >>", pages)


def png(width: int, height: int, row: bytes) -> bytes:
    """Make a grey PNG of equal rows."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(b"\0" + row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _pdf(resource: bytes, content: bytes, resources: bytes, pages: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (5 + page) for page in range(pages))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources "
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages,
        resource,
        _stream("", content),
        *[page + resources + b" >>"] * pages,
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    count = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + tail


def _stream(entries: str, content: bytes) -> bytes:
    head = f"<< {entries} /Length {len(content)} >>\nstream\n".encode()
    return head + content + b"\nendstream"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found
