"""Scene: what a watch looks at, and which events there may change what a cycle does."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from regen.config import Config
from regen.dataset.files import IGNORE_FILE

CONFIGURATION = frozenset({"regen.toml", "pyproject.toml"})


@dataclass(frozen=True, slots=True)
class Scene:
    """What is watched of a project, as its folders are now.

    Attributes:
        root: the project's folder.
        inputs: what the configuration names: folders, files, and the fixed parts of globs; they need not exist.
        deep: folders that are watched with all that is in them.
        flat: folders that are watched themselves, for inputs that come, go, or lie in them.
        outputs: folders that releases are written to.
    """

    root: Path
    inputs: tuple[Path, ...]
    deep: tuple[Path, ...]
    flat: tuple[Path, ...]
    outputs: tuple[Path, ...]

    def wants(self, path: Path) -> bool:
        """Whether an event at a path may change what a cycle does."""
        if path.parent == self.root and path.name in CONFIGURATION:
            return True
        if any(place.is_relative_to(path) for place in self.inputs):
            return True
        if path.name.endswith("~") or (path.name.startswith(".") and path.name != IGNORE_FILE):
            return False
        parts = path.relative_to(self.root).parts if path.is_relative_to(self.root) else ()
        if not {".regen", ".git", "regen.lock"}.isdisjoint(parts):
            return False
        # An output may lie in an input and the other way round: the inner one of the two says what a path is.
        inside = max((len(place.parts) for place in self.inputs if path.is_relative_to(place)), default=0)
        outside = max((len(place.parts) for place in self.outputs if path.is_relative_to(place)), default=0)
        return 0 < inside >= outside

    def stays(self, paths: Iterable[str]) -> bool:
        """Whether changes at these paths cannot change what there is to watch: all lie in folders watched with them."""
        return all(any(path.startswith(f"{place}{os.sep}") for place in self.deep) for path in paths)

    def moved(self, paths: Iterable[str]) -> bool:
        """Whether a change came to a watched folder itself, so that it has to be watched anew."""
        places = (*self.deep, *self.flat)
        return any(place.is_relative_to(path) for place in places for path in paths)


def scene(config: Config) -> Scene:
    """What to watch of a project."""
    root = config.root
    inputs: set[Path] = set()
    deep: set[Path] = set()
    flat = {root}
    for entry in (*config.project.graphs, *(t for t in config.project.templates if not t.startswith("pack:"))):
        parts = Path(entry).parts
        fixed = next((n for n, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
        place = root.joinpath(*parts[:fixed])
        inputs.add(place)
        flat.update(p for p in place.parents if p.is_relative_to(root) and p.is_dir())
        if place.is_dir():
            in_folder = fixed == len(parts) - 1 and "**" not in parts[-1]
            (flat if in_folder else deep).add(place)
    deep = {place for place in deep if deep.isdisjoint(place.parents)}
    flat = {place for place in flat if deep.isdisjoint((place, *place.parents))}
    outputs = (root / environment.target for environment in config.environments)
    return Scene(root, *(tuple(sorted(places)) for places in (inputs, deep, flat, outputs)))
