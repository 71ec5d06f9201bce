"""Merge: three sides of any text file become one by lines; a file that is no text is a conflict."""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.lines.merge import merge
from regen.model.merge import Merged, ThreeWay


@hookimpl
def regen_merge(three: ThreeWay) -> Merged:
    """Merge what no plugin for the file's own language took."""
    return merge(three)
