"""Writes codepages.json, what Python's codecs say of our code pages: `python codepages.py`.

Each single-byte page as the 256 characters of its bytes, U+FFFD where it has none; for each
multi-byte page samples of text with their bytes in hex.
"""

from __future__ import annotations

import json
from pathlib import Path

SINGLE = {
    **{page: f"cp{page}" for page in (437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862)},
    **{page: f"cp{page}" for page in (863, 864, 865, 866, 869, 874)},
    **{page: f"cp{page}" for page in range(1250, 1259)},
    **{28590 + part: f"iso8859-{part}" for part in (*range(1, 11), *range(13, 17))},
    708: "iso8859-6",
    38598: "iso8859-8",
    20127: "ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    10000: "mac-roman",
    10004: "mac-arabic",
    10006: "mac-greek",
    10007: "mac-cyrillic",
    10010: "mac-romanian",
    10029: "mac-latin2",
    10079: "mac-iceland",
    10081: "mac-turkish",
    10082: "mac-croatian",
}
MULTIPLE = {
    932: "cp932",
    936: "gbk",
    949: "cp949",
    950: "cp950",
    54936: "gb18030",
    20936: "gb2312",
    51936: "gb2312",
    51949: "euc-kr",
    51932: "euc-jp",
    20932: "euc-jp",
    50220: "iso2022-jp",
    50221: "iso2022-jp",
    50225: "iso2022-kr",
    52936: "hz",
    65000: "utf-7",
    65001: "utf-8",
    1200: "utf-16-le",
    1201: "utf-16-be",
}
SAMPLES = (
    "plain ASCII, 1 + 1 ~ 2.\r\n",
    "日本語の文字、カタカナと漢字。",
    "ﾊﾝｶｸ ｶﾅ",
    "简体中文、测试。",
    "繁體中文、測試。",
    "한국어 시험",
    "Ελληνικά и русский",
    "é ü ñ €",
    "𠀋 😀",
)


def single(codec: str) -> str:
    return "".join(bytes([byte]).decode(codec, "replace") for byte in range(256))


def samples(codec: str) -> list[tuple[str, str]]:
    found = []
    for text in SAMPLES:
        # Kana and Cyrillic in Big5 are an addition of ETEN, which Python's cp950 has elsewhere.
        if codec == "cp950" and text.startswith(("日本語", "Ελ")):
            continue
        try:
            found.append((text.encode(codec).hex(), text))
        except UnicodeEncodeError:
            continue
    return found


def main() -> None:
    tables = {
        "single": {str(page): single(codec) for page, codec in SINGLE.items()},
        "multiple": {str(page): samples(codec) for page, codec in MULTIPLE.items()},
    }
    text = json.dumps(tables, ensure_ascii=False, indent=0, sort_keys=True)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
