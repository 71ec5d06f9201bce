"""Why: what is behind a file in the graph as it stands, asked without holding up a cycle."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from regen.model.term import Term
from regen.project.glancing import glance_views
from regen.serve.errands import answered
from regen.serve.problems import Problem

if TYPE_CHECKING:
    from regen.orchestrator.explain import ViewRows
    from regen.serve.desk import Desk

_LOG = logging.getLogger("regen.serve")
_ROWS = 200  # of one view
_PATIENCE_S = 2.0  # for a watch in another process, which may be in a cycle


@dataclass(frozen=True, slots=True)
class ShownView:
    """What one view gives for a file.

    Attributes:
        view: its name.
        query: its text; "" for the keys and paths of a template that this one needs.
        columns: names of the variables.
        rows: what it gives now, the first 200; terms are N-Triples.
    """

    view: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


async def views_behind(desk: Desk, environment: str, path: str) -> tuple[ShownView, ...] | None:
    """What the views of a file give now; None where that cannot be asked at the moment."""
    project = desk.project
    if project is not None:
        try:
            found = await desk.in_thread(lambda: glance_views(project, path, environment))
        except Exception:  # noqa: BLE001 - the graph moved on under the question: it is only shown
            _LOG.debug("the views of %s could not be asked", path, exc_info=True)
            return None
        return None if found is None else tuple(map(_shown, found))
    if not desk.watching().alive:
        return None
    with anyio.move_on_after(_PATIENCE_S):
        try:
            told = await answered(desk, ["why", f"--env={environment}", "--", path])
        except Problem:
            return None
        return tuple(_told(one) for one in told["views"])
    return None


def _shown(rows: ViewRows) -> ShownView:
    return ShownView(rows.view, rows.query, rows.columns, tuple(tuple(map(_term, row)) for row in rows.rows[:_ROWS]))


def _term(term: Term | None) -> str | None:
    return None if term is None else term.n3()


def _told(view: dict[str, list[list[str | None]]]) -> ShownView:
    rows = tuple(tuple(row) for row in view["rows"][:_ROWS])
    return ShownView(str(view["view"]), str(view["query"]), tuple(map(str, view["columns"])), rows)
