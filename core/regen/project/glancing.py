"""Glancing: the graph of an open project is asked as it stands, from any thread, while a cycle may move it on.

Why not a turn of the session: who looks at a page must not hold up a cycle, nor wait for a long one. What is seen may
be of two revisions; it is only shown, and looked at again when the cycle is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from regen.dataset.store import Dataset
    from regen.orchestrator.explain import ViewRows
    from regen.project.front import Project

T = TypeVar("T")


def glance(project: Project, look: Callable[[Dataset], T]) -> T | None:
    """Ask the graph.

    Args:
        project: that is open in this process.
        look: only reads.

    Returns:
        None where the graph is not in memory: nobody asked it yet.
    """
    dataset = project._session.dataset
    return None if dataset is None else look(dataset)


def glance_views(project: Project, path: str, environment: str | None = None) -> tuple[ViewRows, ...] | None:
    """What the views of a file give; None where that is not known now.

    Args:
        project: that is open in this process.
        path: of the file, relative to the environment's root.
        environment: its name; the first one for None.
    """
    from regen.orchestrator.explain import ViewRows
    from regen.orchestrator.rows import evaluated

    session = project._session
    place = session.place(environment)
    record = place.records.at(path)
    unit = session.units.get(record.artifact.template) if record is not None else None
    if session.dataset is None or record is None or unit is None:
        return None
    texts = dict(unit.template.views)
    rows = evaluated(session, place, unit, record.artifact.key)
    return tuple(ViewRows(view, texts.get(view, ""), value.columns, value.rows) for view, value in rows)
