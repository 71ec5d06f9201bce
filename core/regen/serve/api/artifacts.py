"""Routes: generated files: what each is made from, what a person changed in it, and why it is as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

from regen.config import Key
from regen.errors import RegenError
from regen.model.artifact import Because
from regen.orchestrator.disk import read_disk
from regen.serve.desk import Desk, cursor
from regen.serve.problems import Problem
from regen.serve.route import Page, read
from regen.serve.why import ShownView, views_behind
from regen.state.blobs import digest_of
from regen.state.opening import State
from regen.state.records import Record, Records
from regen.state.standing import tree_of

_MOST = 1_000_000  # bytes of a file that are shown
_MOST_LINES = 20_000  # of two files that are compared line by line while somebody waits


@dataclass(frozen=True, slots=True)
class ArtifactsAsked:
    """Which files."""

    environment: Annotated[str | None, Key("its name; the first one unless given", maximum=200)] = None
    q: Annotated[str | None, Key("a part of the path, the template or the key", maximum=200)] = None
    before: Annotated[str | None, Key("`next` of a page: goes on behind it", maximum=4096)] = None
    limit: Annotated[int, Key("at most so many", minimum=1, maximum=500)] = 100


@dataclass(frozen=True, slots=True)
class ArtifactAsked:
    """Which file."""

    environment: Annotated[str, Key("the environment's name", maximum=200)]
    path: Annotated[str, Key("relative to the environment's root", maximum=4096)]


@dataclass(frozen=True, slots=True)
class ArtifactItem:
    """A file of a list.

    Attributes:
        path: relative to the environment's root.
        template: that makes it.
        key: the value of `?this` in N-Triples; None for a template without `each`.
        release: that changed it last.
        state: "ok", "conflict", "deleted" or "orphan".
    """

    path: str
    template: str
    key: str | None
    release: int
    state: str


@dataclass(frozen=True, slots=True)
class WhyItIs:
    """Why a file is what it is, as `regen why --json` says it.

    Attributes:
        path: relative to the environment's root.
        template: that makes it.
        key: the value of `?this` in N-Triples; None for a template without `each`.
        because: what made it change last.
        release: that changed it last.
        state: "ok", "conflict", "deleted" or "orphan".
        edited: whether the file on disk is another than regen wrote.
        views: what each view gives now; None where that cannot be asked at the moment.
    """

    path: str
    template: str
    key: str | None
    because: tuple[Because, ...]
    release: int
    state: str
    edited: bool
    views: tuple[ShownView, ...] | None


@dataclass(frozen=True, slots=True)
class WholeArtifact(ArtifactItem):
    """A file with what is known of it.

    Attributes:
        content: on disk; None where there is none.
        base: the last render in it; None where there is none.
        edited: whether the two differ.
        diff: from the base to the disk, unified; "" where they are equal, or too long to be compared.
        cut: whether a text is longer than what is shown of it.
        why: why it is as it is.
    """

    content: str | None
    base: str | None
    edited: bool
    diff: str
    cut: bool
    why: WhyItIs


@read("/api/v1/artifacts")
def artifacts(desk: Desk, asked: ArtifactsAsked) -> Page[ArtifactItem]:
    """Files that regen makes, by path."""
    name = desk.environment(asked.environment).name
    with desk.readers.read() as state:
        if state is None:
            return Page(())
        wanted = (asked.q or "").lower()
        rows = state.db.execute(
            "SELECT path, template, key, release, state FROM artifact"
            " WHERE environment = ?1 AND path IS NOT NULL AND path > ?2 AND (?3 = '' OR instr(lower(path), ?3)"
            " OR instr(lower(template), ?3) OR instr(lower(key), ?3)) ORDER BY path LIMIT ?4",
            (name, asked.before or "", wanted, asked.limit),
        )
    items = [ArtifactItem(path, template, key or None, release, kind) for path, template, key, release, kind in rows]
    return Page(tuple(items), cursor(items, asked.limit, lambda one: one.path))


@read("/api/v1/artifacts/{environment}/{path:path}")
async def artifact(desk: Desk, asked: ArtifactAsked) -> WholeArtifact:
    """One file: its content, what a person changed in it, and why it is as it is."""
    name = desk.environment(asked.environment).name
    whole = await desk.in_thread(lambda: _whole(desk, name, asked.path))
    views = await views_behind(desk, name, asked.path)
    return replace(whole, why=replace(whole.why, views=views))


def _whole(desk: Desk, environment: str, path: str) -> WholeArtifact:
    with desk.state() as state:
        record = Records(state.db, environment).at(path)
        if record is None:
            raise Problem(404, "regen makes no such file", "/api/v1/artifacts lists those that it makes")
        disk = read_side(desk, state, environment, path)
        base = state.blobs.read(record.base) if record.base is not None else None
    key = None if record.artifact.key is None else record.artifact.key.n3()
    edited = disk is not None and digest_of(disk) != record.base
    return WholeArtifact(
        path,
        record.artifact.template,
        key,
        record.release,
        str(record.state),
        text_of(disk),
        text_of(base),
        edited,
        _diff(path, base, disk) if edited else "",
        any(side is not None and len(side) > _MOST for side in (disk, base)),
        _why(record, path, key, edited=edited),
    )


def _why(record: Record, path: str, key: str | None, *, edited: bool) -> WhyItIs:
    kind, release = str(record.state), record.release
    return WhyItIs(path, record.artifact.template, key, record.because, release, kind, edited, None)


def read_side(desk: Desk, state: State, environment: str, path: str) -> bytes | None:
    """The bytes on disk of a file that regen makes; None where there are none that can be read."""
    tree = tree_of(state.db, environment) or desk.environment(environment).target
    try:
        return read_disk(Path(desk.root) / tree, path)
    except RegenError:
        return None


def text_of(data: bytes | None) -> str | None:
    """Bytes as text, as far as they are shown."""
    return None if data is None else data[:_MOST].decode("utf-8", "replace")


def _diff(path: str, base: bytes | None, disk: bytes | None) -> str:
    old, new = ((side or b"").decode("utf-8", "replace").splitlines(keepends=True) for side in (base, disk))
    if len(old) + len(new) > _MOST_LINES:
        return ""
    rows = (row if row.endswith("\n") else f"{row}\n" for row in unified_diff(old, new, f"a/{path}", f"b/{path}"))
    return "".join(rows)
