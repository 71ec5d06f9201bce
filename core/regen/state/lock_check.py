"""Lock check: the lines of `regen.lock` against the artifacts that they are of."""

from __future__ import annotations

from regen.state.lockfile import lines_of, read_lock, unescaped
from regen.state.opening import State


def differing_lines(state: State, environment: str) -> list[str]:
    """Paths whose lines the lock has otherwise than the state, has not, or has though the state does not; sorted.

    Those are left out that are known to be behind. Raises StateError where the lock cannot be read.
    """
    known = state.db.execute("SELECT DISTINCT folder FROM artifact WHERE environment = ?", (environment,))
    lines = (line for (folder,) in known if folder is not None for line in lines_of(state, environment, folder))
    wanted = {_without_inputs(line) for line in lines}
    written = {_without_inputs(str(line)) for line in read_lock(state.lock_folder, environment).values()}
    behind = {path for (path,) in state.db.execute("SELECT path FROM lock_dirty WHERE environment = ?", (environment,))}
    return sorted({unescaped(path) for path, *_ in wanted ^ written} - behind)


def _without_inputs(line: str) -> tuple[str, ...]:
    """A line's fields but for its inputs, which are written with the next change of its bytes only."""
    path, template, key, _, base = line.split("\t")
    return path, template, key, base
