"""Edits: deployed files that a person changed on an edge become records, before anything of the hub touches them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from regen.errors import PathError
from regen.fleet.opening import Held
from regen.state import edge, outbox
from regen.state.blobs import digest_of
from regen.state.tree import Tree

_Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class Looks:
    """What files of one folder held when they were looked at last, so that an untouched one is not read again."""

    seen: dict[str, tuple[_Stamp, str]] = field(default_factory=dict)
    root: Path | None = None

    def digest(self, tree: Tree, root: Path, path: str) -> str | None:
        """Digest of the file at a path; None where there is none that could be read as one."""
        if root != self.root:
            self.root, self.seen = root, {}
        try:
            found = tree.stat(path)
            if found is None:
                return None
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            known = self.seen.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            data = tree.read(path)
        except (PathError, OSError):
            return None
        if data is None:
            return None
        digest = digest_of(data)
        self.seen[path] = (stamp, digest)
        return digest


def record_edits(work: Held, looks: Looks, *, at: float) -> int:
    """Note what persons made of deployed files since the last look; gives how many files.

    The bytes are blobs before the record says so, and the record is in the outbox with it. An output that is gone as a
    whole was cleaned away: nothing is noted then.

    Args:
        at: now, in seconds since the epoch, UTC.

    Raises StateError where the state cannot be written.
    """
    database, standing = work.state.db, edge.stands(work.state.db)
    root = work.ready.target.tree.resolve()
    if standing is None or not root.is_dir():
        return 0
    known, count = edge.edited(database), 0
    untouched: list[str] = []
    rows = database.execute(
        "SELECT path, content, base FROM version WHERE environment = ? AND until IS NULL ORDER BY path",
        (work.ready.environment,),
    )
    with Tree(root) as tree:
        for path, content, base in rows:
            digest = looks.digest(tree, root, path)
            if digest == content:
                if path in known:
                    untouched.append(path)
            elif (path, digest) not in known.items() and _record(work, tree, path, digest, base, standing, at):
                count += 1
    if untouched:
        edge.forget_edited(database, untouched)
    return count


def _record(work: Held, tree: Tree, path: str, digest: str | None, base: str, standing: edge.Stands, at: float) -> bool:
    """Note one file; False where it is none any more that this can read."""
    data = None
    if digest is not None or tree.stat(path) is not None:
        try:
            data = tree.read(path)
        except (PathError, OSError):
            return False  # a link, a folder, no permission: nothing that could be sent
    content = work.state.blobs.put(data) if data is not None else None
    told = {
        "path": path,
        "environment": work.ready.environment,
        "base": base,
        "digest": content,
        "why": "deleted by hand" if content is None else "edited by hand",
    }
    with work.state.db.transaction():
        outbox.note(work.state.db, "edit", told, at=at, release=standing.hub, content=content)
        edge.note_edited(work.state.db, path, content)
    return True
