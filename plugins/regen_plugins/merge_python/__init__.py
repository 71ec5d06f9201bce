"""Merge: three sides of a Python file become one by structure; `structure` says how.

libcst takes longer to import than an idle `apply` takes as a whole, so it comes with the first file that needs merging.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from regen.hooks import hookimpl
from regen.model.merge import Merged, ThreeWay
from regen.model.settings import PluginSettings


class MergePython:
    """Merges Python by structure, but for files that `[merge] strategies` gives to lines."""

    def __init__(self) -> None:
        self._strategies: tuple[tuple[str, str], ...] = ()

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the strategies; the first that names a file's language, or whose glob holds its path, counts."""
        self._strategies = settings.strategies

    @hookimpl
    def regen_merge(self, three: ThreeWay) -> Merged | None:
        """Merge Python; decline where a side does not parse, is no UTF-8, or there is no base."""
        if three.language != "python" or three.base is None:
            return None
        for wanted, strategy in self._strategies:
            if wanted == three.language or fnmatchcase(three.path, wanted):
                if strategy == "lines":
                    return None
                break
        from regen_plugins.merge_python.structure import merge

        return merge(three)
