"""The probe `postroom_carry_lag`: what a gate is told of the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests_support.moved import Moved, moved

from cutline.plan.probe import Probe
from cutline.probes.answer import NoReading
from cutline.probes.context import Asked, Context
from cutline.run.reading import Question
from postroom.carry_probe import measure
from postroom.move.carry_back import carry_once
from postroom.move.rollback import roll_back


@pytest.fixture
def source(
    postgres_dsn: str, source_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Moved:
    """A source that was switched to PostgreSQL, in a schema of its own."""
    monkeypatch.setenv("PROBED", postgres_dsn)
    return moved(tmp_path, postgres_dsn, source_id)


def asked(tmp_path: Path) -> Asked:
    """Ask as of now; the lag is no matter of a span."""
    now = datetime.now(UTC)
    returns = {"entries": "int", "oldest_s": "double"}
    # Any kind will do: what is asked of this one is in its config.
    probe = Probe.model_validate({"postroom_ingests": {}, "over": "1m", "returns": returns})
    return Asked("lag", probe, Question("lag", None, now, now), Context(tmp_path))


def test_the_lag_is_counted_and_its_oldest_entry_timed(source: Moved, tmp_path: Path) -> None:
    """Nothing to carry is nothing that waits."""
    config = {"source": source.source_id, "dsn": "env:PROBED"}
    source.keep("a", "b")
    found = measure(config, asked(tmp_path)).values
    assert found["entries"] == 2
    assert isinstance(found["oldest_s"], float)
    assert 0 < found["oldest_s"] < 60
    carry_once(source.file, source.dsn)
    assert measure(config, asked(tmp_path)).values == {"entries": 0, "oldest_s": 0.0}


def test_what_cannot_be_known_is_no_lag_of_nothing(
    source: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is gone, a table that does not log, a source elsewhere: no reading."""
    config = {"source": source.source_id, "dsn": "env:PROBED"}
    with source.admin() as connection:
        connection.execute(f'ALTER TABLE "{source.server.schema}".item_meta DISABLE TRIGGER ALL')
    with pytest.raises(NoReading, match="not known"):
        measure(config, asked(tmp_path))
    with source.admin() as connection:
        for name in ("insert", "update", "delete", "truncate"):
            table = f'"{source.server.schema}".item_meta'
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER move_{name}")
    roll_back(source.file, source.dsn, wait_s=5)
    with pytest.raises(NoReading, match="nothing is carried back"):
        measure(config, asked(tmp_path))
    monkeypatch.setenv("PROBED", "postgresql:///x?host=/nowhere")
    with pytest.raises(NoReading, match="not known"):
        measure(config, asked(tmp_path))
    with pytest.raises(NoReading, match="does not know these keys"):
        measure({**config, "sorce": "x"}, asked(tmp_path))
