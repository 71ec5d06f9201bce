"""Merge: three sides of an SQL script become one by statement, and tables by column.

What reads and merges them is imported with the first file that needs merging.
"""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge a script; decline where a side cannot be cut into statements, is no UTF-8, or there is no base."""
    if three.language != "sql" or three.base is None:
        return None
    from regen_plugins.merge_sql.structure import merge

    return merge(three)
