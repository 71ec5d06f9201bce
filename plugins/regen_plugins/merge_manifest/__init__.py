"""Merge: manifests of dependencies become one by package; ranges that both sides changed by their intersection.

What reads and merges them is imported with the first file that needs merging.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay

_MANIFEST = re.compile(
    r"package\.json|pyproject\.toml|Cargo\.toml|go\.mod|(?:[\w.-]*-)?requirements(?:[-_.][\w.-]*)?\.(?:txt|in)"
)


@hookimpl
def regen_merge(three: ThreeWay) -> Merged | None:
    """Merge a manifest; decline other files, and where a side does not parse, or there is no base."""
    name = PurePosixPath(three.path).name
    if three.base is None or not _MANIFEST.fullmatch(name):
        return None
    from regen_plugins.keyed.merge import merge
    from regen_plugins.merge_manifest.manifest import known

    return merge(three, *known(name))
