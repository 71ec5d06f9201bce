"""Merge: three sides of a JSON, TOML or YAML file become one by key; `regen_plugins.keyed` says how.

What reads and merges them is imported with the first file that needs merging.
"""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay

_LANGUAGES = frozenset(("json", "toml", "yaml"))


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge a data file; decline where a side does not parse, is no UTF-8, or there is no base."""
    if three.language not in _LANGUAGES or three.base is None:
        return None
    from regen_plugins.keyed.formats import format_of
    from regen_plugins.keyed.merge import merge
    from regen_plugins.keyed.rules import Rules

    return merge(three, format_of(three.language), Rules())
