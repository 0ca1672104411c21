"""Tesseract's language data: the wheel carries the program, the system its languages."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

TESSDATA: Final = "TESSDATA_PREFIX"
_DEBIAN_TESSDATA: Final = Path("/usr/share/tesseract-ocr")


@cache
def tessdata() -> Path | None:
    """Find the folder of the language data: `TESSDATA_PREFIX`, else Debian's; None if none."""
    named = os.environ.get(TESSDATA)
    folders = [Path(named)] if named else sorted(_DEBIAN_TESSDATA.glob("*/tessdata"), reverse=True)
    return next((folder for folder in folders if _languages(folder)), None)


def ocr_language() -> str | None:
    """English where it is installed, else the first language, else None."""
    folder = tessdata()
    if folder is None:
        return None
    languages = _languages(folder)
    return "eng" if "eng" in languages else languages[0]


def _languages(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.traineddata") if file.stem != "osd")
