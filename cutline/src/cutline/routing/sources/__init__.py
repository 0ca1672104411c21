"""Where a switch is kept: one kind a file."""

from cutline.routing.sources.source import Fixed, Source, source_of

__all__ = ["Fixed", "Source", "source_of"]
