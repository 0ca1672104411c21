"""The probe `log`, on files that grow and are rotated."""

from __future__ import annotations

import gzip
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests_support.probing import NOW, asked

from cutline.plan.probe import Probe
from cutline.run.reading import Reading

COUNTED = {
    "log": {"file": "app.log", "count": {"v2": "routed to v2", "total": "routed to"}},
    "returns": {"v2": "int", "total": "int"},
    "over": "15m",
}
PROBE = Probe.model_validate(COUNTED)
TIMED = {
    "log": {
        "file": "app.log",
        "count": {"v2": "routed to v2", "total": "routed to"},
        "values": {"keys": r"request (\S+) routed"},
        "time": {"regex": r"^(\S+)", "format": "%Y-%m-%dT%H:%M:%S%z"},
    },
    "returns": {"v2": "int", "total": "int", "keys": "int"},
    "past": True,
}


class Service:
    """Something that writes a log, and a probe that looks at it each minute."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "app.log"
        self.log.touch()
        self.now = NOW
        self.offset: str | None = None
        self.written = 0

    def write(self, v1: int = 0, v2: int = 0) -> None:
        """Write lines; no two are the same."""
        with self.log.open("a") as file:
            for side in ["v1"] * v1 + ["v2"] * v2:
                self.written += 1
                file.write(f"Routing import request r{self.written} routed to {side}\n")

    def look(
        self, over: timedelta = timedelta(minutes=15), since: datetime | None = None
    ) -> Reading:
        """Ask a minute later, with the offset that the last reading left in the journal."""
        self.now += timedelta(minutes=1)
        found = asked(
            PROBE,
            self.folder,
            since=since or self.now - over,
            until=self.now,
            offset=self.offset,
        )
        self.offset = found.offset
        return found


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service whose log was looked at once."""
    service = Service(tmp_path)
    service.write(v1=5)
    assert service.look().values == {"v2": 0, "total": 0}
    return service


def test_lines_count_when_they_are_first_read(service: Service) -> None:
    """What was there before the first reading is nobody's; then each line counts for `over`."""
    service.write(v1=9, v2=1)
    assert service.look().values == {"v2": 1, "total": 10}
    service.write(v1=8, v2=2)
    assert service.look().values == {"v2": 3, "total": 20}
    for _ in range(14):
        found = service.look()
    assert found.values == {"v2": 2, "total": 10}
    assert service.look().values == {"v2": 0, "total": 0}


def test_a_half_written_line_counts_once_it_is_whole(service: Service) -> None:
    """Neither lost nor counted twice."""
    with service.log.open("a") as file:
        file.write("Routing import request r routed")
    assert service.look().values == {"v2": 0, "total": 0}
    with service.log.open("a") as file:
        file.write(" to v2\n")
    assert service.look().values == {"v2": 1, "total": 1}


def test_what_was_before_a_switch_does_not_count_for_it(service: Service) -> None:
    """A span that begins at a switch has the lines since then alone, also at the first look."""
    service.write(v1=50)
    switched = service.now + timedelta(seconds=30)
    assert service.look(since=switched).values == {"v2": 0, "total": 0}
    service.write(v2=7)
    assert service.look(since=switched).values == {"v2": 7, "total": 7}


@pytest.mark.parametrize("rotated", ["app.log.1", "app.log-20260221", "app.log.2026-02-21_12"])
def test_a_renamed_log_is_read_to_its_end(rotated: str, service: Service) -> None:
    """Rename and create: what came after the last look is in the old file, and more in the new."""
    service.write(v2=1)
    assert service.look().values == {"v2": 1, "total": 1}
    service.write(v2=2)
    service.log.rename(service.folder / rotated)
    assert service.look().values == {"v2": 3, "total": 3}
    service.log.touch()
    assert service.look().values == {"v2": 3, "total": 3}
    service.write(v2=4)
    assert service.look().values == {"v2": 7, "total": 7}


def test_a_log_that_was_renamed_compressed_and_renamed_again_is_followed(service: Service) -> None:
    """Three generations between two looks, the oldest of them compressed."""
    service.write(v2=1)
    service.look()
    service.write(v2=2)
    with (
        service.log.open("rb") as plain,
        gzip.open(service.folder / "app.log.2.gz", "wb") as packed,
    ):
        shutil.copyfileobj(plain, packed)
    service.log.unlink()
    service.write(v2=3)
    service.log.rename(service.folder / "app.log.1")
    service.write(v2=4)
    assert service.look().values == {"v2": 10, "total": 10}


def test_a_log_that_is_being_compressed_counts_once(service: Service) -> None:
    """The original and its unfinished archive lie beside each other."""
    service.write(v2=2)
    service.log.rename(service.folder / "app.log.1")
    (service.folder / "app.log.1.gz").write_bytes(gzip.compress(b"routed to v2\n" * 9)[:20])
    service.write(v2=3)
    assert service.look().values == {"v2": 5, "total": 5}


@pytest.mark.parametrize("more", [0, 1, 500])
def test_a_copied_and_truncated_log_is_followed(more: int, service: Service) -> None:
    """The same file begins anew, also where it has grown beyond the old offset since."""
    service.write(v2=3)
    service.look()
    service.write(v2=2)
    shutil.copy2(service.log, service.folder / "app.log.1")
    with service.log.open("r+") as file:
        file.truncate(0)
    service.write(v2=more)
    assert service.look().values == {"v2": 5 + more, "total": 5 + more}


@pytest.mark.parametrize("more", [0, 500])
def test_lost_lines_are_no_reading(more: int, service: Service) -> None:
    """A log that was cut without a copy has lost lines: that is blind until they are out of it."""
    service.write(v2=3)
    service.look()
    service.log.write_text("")
    service.write(v2=more)
    lost = service.look()
    assert lost.values is None
    assert "lines of this log are lost" in lost.why


def test_counting_goes_on_once_the_loss_is_past(service: Service) -> None:
    """Blind for as long as the span reaches back to what is lost, and no longer."""
    service.write(v2=3)
    service.look()
    service.log.write_text("")
    readings = [service.look() for _ in range(18)]
    assert readings[0].values is None
    assert readings[-1].values is not None
    service.write(v2=2)
    assert service.look().values == {"v2": 2, "total": 2}


def test_a_longer_span_is_counted_from_where_the_log_stood(service: Service) -> None:
    """A mark or a whole stage has most of its lines, and never any from before it."""
    for _ in range(600):
        service.write(v2=1)
        service.look()
    assert service.look().values == {"v2": 14, "total": 14}
    for minutes in (60, 200, 500):
        found = service.look(over=timedelta(minutes=minutes))
        assert found.values is not None, found.why
        assert minutes * 0.6 < int(str(found.values["v2"])) <= minutes
    assert len(service.offset or "") < 3000


def test_a_span_of_which_too_little_is_known_is_no_reading(service: Service) -> None:
    """After an absence it is not known which lines are of the span's first half."""
    service.now += timedelta(hours=10)
    service.write(v2=9)
    service.look()
    found = service.look(over=timedelta(hours=5))
    assert found.values is None
    assert "too little is known" in found.why


def test_the_trail_in_the_journal_stays_short(service: Service) -> None:
    """Ticks of a second do not make the journal grow by what was kept of each."""
    for _ in range(900):
        service.now += timedelta(seconds=-59)
        service.look()
    assert len(service.offset or "") < 3000


def test_a_log_that_is_not_there_is_no_reading(tmp_path: Path) -> None:
    """A misspelt path does not count zero lines."""
    found = asked(COUNTED, tmp_path)
    assert found.values is None
    assert found.why == "there is no log app.log"


def line(at: datetime, key: str, side: str) -> str:
    """One line with a time."""
    return f"{at:%Y-%m-%dT%H:%M:%S}+00:00 Routing import request {key} routed to {side}\n"


def test_lines_with_a_time_are_counted_by_it(tmp_path: Path) -> None:
    """Through compressed, renamed and live files, each line once, `until` not among them."""
    minutes = [timedelta(minutes=at) for at in range(60)]
    lines = [line(NOW - m, f"k{n % 7}", "v2" if n % 2 else "v1") for n, m in enumerate(minutes)]
    lines.reverse()
    packed = gzip.compress("".join(lines[:48]).encode())
    (tmp_path / "app.log.2.gz").write_bytes(packed)
    (tmp_path / "app.log.1").write_text("".join(lines[48:54]) + "Traceback routed to v2\n")
    (tmp_path / "app.log").write_text("".join(lines[54:]))
    found = asked(TIMED, tmp_path)
    # minutes 1 to 15 ago, and the traceback that belongs to minute 6
    assert found.values == {"v2": 9, "total": 16, "keys": 7}, found.why
    yesterday = asked(TIMED, tmp_path, since=NOW - timedelta(minutes=60), is_late=True)
    assert yesterday.values == {"v2": 31, "total": 60, "keys": 7}


def test_a_long_log_is_searched_from_where_the_span_begins(tmp_path: Path) -> None:
    """Halving finds the same lines as reading all of it."""
    path = tmp_path / "app.log"
    seconds = range(40_000, 0, -1)
    path.write_text("".join(line(NOW - timedelta(seconds=s), f"k{s}", "v2") for s in seconds))
    assert path.stat().st_size > 2_000_000
    found = asked(TIMED, tmp_path, since=NOW - timedelta(seconds=500))
    assert found.values == {"v2": 500, "total": 500, "keys": 500}
    early = asked(
        TIMED,
        tmp_path,
        since=NOW - timedelta(seconds=40_000),
        until=NOW - timedelta(seconds=39_990),
    )
    assert early.values == {"v2": 10, "total": 10, "keys": 10}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-02-21T11:59:00Z"),
        ("epoch", f"{(NOW - timedelta(minutes=1)).timestamp():.3f}"),
        ("epoch_ms", f"{(NOW - timedelta(minutes=1)).timestamp() * 1000:.0f}"),
        ("%d/%b/%Y:%H:%M:%S", "21/Feb/2026:11:59:00"),
        ("%Y-%m-%d_%H.%M.%S,%f", "2026-02-21_11.59.00,123"),
    ],
)
def test_times_are_read_in_many_forms(form: str, text: str, tmp_path: Path) -> None:
    """A time without a zone is UTC."""
    (tmp_path / "app.log").write_text(f"{text} routed to v2\n")
    probe = {**TIMED, "log": {**TIMED["log"], "time": {"regex": r"^(\S+)", "format": form}}}  # type: ignore[dict-item]
    assert asked(probe, tmp_path).values == {"v2": 1, "total": 1, "keys": 0}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"time": {"regex": r"^(\d+)", "format": "%Y"}}, "no line of app.log tells a time"),
        ({"time": {"regex": r"^\S+", "format": "iso"}}, "no group"),
        ({"time": {"regex": r"(", "format": "iso"}}, "no regular expression"),
        ({"time": {"regex": r"^(\S+)", "format": "%b %d"}}, "tells no year"),
        ({"values": {"keys": "("}}, "no regular expression"),
        ({"values": {"keys": "x"}}, "no group"),
        ({"time": None}, "cannot be counted in the past"),
    ],
)
def test_what_cannot_be_read_by_its_time_is_no_reading(
    more: dict[str, object], why: str, tmp_path: Path
) -> None:
    """A wrong pattern does not count zero lines."""
    (tmp_path / "app.log").write_text("now: routed to v2\n")
    found = asked({**TIMED, "log": {**TIMED["log"], **more}}, tmp_path, is_late=True)  # type: ignore[dict-item]
    assert found.values is None
    assert why in found.why


def test_a_damaged_archive_is_no_reading(tmp_path: Path) -> None:
    """What cannot be unpacked was not counted."""
    packed = gzip.compress(line(NOW - timedelta(minutes=1), "k", "v2").encode())
    (tmp_path / "app.log.1.gz").write_bytes(packed[:-12])
    (tmp_path / "app.log").write_text("")
    found = asked(TIMED, tmp_path)
    assert found.values is None
    assert "app.log.1.gz" in found.why


def test_keys_may_be_listed(tmp_path: Path) -> None:
    """A field declared a list has the keys themselves, such as the callers of v1."""
    (tmp_path / "app.log").write_text(
        line(NOW - timedelta(minutes=1), "b", "v2") + line(NOW - timedelta(minutes=1), "a", "v2")
    )
    probe = {**TIMED, "returns": {"keys": "list(string)"}}
    assert asked(probe, tmp_path).values == {"keys": ("a", "b")}
