"""A package that offers entry points, in a folder that can be put onto the path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cutline.plan.kind import offered


def offer(site: Path, group: str, points: Mapping[str, str]) -> None:
    """Install a package `other` that offers entry points of a group."""
    meta = site / "other-1.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    lines = [f"[{group}]", *(f"{name} = {where}" for name, where in points.items())]
    (meta / "entry_points.txt").write_text("\n".join(lines) + "\n")
    offered.cache_clear()
