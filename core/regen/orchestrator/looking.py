"""Looking: the graph files as they are on disk: all of them, or those that a watch says have changed.

Why the second: listing 10,000 files costs a tenth of a second, in every cycle, whatever has changed. What is not
plainly a change of a known file, such as a new file or a folder that is gone, makes all be listed.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, replace
from stat import S_ISREG

from regen.dataset.files import IGNORE_FILE, FoundFile, Signature, find_graph_files
from regen.orchestrator.session import Session
from regen.orchestrator.sources import path_of


@dataclass(frozen=True, slots=True)
class Look:
    """What was found.

    Attributes:
        files: to compare with what is known of them.
        gone: paths of known files that are there no more.
        only_graphs: whether nothing but known graph files was said to have changed, so that templates stay as they are.
    """

    files: tuple[FoundFile, ...]
    gone: tuple[str, ...] = ()
    only_graphs: bool = False


def look(session: Session, changed: Collection[str] | None) -> Look:
    """Look at files.

    Args:
        session: the open project.
        changed: absolute paths of everything that changed since the session looked last; None: that is not known.

    Raises:
        GraphError: an entry of the configuration names nothing, or a link leads out of the project.
    """
    found = _some(session, changed) if changed is not None else None
    return found if found is not None else _all(session)


def _all(session: Session) -> Look:
    project = session.config.project
    files = find_graph_files(session.graph_root, project.graphs, project.ignore)
    session.found = {file.path: file for file in files}
    session.found_paths = sorted(session.found)
    sources = {path_of(table.name) for table in session.config.sources}
    return Look(files, tuple(sorted(set(session.files) - set(session.found) - sources)))


def _some(session: Session, changed: Collection[str]) -> Look | None:
    """None where all have to be listed."""
    if not session.found or session.revision_root is not None:
        return None
    root = f"{session.config.root}{os.sep}"
    files, only_graphs = [], session.units_signature is not None
    for name in changed:
        path = name.removeprefix(root).replace(os.sep, "/")
        known = session.found.get(path)
        if known is not None:
            file = _again(name, known)
            if file is None:
                return None
            files.append(file)
        elif path == IGNORE_FILE or os.path.lexists(name) or _was_folder(session, path):
            return None
        else:
            only_graphs = False  # it came and went: what an editor writes before it renames, or a template
    return Look(tuple(files), (), only_graphs)


def _again(name: str, known: FoundFile) -> FoundFile | None:
    """The file as it is now; None where it is gone, or no plain file any more."""
    try:
        status = os.lstat(name)
    except OSError:
        return None
    if not S_ISREG(status.st_mode):
        return None
    return replace(known, signature=Signature(status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns))


def _was_folder(session: Session, path: str) -> bool:
    at = bisect_left(session.found_paths, f"{path}/")
    return at < len(session.found_paths) and session.found_paths[at].startswith(f"{path}/")
