"""Staging: new files are written where nobody looks, and listed first, so that a kill leaves none behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from regen.errors import DeployError, PathError, StateError
from regen.hooks.protocols import Journal
from regen.model.deploy import Change, Prepared
from regen.stages.deploy.values import Target
from regen.state import faults, undo
from regen.state.opening import State
from regen.state.tree import parents


def stage(state: State, target: Target, prepared: Prepared, changes: Sequence[Change], journal: Journal) -> None:
    """Write the new files of `changes`; where that fails, everything is as it was.

    Raises DeployError, StateError.
    """
    if not changes:
        return
    try:
        _note_stages(state, target.environment, changes)
        faults.point("stage.noted")
        target.deployer.stage(target.root, changes, journal)
    except OSError as error:
        raise StateError(
            f"{state.stage} cannot be written: {error.strerror}; nothing was written",
            hint="free some space or make it writable; run it again",
        ) from error
    except (DeployError, PathError, StateError) as error:
        _unstage(state, target, prepared)
        raise type(error)(f"{error.message}; nothing was changed", where=error.where, hint=error.hint) from error


@contextmanager
def recording(state: State, target: Target, prepared: Prepared) -> Iterator[None]:
    """The transaction that makes a release, logged so that it can be undone; where it fails, what was staged goes."""
    try:
        with state.db.transaction(), undo.logged(state.db, target.environment):
            yield
    except Exception:
        _unstage(state, target, prepared)
        raise


def _unstage(state: State, target: Target, prepared: Prepared) -> None:
    """Remove staged files, and the root where it was made for them; what cannot be removed now is when next opened."""
    with suppress(DeployError, PathError, StateError, OSError):
        drop_stages(state, target)
        if "" in prepared.folders:
            target.root.rmdir()


def folders_of_regen(state: State, environment: str, changes: Sequence[Change]) -> frozenset[str]:
    """Those folders above changed paths that regen made."""
    above = {folder for change in changes for folder in (*parents(change.path), change.path)}
    rows = state.db.among("SELECT path FROM folder WHERE environment = ? AND path IN", (environment,), above)
    return frozenset(path for (path,) in rows)


def _note_stages(state: State, environment: str, changes: Sequence[Change]) -> None:
    """List staged files before they are written, so that a kill before the commit record leaves none behind."""
    file = state.stage / _stage_list(environment)
    file.write_text("".join(f"{change.stage}\n" for change in changes), encoding="utf-8")


def drop_stages(state: State, target: Target) -> None:
    """Remove staged files that no commit record speaks of."""
    file = state.stage / _stage_list(target.environment)
    if not file.exists():
        return
    names = file.read_text(encoding="utf-8").split("\n")
    target.deployer.discard(target.root, [name for name in names if name])
    forget_stages(state, target.environment)


def forget_stages(state: State, environment: str) -> None:
    """Drop the list: every staged file is where it belongs, or gone."""
    (state.stage / _stage_list(environment)).unlink(missing_ok=True)


def _stage_list(environment: str) -> str:
    return environment.replace("%", "%25").replace("/", "%2F") + ".txt"
