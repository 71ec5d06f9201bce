"""Clone: what `regen.lock` says of an environment, and this state does not know, becomes records.

So a fresh clone, a project whose `.regen/` was deleted and a tree into which a colleague's work was pulled all merge
against the right base. What was pulled is believed only where the file is not what regen put there last: with outputs
that git does not keep, the lock alone changes, and the file still holds the render that is on record.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from regen.model.artifact import ArtifactId, Because
from regen.model.release import Standing
from regen.orchestrator.disk import read_disk
from regen.orchestrator.session import Place
from regen.state.blobs import digest_of
from regen.state.codec import artifact_text
from regen.state.lockfile import DELETED, LockLine, read_lock
from regen.state.opening import State
from regen.state.records import Record
from regen.state.releases import current
from regen.state.stale import add_stale

_SEEN = "lock_seen"  # the row of `meta` with what the lock's files looked like, behind it the environment's name


def take_lock(state: State, place: Place, revision: int) -> int:
    """Take over what the lock of an environment says and its records do not; gives how many artifacts that were.

    Nothing is read where no file of the lock was touched since `note_lock`.

    Raises:
        StateError: a line of the lock is none, such as a conflict marker of git.
    """
    folder, name = state.lock_folder, place.name
    if _seen(state, name) == _look(folder):
        return 0
    found = dict(_unknown(place, read_lock(folder, name)))
    with state.db.transaction():
        for artifact, line in found.items():
            _record(state, name, artifact, line)
        add_stale(state.db, name, dict.fromkeys(found, _because(state, name)), revision)
    note_lock(state, name)
    return len(found)


def _because(state: State, environment: str) -> Because:
    if current(state.db, environment) is None:
        return Because("new", "first run on this machine", where=state.lock_folder.name)
    return Because("edited", "somebody else made it anew", where=state.lock_folder.name)


def note_lock(state: State, environment: str) -> None:
    """Remember what the lock's files look like now: they say what the records say."""
    with state.db.transaction(durable=False):
        state.db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{_SEEN} {environment}", _look(state.lock_folder))
        )


def _seen(state: State, environment: str) -> str | None:
    row = state.db.one("SELECT value FROM meta WHERE name = ?", (f"{_SEEN} {environment}",))
    return None if row is None else str(row[0])


def _look(folder: Path) -> str:
    """Path, size and time of every file of the lock, as one digest."""
    found, waiting = [], [str(folder)]
    while waiting:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.name.endswith(".lock"):
                    stat = entry.stat()
                    found.append(f"{entry.path[len(str(folder)) :]} {stat.st_size} {stat.st_mtime_ns}")
    return digest_of("\n".join(sorted(found)).encode())


def _unknown(place: Place, lines: Mapping[ArtifactId, LockLine]) -> Iterator[tuple[ArtifactId, LockLine]]:
    known = {record.artifact: record for record in place.records.all()}
    taken = {record.path for record in known.values()}
    for artifact in sorted(lines, key=lambda a: a.sort_key):
        line, record = lines[artifact], known.get(artifact)
        if record is None or record.path != line.path:
            free = line.path not in taken and (record is None or record.path is None or _moved(place, record, line))
        else:
            free = line.base not in (record.base, DELETED) and _changed(place, record)
        if free:
            yield artifact, line


def _moved(place: Place, record: Record, line: LockLine) -> bool:
    """Whether somebody else moved the file to where the lock has it."""
    return read_disk(place.root, str(record.path)) is None and read_disk(place.root, line.path) is not None


def _changed(place: Place, record: Record) -> bool:
    """Whether somebody else wrote the file since regen did."""
    disk = read_disk(place.root, str(record.path))
    return disk is not None and digest_of(disk) != record.content


def _record(state: State, environment: str, artifact: ArtifactId, line: LockLine) -> None:
    """An artifact with the lock's base; no template has the empty digest, so it is rendered."""
    state_of_line = Standing.DELETED.value if line.base == DELETED else Standing.OK.value
    state.db.execute(
        "INSERT INTO artifact (environment, template, key, path, content, base, template_digest, rows, because,"
        " release, state) VALUES (?, ?, ?, ?, ?, ?, '', '[]', '[]', 0, ?)"
        " ON CONFLICT (environment, template, key) DO UPDATE SET path = excluded.path, base = excluded.base,"
        " template_digest = '', rows = '[]'",
        (environment, *artifact_text(artifact), line.path, line.base, line.base, state_of_line),
    )
