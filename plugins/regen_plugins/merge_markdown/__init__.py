"""Merge: three sides of a Markdown file become one by section, and their front matter by key.

What reads and merges them is imported with the first file that needs merging.
"""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge a Markdown file; decline where a side is no UTF-8, or there is no base."""
    if three.language != "markdown" or three.base is None:
        return None
    from regen_plugins.merge_markdown.structure import merge

    return merge(three)
