"""Filling: the quads of all graph files become a dataset, in memory or, where it is large, on disk, to last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import Quad

from regen.dataset.disk import drop_store, is_damage, make_store, open_store
from regen.dataset.store import Dataset
from regen.errors import StateError
from regen.orchestrator.session import Session

DISK_FROM = 200_000
"""Quads of all files; below, filling a store in memory takes less than half a second, and it answers sooner
(bench/README.md)."""

FOLDER = "dataset"


def stored_dataset(session: Session) -> Dataset:
    """The dataset that the state speaks of: the store on disk where it holds that, else from the files' quads."""
    if _on_disk(session, sum(row.quads for row in session.files.values())):
        found = open_store(_folder(session), session.sum)
        if found is not None:
            return Dataset(found)
    return new_dataset(session, ((session.graph_iri(path), session.quads_of(path)) for path in session.files))


def new_dataset(session: Session, files: Iterable[tuple[str, Iterable[Quad]]]) -> Dataset:
    """A dataset of these files, (name of the graph, quads); call `keep` once its sum is known to be the session's.

    Raises:
        StateError: it cannot be kept on disk.
    """
    count = sum(row.quads for row in session.files.values())
    folder = _folder(session)
    if not _on_disk(session, count):
        drop_store(folder)
        dataset = Dataset()
        dataset.fill(files)
        return dataset
    try:
        dataset = Dataset(make_store(folder))
        dataset.fill(files)
    except OSError as error:
        raise _unusable(folder, error) from error
    return dataset


def keep(session: Session, dataset: Dataset) -> None:
    """Let later starts take the store on disk for the session's dataset. Raises StateError."""
    disk = dataset.disk
    if disk is None or disk.sum == session.sum or not dataset.can_be_kept:
        return
    try:
        disk.mark(session.sum)
    except OSError as error:
        raise _unusable(_folder(session), error) from error


def let_go(session: Session) -> None:
    """Close the dataset; the next question opens it again."""
    if session.dataset is not None:
        session.dataset.close()
    session.dataset = None


@contextmanager
def sound_store(session: Session) -> Iterator[None]:
    """Say in plain words that the store on disk cannot be read, and let the next start make it anew."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        disk = session.dataset.disk if session.dataset is not None else None
        if disk is None or not is_damage(error):
            raise
        disk.unmark()
        raise StateError(
            f"the stored dataset in {_folder(session)} cannot be read: {error}",
            hint="run it again: it is made anew from the graph files",
        ) from error


def _on_disk(session: Session, quads: int) -> bool:
    wanted = session.config.engine.dataset
    return wanted == "disk" or (wanted == "auto" and quads >= DISK_FROM)


def _folder(session: Session) -> Path:
    return session.state.folder / FOLDER


def _unusable(folder: Path, error: OSError) -> StateError:
    return StateError(
        f"{folder} cannot be written: {error.strerror or error}",
        hint='free some space, or set `dataset = "memory"` under [engine]; run it again',
    )
