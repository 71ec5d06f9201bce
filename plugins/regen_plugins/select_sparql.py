"""Select: a SPARQL view becomes a selector with delta queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from regen.hooks import hookimpl

if TYPE_CHECKING:
    from regen.hooks.protocols import Selector


@hookimpl
def regen_select(text: str, prefixes: Mapping[str, str], where: str) -> Selector:
    """Compile every view; there is no other query language among the built-in plugins."""
    from regen.query.compile import compile_view

    return compile_view(text, prefixes, where=where)
