"""Routes: releases, one against another, and the ways back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import anyio

from regen.config import Key
from regen.errors import UsageError
from regen.model.comparison import ReleaseComparison
from regen.model.evaluated import Evaluated
from regen.model.release import Release
from regen.orchestrator.comparing import read_comparison
from regen.orchestrator.settle import ReleaseChange, release_changes
from regen.serve.asked import LARGEST
from regen.serve.desk import Desk, cursor
from regen.serve.errands import Done, carried_out
from regen.serve.problems import Problem
from regen.serve.route import Caller, Page, change, read
from regen.state import releases as kept
from regen.state.opening import State

_MOST_CHANGES = 2_000
_NUMBER = Key("number of a release", minimum=1, maximum=LARGEST)
_ENVIRONMENT = Key("the environment's name", maximum=200)


@dataclass(frozen=True, slots=True)
class ReleasesAsked:
    """Which releases."""

    environment: Annotated[str | None, Key("its name; the first one unless given", maximum=200)] = None
    before: Annotated[int | None, Key("with smaller numbers, such as `next` of a page", minimum=0, maximum=LARGEST)] = (
        None
    )
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class ReleaseAsked:
    """Which release."""

    environment: Annotated[str, _ENVIRONMENT]
    number: Annotated[int, _NUMBER]


@dataclass(frozen=True, slots=True)
class CompareAsked:
    """Which two releases; without `to` the newest, without `from` the parent of the other."""

    environment: Annotated[str, _ENVIRONMENT]
    older: Annotated[int | None, Key(_NUMBER.doc, toml="from", minimum=1, maximum=LARGEST)] = None
    to: Annotated[int | None, _NUMBER] = None


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """Where."""

    environment: Annotated[str, _ENVIRONMENT]


@dataclass(frozen=True, slots=True)
class RollbackWanted:
    """Where to go back to."""

    to: Annotated[int | None, Key("its number; null: the nearest good ancestor", minimum=1, maximum=LARGEST)] = None
    discard_edits: Annotated[bool, Key("do not merge edits made since; they are kept as blobs either way")] = False
    why: Annotated[str, Key("what asks for it, in one line", maximum=500)] = ""


@read("/api/v1/releases")
def releases(desk: Desk, asked: ReleasesAsked) -> Page[Release]:
    """Releases of an environment, the newest first."""
    name = desk.environment(asked.environment).name
    with desk.readers.read() as state:
        found = kept.history(state.db, name, limit=asked.limit, before=asked.before) if state is not None else []
    return Page(tuple(found), cursor(found, asked.limit, lambda one: one.number))


@dataclass(frozen=True, slots=True)
class ShownRelease:
    """One release, what it changed, and what gates had said of it.

    Attributes:
        changes: by path, the first 2,000.
        cut: whether there are more.
    """

    release: Release
    changes: tuple[ReleaseChange, ...]
    evaluated: tuple[Evaluated, ...]
    cut: bool


@read("/api/v1/releases/{environment}/{number:int}")
def release(desk: Desk, asked: ReleaseAsked) -> ShownRelease:
    """One release: what it changed and why, and what gates had said of it."""
    name = desk.environment(asked.environment).name
    with desk.state() as state:
        number = _release(state, name, asked.number).number
        found = release_changes(state.db, name, number, limit=_MOST_CHANGES + 1)
    changes = found.changes[:_MOST_CHANGES]
    return ShownRelease(found.release, changes, found.evaluated, len(found.changes) > len(changes))


def _release(state: State, environment: str, number: int | None) -> Release:
    """That of a number, the newest for None. Raises Problem where there is none."""
    if number is None:
        newest = kept.current(state.db, environment)
        if newest is None:
            raise Problem(404, f"{environment} has no release yet", "`regen apply` makes the first")
        return newest
    try:
        return kept.release(state.db, environment, number)
    except UsageError as error:
        raise Problem(404, error.message, "/api/v1/releases lists them") from None


@read("/api/v1/compare/{environment}", slow=True)
def compare(desk: Desk, asked: CompareAsked) -> ReleaseComparison:
    """One release held against another: files, features, interface, figures, and whether the second is ready.

    Without `to` that is the newest, without `from` its parent.
    """
    name = desk.environment(asked.environment).name
    with desk.state() as state:
        newer = _release(state, name, asked.to)
        older = asked.older if asked.older is not None else newer.parent
        if older is None:
            raise Problem(404, f"release {newer.number} has no parent to be held against", "say `from`")
        _release(state, name, older)
    if older == newer.number:
        raise Problem(409, f"release {older} is compared with itself", "name two; /api/v1/releases lists them")
    return anyio.run(partial(read_comparison, desk.root, name, older, newer.number))


@change("/api/v1/releases/{environment}/rollback", right="decide")
async def rollback(desk: Desk, asked: PlaceAsked, body: RollbackWanted, caller: Caller) -> Done:
    """Restore the exact bytes of a release, and hold the environment there."""
    name = desk.environment(asked.environment).name
    if body.to is not None:
        await desk.in_thread(partial(_there, desk, name, body.to))
    command = ["rollback", f"--env={name}", "--json", f"--why={body.why or f'asked for by {caller.told}'}"]
    command += ["--discard-edits"] if body.discard_edits else []
    return await carried_out(desk, [*command, *([str(body.to)] if body.to is not None else [])], caller)


@change("/api/v1/releases/{environment}/resume", right="decide")
async def resume(desk: Desk, asked: PlaceAsked, caller: Caller) -> Done:
    """Go on after a rollback with the inputs as they are."""
    name = desk.environment(asked.environment).name
    return await carried_out(desk, ["resume", f"--env={name}"], caller)


def _there(desk: Desk, environment: str, number: int) -> None:
    with desk.state() as state:
        _release(state, environment, number)
