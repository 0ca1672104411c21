"""Full-text search inside an archive: the same words and the same hits in both engines."""

from postroom.search.page import SearchHit, SearchPage
from postroom.search.query import SearchQuery
from postroom.search.search import search

__all__ = ["SearchHit", "SearchPage", "SearchQuery", "search"]
