"""What a wrong plan is told: pairs of a plan and the faults that it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutline.errors import CannotMeasure
from cutline.plan.fault import PlanRefused
from cutline.plan.load import load

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))


def faults(path: Path) -> str:
    with pytest.raises(PlanRefused) as caught:
        load(path, may_miss=True)
    return "".join(f"{one}\n" for one in caught.value.faults if not one.is_warning)


def test_the_plan_that_the_wrong_ones_come_from_is_good() -> None:
    """Each wrong plan is this one with one thing wrong."""
    assert load(HERE / "good.yaml", may_miss=True).warnings == ()
    assert len(BAD) > 100


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_wrong_plan_is_refused_with_place_and_nearest_word(path: Path) -> None:
    """File, line, column, what is wrong, and the word that was probably meant."""
    assert faults(path) == path.with_suffix(".txt").read_text()


def test_no_refusal_shows_a_secret() -> None:
    """What was written in plain text is not repeated in what people paste into a ticket."""
    for path in (HERE / "bad").glob("*.txt"):
        assert "hunter2" not in path.read_text()
        assert "ghp_" not in path.read_text()


def test_a_plan_that_is_not_there_could_not_be_read() -> None:
    """That is exit 3 and no refusal: nothing is known about the plan."""
    with pytest.raises(CannotMeasure, match="cannot be read"):
        load(HERE / "none.yaml")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"- a\n- b\n", "a plan is keys with values"),
        (b"\xff\xfe\x00", "no UTF-8"),
        (b"a: &a [*a]\n", "nested deeper"),
        (b"a: " + b"[" * 10_000, "nested deeper"),
        (b"a: " + b"[" * 60 + b"]" * 60, "nested deeper"),
        (b"x" * 1_000_001, "larger than"),
        (b"a: 1\n---\nb: 2\n", "expected a single document"),
        (b"cutline: *none\n", "found undefined alias"),
        (b"{[a]: b}\n", "a key is one word"),
        (b"a: .inf\n", "`.inf` is no number"),
        (b"a: 99999999999999999999\n", "larger than 2^53-1"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_in_words(
    tmp_path: Path, content: bytes, what: str
) -> None:
    """Whatever stands in the file: a fault at a place, never a traceback."""
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    assert what in faults(path)


def test_anchors_that_unfold_without_end_are_bounded(tmp_path: Path) -> None:
    """Nine levels of ten aliases are a billion values: refused after fifty thousand."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path = tmp_path / "plan.yaml"
    path.write_text("\n".join(rows))
    assert "anchors unfold to more than 50000 values" in faults(path)


def test_an_anchor_may_be_used_where_it_is_small(tmp_path: Path) -> None:
    """Anchors are YAML's own way to say a thing once."""
    text = (HERE / "good.yaml").read_text()
    text = text.replace("gates: [healthy, success]", "gates: &both [healthy, success]", 1)
    text = text.replace("    gates: [healthy, success]", "    gates: *both")
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    stages = load(path, may_miss=True).plan.stages
    assert stages[0].gates == stages[1].gates == ("healthy", "success")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """What a run copies lies beside its plan."""
    (tmp_path / "other").write_text("SELECT 1")
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "link.sql").symlink_to(tmp_path / "other")
    text = (HERE / "bad" / "query_file_that_is_not_there.yaml").read_text()
    (folder / "plan.yaml").write_text(text.replace("queries/none.sql", "link.sql"))
    assert "leads out of the plan's folder" in faults(folder / "plan.yaml")
