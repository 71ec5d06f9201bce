"""Restore: for each path that differs from an earlier release, what it gets, with the edits made since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from regen.model.artifact import ArtifactId
from regen.model.deploy import Change
from regen.model.merge import ThreeWay
from regen.model.release import Version
from regen.stages.deploy.values import Edit, Remerge, Target
from regen.state.blobs import digest_of
from regen.state.codec import artifact_of, artifact_text
from regen.state.ledger import OpenConflict
from regen.state.opening import State
from regen.state.releases import at_path, contents, found_before, left_at


@dataclass(frozen=True, slots=True)
class Standing:
    """An artifact as it stands now: its path, and the digests of what regen wrote there and of the render in it."""

    artifact: ArtifactId
    path: str
    content: str | None
    base: str | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What one path gets.

    Attributes:
        artifact: whose path it was or becomes.
        standing: the artifact that has the path now; None where none has.
        version: what the release holds there; None: nothing.
        change: for the disk; None where the file is left as it is.
        found: digest of what is on disk now; None: no file.
        deleted: whether the user deleted the file, so that it is not written.
        orphan: the current version of an edited file that the release does not have, and that stays.
        conflict: where a file that regen does not own stands in the way and is left.
        set_aside: digest of bytes that leave the disk.
        edit: what a person is told.
    """

    path: str
    artifact: ArtifactId
    standing: Standing | None
    version: Version | None
    change: Change | None
    found: str | None
    deleted: bool = False
    orphan: Version | None = None
    conflict: OpenConflict | None = None
    set_aside: str | None = None
    edit: Edit | None = None


class Restoring:
    """Works out what paths get.

    Args:
        to: the release that is restored.
        discard_edits: whether edits are set aside instead of merged.
    """

    def __init__(self, state: State, target: Target, to: int, remerge: Remerge, *, discard_edits: bool) -> None:
        self._state = state
        self._target = target
        self._to = to
        self._remerge = remerge
        self._discard = discard_edits
        self._rootless = not target.tree.exists()
        self._versions: dict[str, Version | None] = {}
        self._returning: set[ArtifactId] = set()

    def all_paths(self, paths: Iterable[str]) -> list[str]:
        """These paths and all of the release: for an output root that was cleaned away."""
        held = (version.path for version in contents(self._state.db, self._target.environment, self._to))
        return sorted({*paths, *held})

    def work_out(self, paths: Iterable[str]) -> list[Restored]:
        """What each path gets, in the order of the paths; reads the disk and stores blobs, writes nothing else."""
        wanted = list(paths)
        for path in wanted:
            if path not in self._versions:
                self._versions[path] = at_path(self._state.db, self._target.environment, path, self._to)
        versions = (self._versions[path] for path in wanted)
        self._returning = {version.artifact for version in versions if version is not None}
        return [one for path in wanted if (one := self._path(path)) is not None]

    def _path(self, path: str) -> Restored | None:
        standing = self._standing("path = ?", (path,))
        version = self._versions[path]
        disk = self._read(path)
        if version is not None:
            return self._back(version, standing, disk)
        if standing is None:
            return None  # nothing then, nothing now: it came and went in between
        return self._away(path, standing, disk)

    def _away(self, path: str, standing: Standing, disk: bytes | None) -> Restored | None:
        """The release had nothing of regen's here: the file goes, unless it was edited."""
        found = self._put(disk, standing)
        before = found_before(self._state.db, self._target.environment, path, self._to)
        one = Restored(path, standing.artifact, standing, None, None, found)
        goes_along = standing.artifact in self._returning  # with its edits, to the path that it had
        edited = found is not None and found not in (standing.base, before) and not goes_along
        if found is None:
            return replace(one, change=None)
        if not edited or (before is not None and found == standing.content):
            return replace(one, change=self._change(one, before, None))
        if self._discard:
            told = Edit(path, found, "set aside")
            return replace(one, change=self._change(one, before, None), set_aside=found, edit=told)
        now = at_path(self._state.db, self._target.environment, path)
        if now is None:
            return None  # it is in no release any more, an edited orphan: nothing changes for it
        return replace(one, orphan=now, edit=Edit(path, found, "left in place"))

    def _back(self, version: Version, occupant: Standing | None, disk: bytes | None) -> Restored:
        """The release had a file here."""
        found = self._put(disk, occupant)
        one = Restored(version.path, version.artifact, occupant, version, None, found)
        mine = self._standing("template = ? AND key = ?", artifact_text(version.artifact))
        if mine is not None and mine.path == version.path:
            return self._onto(one, version, mine, found, disk)
        left = left_at(self._state.db, self._target.environment, version.path) if occupant is None else None
        if found is not None and occupant is None and not self._discard and found not in (version.content, left):
            return self._in_the_way(one, version, found)
        elsewhere = occupant is not None and occupant.artifact in self._returning
        if found not in (None, left) and not elsewhere and (occupant is None or found != occupant.base):
            one = replace(one, set_aside=found, edit=Edit(version.path, found, "set aside"))
        if mine is None and self._was_deleted(version):
            change = self._change(one, None, None) if found is not None else None
            return replace(one, deleted=True, change=change, edit=one.edit or Edit(one.path, None, "kept deleted"))
        if mine is None:
            restored = version.content if self._discard or version.last is None else version.last
            return replace(one, change=self._change(one, restored, version))
        came = self._read(mine.path)
        return self._onto(one, version, mine, self._put(came, mine), came)

    def _onto(
        self, one: Restored, version: Version, mine: Standing, ours_digest: str | None, ours: bytes | None
    ) -> Restored:
        """Restore a file over the artifact's own, which may have been edited.

        Args:
            ours_digest, ours: the artifact's file now, wherever it is; None: there is none.
        """
        last = version.content if self._discard or version.last is None else version.last
        if ours is None or ours_digest is None:
            deleted = not (self._discard or self._rootless) and mine.content is not None
            if deleted:
                return replace(one, deleted=True, edit=Edit(one.path, None, "kept deleted"))
            return replace(one, change=self._change(one, last, version, mine))
        if self._discard:
            change = self._change(one, last, version, mine)
            if ours_digest in (mine.base, last):
                return replace(one, change=change)
            return replace(one, change=change, set_aside=ours_digest, edit=Edit(one.path, ours_digest, "set aside"))
        if ours_digest in (mine.base, last) or (ours_digest == mine.content and self._is_next(version, mine)):
            return replace(one, change=self._change(one, last, version, mine))
        return self._merge(one, version, mine, last, ours)

    def _merge(self, one: Restored, version: Version, mine: Standing, last: str, ours: bytes) -> Restored:
        """The edits that the file has beside its render, onto what is restored."""
        read = self._state.blobs.read
        base = mine.content if self._is_next(version, mine) else mine.base
        three = ThreeWay(one.path, None, read(base) if base is not None else None, ours, read(last))
        merged = self._remerge(three)
        digest = digest_of(ours)
        if merged.content is None:
            change = self._change(one, last, version, mine)
            return replace(one, change=change, set_aside=digest, edit=Edit(one.path, digest, "set aside"))
        change = self._change(one, self._put(merged.content), version, mine)
        return replace(one, change=change, edit=Edit(one.path, digest, "merged onto what was restored"))

    def _in_the_way(self, one: Restored, version: Version, found: str) -> Restored:
        """A file that regen does not own is where one is to be restored: it is left."""
        from regen.model.merge import Conflict

        message = f"release {self._to} has a file here, and one that regen did not write stands in its place"
        conflict = OpenConflict(
            one.path,
            version.artifact,
            None,
            found,
            version.content,
            None,
            (Conflict("content", message),),
            version.because,
        )
        return replace(one, version=None, conflict=conflict)

    def _change(self, one: Restored, new: str | None, version: Version | None, mine: Standing | None = None) -> Change:
        moved = mine is not None and mine.path != one.path
        here = mine is not None and not moved and one.found is not None
        left = at_path(self._state.db, self._target.environment, mine.path) if mine is not None and moved else None
        return Change(
            one.path,
            one.artifact,
            one.found,
            new,
            version.base if version is not None and new is not None else None,
            mine.base if mine is not None else one.standing.base if one.standing is not None else None,
            new,
            mode=None if version is None or here else version.mode,
            source=mine.path if mine is not None and moved else None,
            lent=left.mode if left is not None else None,
        )

    def _was_deleted(self, version: Version) -> bool:
        """Whether a person had removed the file before its key went."""
        ended = version.until is not None and version.last is None
        return ended and not (self._discard or self._rootless)

    def _is_next(self, version: Version, mine: Standing) -> bool:
        """Whether what stands now came right after this version, so that its last bytes are what was before."""
        now = at_path(self._state.db, self._target.environment, mine.path)
        return now is not None and now.since == version.until

    def _standing(self, where: str, values: tuple[str, ...]) -> Standing | None:
        row = self._state.db.one(
            "SELECT template, key, path, content, base FROM artifact"  # noqa: S608 - `where` is written in this class
            f" WHERE environment = ? AND path IS NOT NULL AND {where}",
            (self._target.environment, *values),
        )
        if row is None:
            return None
        template, key, path, content, base = row
        return Standing(artifact_of(template, key), path, content, base)

    def _read(self, path: str) -> bytes | None:
        return None if self._rootless else self._target.deployer.read(self._target.root, path)

    def _put(self, data: bytes | None, standing: Standing | None = None) -> str | None:
        """The digest of bytes, which are a blob then; what regen left at a path is one already."""
        if data is None:
            return None
        digest = digest_of(data)
        if standing is not None and digest in (standing.content, standing.base):
            return digest
        return self._state.blobs.put(data)
