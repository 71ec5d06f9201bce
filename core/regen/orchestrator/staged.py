"""Staged: the copy of an environment's project, with a candidate in it, for gates that run tools.

It stays in `.regen/staged/`, and is brought from one candidate to the next by what differs. Nothing is copied before a
gate asks for it.
"""

from __future__ import annotations

import logging
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import anyio.to_thread

from regen.errors import PathError, StateError
from regen.staging import Given, Linked, Listing, StagedCopy, Wanted, list_project, on_disk
from regen.staging.listing import ignored_by_git
from regen.staging.manifest import MANIFEST
from regen.state.survey import default_mode

if TYPE_CHECKING:
    from regen.model.plan import PlanItem
    from regen.orchestrator.session import Place, Session

FOLDER = "staged"
"""Of the copies, in `.regen`."""

_LOG = logging.getLogger("regen.staged")


class Staging:
    """The staged copy of one environment, while a project is open."""

    def __init__(self, folder: Path) -> None:
        self._copy = StagedCopy(folder)
        self._layout: Layout | None = None
        self._wanted: dict[str, Wanted] = {}
        self._changes: tuple[PlanItem, ...] = ()

    def begin(self) -> None:
        """Look at the project anew when a gate asks next: it is asked about another candidate."""
        self._layout, self._changes = None, ()

    async def bring(self, session: Session, place: Place, changes: tuple[PlanItem, ...]) -> Path:
        """Bring the copy to a candidate; asked again for the same one, only what tools changed is mended.

        Raises:
            StateError: it cannot be brought there.
        """
        if self._layout is None:
            layout = layout_of(session, place)
            artifacts = [path for _, _, path in place.records.paths()]
            self._wanted = await anyio.to_thread.run_sync(partial(layout.wanted, artifacts, changes))
            self._layout, self._changes = layout, changes
        await anyio.to_thread.run_sync(self._copy.bring, self._wanted, self._layout.ignored)
        return self._copy.folder

    async def follow(self) -> None:
        """Bring it to the release that the candidate became, with what tools left taken back."""
        layout, changes = self._layout, self._changes
        if layout is None:
            return
        self.begin()
        try:
            layout.release(self._wanted, changes)
            await anyio.to_thread.run_sync(self._copy.bring, self._wanted, layout.ignored)
        except (StateError, PathError, OSError) as error:  # the release is made; the next candidate mends the copy
            _LOG.warning("%s", error)


def staging(session: Session, place: Place) -> Staging:
    """The staged copy of an environment; nothing is copied yet."""
    found = session.staged.get(place.name)
    if found is None:
        found = session.staged[place.name] = Staging(session.state.folder / FOLDER / place.name)
    return found


def forget_copies(session: Session) -> None:
    """Remove the copies of environments that the configuration does not have any more."""
    names = {environment.name for environment in session.config.environments}
    folder = session.state.folder / FOLDER
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if place.name.removesuffix(MANIFEST) not in names:
            shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()


def layout_of(session: Session, place: Place) -> Layout:
    """Where things are in a project and in its copy."""
    root = session.config.root
    target = str(PurePosixPath(place.environment.target))
    stands = place.root.relative_to(root).as_posix()
    tree = target if stands.startswith(".regen/") else stands
    others = (str(PurePosixPath(one.target)) for one in session.config.environments if one.name != place.name)
    without = [other for other in others if not PurePosixPath(target).is_relative_to(other)]
    if tree != target or stands != tree:
        without += [target] if target != "." else [tree]
    return Layout(root, place.root, tree, tuple(without))


@dataclass(slots=True)
class Layout:
    """A project's folder, and what of it is where in its copy.

    Attributes:
        root: the project.
        stands: the folder in which the environment's files are read.
        tree: where they are in the copy, relative to it.
        without: folders of the project that are not in the copy.
        git: whether git says what the project ignores.
    """

    root: Path
    stands: Path
    tree: str
    without: tuple[str, ...]
    git: bool = False

    def wanted(self, artifacts: Iterable[str], changes: Iterable[PlanItem]) -> dict[str, Wanted]:
        """What the copy has to hold: the project, the environment's files, and the candidate's in their places.

        Raises:
            StateError: the project cannot be listed.
        """
        try:
            return self._wanted(artifacts, changes)
        except OSError as error:
            raise StateError(
                f"the project cannot be listed: {error.strerror}", where=error.filename, hint="mend its permissions"
            ) from error

    def _wanted(self, artifacts: Iterable[str], changes: Iterable[PlanItem]) -> dict[str, Wanted]:
        listing = list_project(self.root, self.without)
        self.git = listing.git
        found: dict[str, Wanted | None] = {path: on_disk(self.root / path, self.root) for path in listing.files}
        unlisted = (path for path in artifacts if self.place(path) not in found)
        found.update([(self.place(path), on_disk(self.stands / path, self.root)) for path in unlisted])
        found |= _links(listing, self.root)
        for item in changes:
            if item.moved_from is not None:
                found[self.place(item.moved_from)] = None
        for item in changes:
            found[self.place(item.path)] = self._given(item)
        return {path: want for path, want in found.items() if want is not None}

    def release(self, wanted: dict[str, Wanted], changes: Iterable[PlanItem]) -> None:
        """The same after the candidate became a release: what stands there is read from now on."""
        for item in changes:
            stands = on_disk(self.stands / item.path, self.root)
            if stands is None:
                wanted.pop(self.place(item.path), None)
            else:
                wanted[self.place(item.path)] = stands

    def place(self, path: str) -> str:
        """Where a file of the environment is in the copy."""
        return path if self.tree == "." else f"{self.tree}/{path}"

    def ignored(self, paths: list[str]) -> frozenset[str]:
        """Paths of the copy whose files a tool may leave there: those that the project ignores, but for outputs."""
        if not self.git:
            return frozenset()
        own = f"{self.tree}/"
        return ignored_by_git(self.root, [path for path in paths if not path.startswith(own)])

    def _given(self, item: PlanItem) -> Given | None:
        if item.content is None:
            return None
        try:
            mode = stat.S_IMODE((self.stands / (item.moved_from or item.path)).stat().st_mode)
        except OSError:
            mode = default_mode()
        return Given(item.content, mode)


def _links(listing: Listing, root: Path) -> dict[str, Linked]:
    return {path: Linked(str(root / path)) for path in listing.linked}
