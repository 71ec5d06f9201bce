"""Merge: three sides of a Python file become one by structure; `structure` says how.

libcst takes longer to import than an idle `apply` takes as a whole, so it comes with the first file that needs merging.
"""

from __future__ import annotations

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge Python; decline where a side does not parse, is no UTF-8, or there is no base."""
    if three.language != "python" or three.base is None:
        return None
    from regen_plugins.merge_python.structure import merge

    return merge(three)
