"""Query: SPARQL views, the keys that a delta may affect, and the rows of keys."""

from regen.query.compile import compile_view
from regen.query.delta_index import Changed
from regen.query.view import Affected, Explained, View, Whole

__all__ = ["Affected", "Changed", "Explained", "View", "Whole", "compile_view"]
