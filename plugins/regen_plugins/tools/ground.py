"""Ground: the staged copy as a tool finds it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = (".venv/bin", "venv/bin", "node_modules/.bin")
_ARGUMENTS = 100_000  # bytes of paths in one command line; Linux takes 131,072 for one word, and more in all
OWN = ".regen-gate"
"""The folder of the copy for what tools need beside the project, such as a configuration of their own."""


def pieces(paths: Sequence[str]) -> Iterable[list[str]]:
    """Paths in portions that one command line can hold."""
    piece: list[str] = []
    size = 0
    for path in paths:
        length = len(os.fsencode(path)) + 1
        if piece and size + length > _ARGUMENTS:
            yield piece
            piece, size = [], 0
        piece.append(path)
        size += length
    if piece:
        yield piece


@dataclass(frozen=True, slots=True)
class Ground:
    """A staged copy.

    Attributes:
        copy: its folder.
        path: the generated files in it, relative to it; "." where they are beside the rest.
    """

    copy: Path
    path: str

    @property
    def tree(self) -> Path:
        """The folder of the generated files."""
        return self.copy / self.path

    def program(self, name: str) -> Path | None:
        """Where a program is: in the packages that the project has installed, else on the path."""
        for folder in self.up(self.tree):
            for programs in _PROGRAMS:
                if os.access(folder / programs / name, os.X_OK):
                    return folder / programs / name
        found = shutil.which(name)
        return None if found is None else Path(found)

    def python(self) -> Path | None:
        """The interpreter of the project's own packages."""
        places = (folder / programs / "python" for folder in self.up(self.tree) for programs in _PROGRAMS[:2])
        return next((place for place in places if os.access(place, os.X_OK)), None)

    def variables(self) -> dict[str, str]:
        """Where programs of the project are found, for commands."""
        own = [str(self.copy / programs) for programs in _PROGRAMS if (self.copy / programs).is_dir()]
        return {"PATH": os.pathsep.join([*own, os.environ.get("PATH", os.defpath)])}

    def up(self, folder: Path) -> Iterable[Path]:
        """A folder and those above it, as far as the copy goes."""
        while folder.is_relative_to(self.copy):
            yield folder
            folder = folder.parent

    def nearest(self, name: str, files: Sequence[str]) -> tuple[list[Path], list[Path]]:
        """Folders that hold a file of that name nearest above some files, and those files that have none above them."""
        found, without = set(), []
        for path in files:
            place = self.tree / path
            folder = next((above for above in self.up(place.parent) if (above / name).is_file()), None)
            found.add(folder) if folder is not None else without.append(place)
        return sorted(folder for folder in found if folder is not None), without

    def write(self, name: str, text: str) -> Path:
        """Put a file into the folder for what tools need; only where it is another, so that caches hold."""
        place = self.copy / OWN / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_file() or place.read_text("utf-8") != text:
            place.write_text(text, "utf-8")
        return place

    def there(self, files: Sequence[str]) -> list[str]:
        """Those of some files of the tree that are left, as absolute paths."""
        return [str(self.tree / path) for path in files if (self.tree / path).is_file()]

    def known(self, path: str, folder: Path) -> str:
        """A file as findings name it: relative to the generated files, else to the project."""
        place = Path(os.path.normpath(folder / path))
        for above in (self.tree, self.copy):
            if place.is_relative_to(above):
                return place.relative_to(above).as_posix()
        return str(place)
