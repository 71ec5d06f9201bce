"""Explain: the triples, the query and the template behind a file or a line, and what changed it last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regen.errors import UsageError
from regen.model.artifact import Because
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.advance import take_in
from regen.orchestrator.disk import read_disk
from regen.orchestrator.pending import Unit
from regen.orchestrator.rows import evaluated
from regen.orchestrator.session import Place, Session
from regen.orchestrator.settle import known_path
from regen.orchestrator.template_lines import template_line
from regen.state.blobs import digest_of
from regen.state.records import Record

_ROWS = 12  # rows of a view that are shown; --json has all of them


@dataclass(frozen=True, slots=True)
class ViewRows:
    """What one view gave for an artifact.

    Attributes:
        view: its name.
        query: its text; "" for the keys and paths of a template that this one needs.
        columns, rows: what it gives now.
    """

    view: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a file is what it is.

    Attributes:
        path: relative to the environment's root.
        template: the template's file.
        template_line: (place, text) of the template's line that made the line asked for; None where none was asked.
        key: the value of `?this`; None for a template without `each`.
        because: what made it change last.
        release: the release that changed it last.
        state: "ok", "conflict", "deleted" or "orphan".
        edited: whether the file on disk is another than regen wrote.
        views: what each view gives.
    """

    path: str
    template: str
    template_line: tuple[str, str] | None
    key: Term | None
    because: tuple[Because, ...]
    release: int
    state: str
    edited: bool
    views: tuple[ViewRows, ...]

    def lines(self) -> Iterator[tuple[str, str]]:
        """The answer for people, as (style, line)."""
        yield "bold", self.path
        yield "", f"  made by     {self.template}" + (f" for {self.key.n3()}" if self.key is not None else "")
        if self.template_line is not None:
            place, text = self.template_line
            yield "cyan", f"  line from   {place}: {text.strip()}"
        for because in self.because:
            yield "", f"  changed by  {because} (release {self.release})"
            yield from (("", f"  and by      {text}") for text in because.also)
        if self.state != "ok" or self.edited:
            yield "yellow", f"  state       {self.state}" + (", edited by hand" if self.edited else "")
        for view in self.views:
            yield "bold", f"  {'view ' if view.query else ''}{view.view}: {len(view.rows)} rows"
            if view.query:
                yield "dim", "    " + " ".join(view.query.split())
            for row in view.rows[:_ROWS]:
                yield "", "    " + "  ".join("-" if term is None else _cell(term) for term in row)
            if len(view.rows) > _ROWS:
                yield "dim", f"    … {len(view.rows) - _ROWS} more"


def _cell(term: Term) -> str:
    text = " ".join(str(term).split()) if term.kind == "literal" else term.n3()
    return text if len(text) <= 60 else text[:59] + "…"


async def why(session: Session, place: Place, spelling: str, *, start: Path | None) -> Why:
    """Why a file, or a line of it, is what it is.

    Args:
        session: the open project.
        place: the environment.
        spelling: a path, perhaps with ":LINE".
        start: the folder that the person is in; None: this process's.

    Raises:
        UsageError: regen does not make this file, or it has no such line.
    """
    await take_in(session)
    path, line = _split(spelling)
    record = place.records.at(known_path(place, path, start))
    if record is None:
        raise UsageError(f"regen makes no file {path}")
    name = str(record.path)
    disk = read_disk(place.root, name)
    unit = session.units.get(record.artifact.template)
    rows = evaluated(session, place, unit, record.artifact.key) if unit is not None else ()
    made_by = await _template_line(session, record, unit, rows, disk, line) if line is not None else None
    texts = dict(unit.template.views) if unit is not None else {}
    return Why(
        path=name,
        template=unit.template.where if unit is not None else record.artifact.template,
        template_line=made_by,
        key=record.artifact.key,
        because=record.because,
        release=record.release,
        state=str(record.state),
        edited=disk is not None and digest_of(disk) != record.base,
        views=tuple(ViewRows(view, texts.get(view, ""), value.columns, value.rows) for view, value in rows),
    )


def _split(spelling: str) -> tuple[str, int | None]:
    path, colon, line = spelling.rpartition(":")
    return (path, int(line)) if colon and line.isdigit() else (spelling, None)


async def _template_line(
    session: Session,
    record: Record,
    unit: Unit | None,
    rows: tuple[tuple[str, Rows], ...],
    disk: bytes | None,
    line: int,
) -> tuple[str, str] | None:
    """The template's line behind a line of the file on disk."""
    if unit is None or disk is None or record.base is None:
        return None
    count = len(disk.decode("utf-8", "replace").splitlines())
    if not 1 <= line <= count:
        raise UsageError(f"{record.path} has {count} lines, and no line {line}")
    base = session.state.blobs.read(record.base)
    return await template_line(session, unit, record.artifact.key, rows, base=base, ours=disk, line=line)
