"""The pilot's own parts, tested where they run: one of its release gates."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import stack


class Staging(unittest.TestCase):
    """A staging environment that starts, deploys, rolls back and restores."""

    def setUp(self) -> None:
        """Start one of its own."""
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = Path(kept.name)
        stack.up(self.folder, 0)
        self.addCleanup(stack.down, self.folder)

    def test_a_deploy_can_be_rolled_back(self) -> None:
        """The version before comes back, and comes back once more."""
        self.assertEqual(stack.deploy(self.folder, "2.0.0")["version"], "2.0.0")
        self.assertEqual(stack.roll_back(self.folder)["version"], "1.0.0")

    def test_a_restore_never_overwrites(self) -> None:
        """A person in a hurry cannot destroy the database by restoring."""
        kept = self.folder / "kept.sqlite"
        stack.snapshot(self.folder, kept)
        with self.assertRaises(SystemExit):
            stack.restore(kept, self.folder / "staging.sqlite")
