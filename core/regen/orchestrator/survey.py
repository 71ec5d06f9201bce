"""Survey: every output against the disk, by size, times and inode, as git's index does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from regen.model.artifact import ArtifactId, Because
from regen.orchestrator.disk import read_disk
from regen.orchestrator.session import Place, Session
from regen.state.blobs import digest_of
from regen.state.codec import conflicts_of
from regen.state.records import key_term

_MOVED = "the output was {}/ before: what is there stays there, edits too"
_CLEANED_SHARE = 2  # more than half of the files gone at once is a clean, not a decision about each of them


def edited(session: Session, place: Place) -> Iterator[tuple[str, str]]:
    """Outputs that are not what regen wrote last: (path, "missing" or "edited"), by path."""
    del session
    for record in place.records.at_folder(""):
        if record.path is None or record.content is None or record.state == "deleted":
            continue
        disk = read_disk(place.root, record.path)
        if disk is None:
            yield record.path, "missing"
        elif digest_of(disk) != record.base:
            yield record.path, "edited"


def extra(session: Session, place: Place) -> Iterator[str]:
    """Files that regen wrote and no longer makes, kept because they were edited."""
    del session
    for record in place.records.at_folder(""):
        if record.state == "orphan" and record.path is not None:
            yield record.path


def in_conflict(session: Session, place: Place) -> Iterator[str]:
    """Files with an open conflict."""
    rows = session.state.db.execute("SELECT path FROM conflict WHERE environment = ? ORDER BY path", (place.name,))
    yield from (path for (path,) in rows)


def changed_conflicts(session: Session, place: Place) -> Iterator[tuple[ArtifactId, str]]:
    """Artifacts in conflict that may fit now, and why.

    Their files were edited since and hold no markers, or they wait for a path that another file may have left.
    """
    rows = session.state.db.execute(
        "SELECT template, key, path, ours, detail FROM conflict WHERE environment = ? ORDER BY path", (place.name,)
    )
    for template, key, path, ours, detail in rows:
        artifact = ArtifactId(template, key_term(key))
        disk = read_disk(place.root, path)
        if disk is not None and digest_of(disk) != ours and not has_markers(disk):
            yield artifact, f"{path} was edited since its conflict was found"
        elif any(conflict.kind == "rename" for conflict in conflicts_of(detail)):
            yield artifact, f"{path} waits for another path"


def has_markers(content: bytes) -> bool:
    """Whether a file holds what `--markers` writes."""
    return b"<<<<<<< " in content and b">>>>>>> " in content


def look_for_clean(session: Session, place: Place) -> None:
    """Make stale what a clean of the output took; once while a session is open, for it looks at every file.

    A watch does not look again: it would take a person's deletion of many files, one after another, for a clean.
    """
    if place.name in session.surveyed:
        return
    session.surveyed.add(place.name)
    waiting = session.pending.stale.setdefault(place.name, {})
    before = _moved_from(session, place)
    for artifact, because in cleaned(place).items():
        waiting[artifact] = because if before is None else replace(because, text=_MOVED.format(before))


def _moved_from(session: Session, place: Place) -> str | None:
    """The folder that the environment was deployed to before; None where that is the same one."""
    name, target = f"target {place.name}", place.environment.target
    row = session.state.db.one("SELECT value FROM meta WHERE name = ?", (name,))
    if row is None or row[0] != target:
        with session.state.db.transaction(durable=False):
            session.state.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, target))
    return None if row is None or row[0] == target else str(row[0])


def cleaned(place: Place) -> dict[ArtifactId, Because]:
    """Artifacts to write again because their root, or more than half of it, was cleaned away.

    Single files that are gone were deleted on purpose; they are not named here.
    """
    total, missing = 0, []
    listed: dict[str, frozenset[str]] = {}
    for template, key, path in place.records.paths():
        total += 1
        folder, _, name = path.rpartition("/")
        names = listed.get(folder)
        if names is None:
            names = listed[folder] = _names(os.path.join(place.root, folder))  # noqa: PTH118 - one of many
        if name not in names:
            missing.append(ArtifactId(template, key_term(key)))
    if not missing or (len(missing) * _CLEANED_SHARE <= total and place.root.is_dir()):
        return {}
    because = Because(
        "missing", f"{len(missing)} of {total} files were gone: the output was cleaned", where=place.environment.target
    )
    return dict.fromkeys(missing, because)


def _names(folder: str) -> frozenset[str]:
    """What is in a folder: listing it once costs a tenth of asking for each of its files."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return frozenset()
