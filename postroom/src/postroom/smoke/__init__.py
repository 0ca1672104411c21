"""Smoke checks: what a person would try first on a service, done by a program and said plainly."""

from postroom.smoke.asked import Asked
from postroom.smoke.service import Service
from postroom.smoke.smoke import CHECKS, smoke
from postroom.smoke.verdict import Checked, Outcome

__all__ = ["CHECKS", "Asked", "Checked", "Outcome", "Service", "smoke"]
