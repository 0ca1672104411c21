"""Both products before any test: a test folder of the same name never stands in for a package."""

import cutline
import postroom

__all__ = ["cutline", "postroom"]
