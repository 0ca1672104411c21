"""Writes what a fuzzer starts from: `python seeds.py CORPUS FUZZ_CORPUS BASE`.

Into FUZZ_CORPUS raw properties of the messages of the PST files in CORPUS, by target: 1009 for
lzfu, 1013 for html, 007D for headers, all of them with a code page before them for codepage. Into
BASE the smallest of the files, which the targets of whole files damage.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pypff

TARGETS = {0x1009: "lzfu", 0x1013: "html", 0x007D: "headers"}
MOST_BYTES = 1 << 16
MOST_SEEDS = 300
MOST_FILES = 4


def messages(folder: pypff.folder) -> Iterator[pypff.message]:
    """Every message that can be loaded; the first that cannot ends it, which is enough here."""
    for index in range(folder.number_of_sub_messages):
        yield folder.get_sub_message(index)
    for index in range(folder.number_of_sub_folders):
        yield from messages(folder.get_sub_folder(index))


def properties(path: Path) -> Iterator[tuple[int, bytes]]:
    """Tag and bytes of the properties that some target reads."""
    file = pypff.file()
    file.open(str(path))
    try:
        for message in messages(file.get_root_folder()):
            for entry in message.record_sets[0].entries:
                if entry.entry_type in TARGETS and entry.data:
                    yield entry.entry_type, entry.data
    except OSError:
        return
    finally:
        file.close()


class Seeds:
    """A folder for each target, each seed once and none too large."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._count: dict[str, int] = {}

    def add(self, target: str, data: bytes) -> None:
        """Keeps the seed, unless there are enough of them."""
        count = self._count.get(target, 0)
        if count >= MOST_SEEDS or len(data) > MOST_BYTES:
            return
        folder = self._root / target
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / hashlib.sha256(data).hexdigest()[:16]
        self._count[target] = count + (not path.exists())
        path.write_bytes(data)


def main(corpus: Path, root: Path, base: Path) -> None:
    """Seeds of all files that can be opened."""
    seeds = Seeds(root)
    files = sorted(corpus.glob("*.?st"), key=lambda path: path.stat().st_size)
    for path in files:
        try:
            found = list(properties(path))
        except OSError:
            continue
        for tag, data in found:
            seeds.add(TARGETS[tag], data)
            seeds.add("codepage", (1252).to_bytes(2, "little") + data[:1024])
    for path in files[:MOST_FILES]:
        (base / path.name).write_bytes(path.read_bytes())


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
