"""Routes: files that a person has to settle."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated
from typing import Literal as OneOf

from regen.config import Key
from regen.model.artifact import Because
from regen.orchestrator.conflicts import OpenConflict
from regen.orchestrator.conflicts import conflicts as open_conflicts
from regen.serve.api.artifacts import read_side, text_of
from regen.serve.desk import Desk
from regen.serve.errands import Done, carried_out
from regen.serve.problems import Problem
from regen.serve.route import Caller, Page, change, read
from regen.state.opening import State

_MOST_TEXT = 4_000_000  # characters of a file that is sent


@dataclass(frozen=True, slots=True)
class ConflictsAsked:
    """Which conflicts."""

    environment: Annotated[str | None, Key("only those of this environment", maximum=200)] = None


@dataclass(frozen=True, slots=True)
class ConflictAsked:
    """Which conflict."""

    environment: Annotated[str, Key("the environment's name", maximum=200)]
    path: Annotated[str, Key("relative to the environment's root", maximum=8192)]


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a conflict is settled."""

    how: Annotated[
        OneOf["ours", "theirs", "merged", "markers"],
        Key("keep the file, take the template's, take a merge, or write markers into the file"),
    ]
    content: Annotated[
        str | None, Key("with merged or markers: what the file becomes; null: what is there", maximum=_MOST_TEXT)
    ] = None


@dataclass(frozen=True, slots=True)
class ConflictItem:
    """A conflict of a list.

    Attributes:
        environment: its name.
        path: relative to the environment's root.
        kind: of the first place where both sides changed.
        message: what is in conflict, in words.
        template: that makes the file.
        key: the value of `?this` in N-Triples; None for a template without `each`.
        because: why the template's side changed; None where that is not known.
        at: since when; seconds since the epoch, UTC.
    """

    environment: str
    path: str
    kind: str
    message: str
    template: str
    key: str | None
    because: Because | None
    at: float


@dataclass(frozen=True, slots=True)
class WholeConflict(ConflictItem):
    """A conflict with its three sides.

    Attributes:
        base: the last render in the file; None where there is none.
        ours: the file as it is on disk; None where there is none.
        theirs: what the template makes now; None where it makes none.
        marked: the file with conflict markers; None where there is no such version.
    """

    base: str | None
    ours: str | None
    theirs: str | None
    marked: str | None


@read("/api/v1/conflicts")
def conflicts(desk: Desk, asked: ConflictsAsked) -> Page[ConflictItem]:
    """Conflicts that are open, by environment and path."""
    if asked.environment is not None:
        names = [desk.environment(asked.environment).name]
    else:
        names = [one.name for one in desk.config.environments if one.enabled]
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        return Page(tuple(_item(name, one) for name in names for one in open_conflicts(state.db, name)))


@read("/api/v1/conflicts/{environment}/{path:path}")
def conflict(desk: Desk, asked: ConflictAsked) -> WholeConflict:
    """One conflict with its three sides, and the file with markers."""
    name = desk.environment(asked.environment).name
    with desk.state() as state:
        found = _found(state, name, asked.path)
        sides = [_text(state, digest) for digest in (found.base, found.theirs, found.marked)]
        ours = text_of(read_side(desk, state, name, found.path))
    item = _item(name, found)
    return WholeConflict(
        item.environment,
        item.path,
        item.kind,
        item.message,
        item.template,
        item.key,
        item.because,
        item.at,
        sides[0],
        ours,
        *sides[1:],
    )


@change("/api/v1/conflicts/{environment}/{path:path}/resolve", right="decide")
async def resolve(desk: Desk, asked: ConflictAsked, body: Resolution, caller: Caller) -> Done:
    """Settle one conflict."""
    name = desk.environment(asked.environment).name
    await desk.in_thread(partial(_there, desk, name, asked.path))
    if body.content is not None and body.how not in {"merged", "markers"}:
        raise Problem(422, "a content comes with `merged` or `markers` only", "leave it out")
    with ExitStack() as stack:
        given = [f"--from={stack.enter_context(_kept(body.content))}"] if body.content is not None else []
        return await carried_out(desk, ["resolve", f"--{body.how}", *given, f"--env={name}", "--", asked.path], caller)


@contextmanager
def _kept(content: str) -> Iterator[Path]:
    """A file with this text that nobody else may read, while the block runs."""
    fd, name = tempfile.mkstemp(prefix="regen-")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content.encode())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _found(state: State, environment: str, path: str) -> OpenConflict:
    found = next((one for one in open_conflicts(state.db, environment) if one.path == path), None)
    if found is None:
        raise Problem(404, "no conflict is open in this file", "/api/v1/conflicts lists those that are")
    return found


def _there(desk: Desk, environment: str, path: str) -> None:
    with desk.state() as state:
        _found(state, environment, path)


def _item(environment: str, one: OpenConflict) -> ConflictItem:
    first = one.conflicts[0] if one.conflicts else None
    return ConflictItem(
        environment,
        one.path,
        str(first.kind) if first is not None else "content",
        "; ".join(each.message for each in one.conflicts),
        one.artifact.template,
        None if one.artifact.key is None else one.artifact.key.n3(),
        one.because,
        one.at,
    )


def _text(state: State, digest: str | None) -> str | None:
    return None if digest is None else text_of(state.blobs.read(digest))
