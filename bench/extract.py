"""The extractor beside openssl, readpst, pypff's loop and the file system."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from row import Row, best_of

WORK = Path(__file__).parents[1] / "build/bench"
BIN = Path(sys.executable).parent
ATTACHMENT_HEAVY_BYTES = 1_200_000_000
FOLDER_MAILS = 100_000
SMALL_ATTACHMENT_MAILS = 20_000
MANY_BLOCKS = 8_000_000
BYTES_PER_BLOCK = 75.3
"""Of a file whose streams are cut into blocks of 48 bytes, its B-trees left out."""
SAMPLED_EVERY_S = 0.002

PYPFF_LOOP = """
import sys, pypff
def walk(folder):
    for index in range(folder.number_of_sub_messages):
        message = folder.get_sub_message(index)
        entries = [(e.entry_type, e.data) for s in message.record_sets for e in s.entries]
        for number in range(message.number_of_attachments):
            attachment = message.get_attachment(number)
            attachment.read_buffer(attachment.get_size())
    for index in range(folder.number_of_sub_folders):
        walk(folder.get_sub_folder(index))
file = pypff.file()
file.open(sys.argv[1])
walk(file.get_root_folder())
"""


def synth(profile: str, name: str, *options: str) -> Path:
    """Return a PST of `pst-synth`, made once."""
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / f"{name}.pst"
    if not path.exists():
        part = path.with_suffix(".part")
        run(str(BIN / "pst-synth"), profile, "--out", str(part), *options)
        part.rename(path)
    return path


def run(*command: str) -> None:
    """Run a program to its end; its failure is ours."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def extract(path: Path) -> Callable[[Path], None]:
    """Return the work of extracting `path` into a folder, all outputs written."""

    def work(folder: Path) -> None:
        run(str(BIN / "pst-extract"), str(path), "--out", str(folder / "out"), "--jobs", "2")

    return work


def readpst(path: Path, *options: str) -> Callable[[Path], None]:
    """Return the work of readpst, one process, into a folder."""

    def work(folder: Path) -> None:
        run("readpst", "-q", "-j", "0", *options, "-o", str(folder), str(path))

    return work


def timed_apart(work: Callable[[Path], None], times: int = 3) -> float:
    """Return the seconds of the fastest `work`, each in a new folder and on a disk at rest.

    Deleting what an earlier one wrote is not its work; and a file system makes files slowly where
    many were just deleted, so nothing is deleted before the last one is done.
    """
    seconds = []
    with tempfile.TemporaryDirectory(dir=WORK) as place:
        for number in range(times):
            folder = Path(place) / str(number)
            folder.mkdir()
            os.sync()
            seconds.append(best_of(1, lambda folder=folder: work(folder)))
    os.sync()
    return min(seconds)


def attachment_heavy(scale: float) -> list[Row]:
    """Compare on a file that is mostly attachments."""
    size = int(ATTACHMENT_HEAVY_BYTES * scale)
    path = synth("large", f"attachments-{size}", "--size", str(size))
    ours = timed_apart(extract(path))
    openssl = best_of(3, lambda: run("openssl", "dgst", "-sha256", str(path)))
    peer = timed_apart(readpst(path, "-e"))
    claim = f"extract, attachment-heavy {size / 1e9:.2g} GB"
    return [
        Row(claim, "openssl dgst -sha256", ours, openssl, at_most=3.0),
        Row(claim, "readpst -j 0 -e", ours, peer, at_least=1.5),
    ]


def one_folder(scale: float) -> list[Row]:
    """Compare on one folder of many mails, and our own growth with ten times as many."""
    mails = int(FOLDER_MAILS * scale)
    path = synth("big-folder", f"folder-{mails}", "--mails", str(mails))
    ten = synth("big-folder", f"folder-{mails * 10}", "--mails", str(mails * 10))
    ours = timed_apart(extract(path))
    claim = f"extract, one folder of {mails:,} mails"
    loop = best_of(1, lambda: run(sys.executable, "-c", PYPFF_LOOP, str(path)))
    return [
        Row(claim, "readpst -j 0 -e", ours, timed_apart(readpst(path, "-e"), 2), at_least=8.0),
        Row(claim, "readpst -j 0 (mbox)", ours, timed_apart(readpst(path)), at_least=1.3),
        Row(claim, "pypff's loop alone", ours, loop, at_least=20.0),
        Row(f"extract, {mails * 10:,} mails", "a tenth of them", timed_apart(extract(ten), 1), ours,
            at_most=11.0),
    ]  # fmt: skip


def small_attachments(scale: float) -> list[Row]:
    """Compare with creating as many files of the same content."""
    mails = int(SMALL_ATTACHMENT_MAILS * scale)
    path = synth("many-attachments", f"small-{mails}", "--mails", str(mails))
    ours = timed_apart(extract(path))
    with tempfile.TemporaryDirectory(dir=WORK) as place:
        extract(path)(Path(place))
        objects = (Path(place) / "out/objects").rglob("*")
        contents = [file.read_bytes() for file in objects if file.is_file()]

    def create(folder: Path) -> None:
        for content in contents:
            name = hashlib.sha256(content).hexdigest()
            target = folder / name[:2]
            target.mkdir(exist_ok=True)
            (target / name).write_bytes(content)

    claim = f"extract, {len(contents):,} small attachments"
    return [Row(claim, "creating as many files", ours, timed_apart(create), at_most=1.5)]


def count_blocks(path: Path) -> int:
    """Return how many blocks a Unicode PST has: their ids ascend by 4, the header has the next."""
    with path.open("rb") as file:
        head = file.read(0x210)
    return int.from_bytes(head[0x204:0x20C], "little") // 4 - 1


def peak_anonymous_bytes(path: Path) -> int:
    """Return the most anonymous memory that extracting `path` holds at once.

    `RssAnon` of `/proc/PID/status`, sampled: `VmHWM` would count pages of files as well.
    """
    with tempfile.TemporaryDirectory(dir=WORK) as place:
        command = [str(BIN / "pst-extract"), str(path), "--out", f"{place}/out", "--jobs", "2"]
        peak = 0
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            status = Path(f"/proc/{process.pid}/status")
            while process.poll() is None:
                lines = status.read_text().splitlines()
                found = [int(line.split()[1]) for line in lines if line.startswith("RssAnon:")]
                peak = max([peak, *found])
                time.sleep(SAMPLED_EVERY_S)
        if process.returncode != 0 or peak == 0:
            message = f"pst-extract ended with {process.returncode}; nothing was measured"
            raise RuntimeError(message)
    return peak * 1024


def many_blocks(scale: float) -> list[Row]:
    """Bound the anonymous memory of reading a file of very many blocks."""
    size = int(MANY_BLOCKS * scale * BYTES_PER_BLOCK)
    path = synth("large", f"blocks-{size}", "--size", str(size), "--block-bytes", "48")
    claim = f"extract, {count_blocks(path) / 1e6:.2g} million blocks, anonymous memory"
    return [Row(claim, "RssAnon", peak_anonymous_bytes(path) / 1e6, None, at_most=300.0, unit="MB")]


def rows(scale: float) -> list[Row]:
    """Return the rows of the extractor; `scale` 1.0 is the size that each claim names."""
    return [
        *attachment_heavy(scale),
        *one_folder(scale),
        *small_attachments(scale),
        *many_blocks(scale),
    ]
