"""At: a plan as if the graph files were those of a git revision; it is looked at, and never applied."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from regen.model.plan import Plan
from regen.orchestrator.planner import plan
from regen.orchestrator.production import Progress
from regen.orchestrator.revisions import graphs_at
from regen.orchestrator.session import Place, Session
from regen.orchestrator.stale import Wish


async def plan_at(session: Session, place: Place, wish: Wish, progress: Progress, revision: str) -> Plan:
    """Decide what a cycle would do if the graph files were others; templates and sources are those of now.

    Args:
        session: the open project; it is as it was afterwards.
        place: the environment.
        wish: as for a plan.
        progress: as for a plan.
        revision: as git spells it.

    Raises:
        UsageError: there is no such revision, or it has no graph files.
        RegenError: as for a plan.
    """
    with tempfile.TemporaryDirectory(prefix="regen-") as folder:
        root = session.config.root
        commit, there = await graphs_at(root, revision, Path(folder), session.config.project.graphs)
        waiting = dict(session.answers)  # of sources: this plan takes them in, and then forgets them
        session.revision_root = there
        try:
            made = await plan(session, place, wish, progress)
        finally:
            session.revision_root = None
            session.forget()
            for name, answer in waiting.items():
                session.answers.setdefault(name, answer)
    return replace(made, graph_at=commit)
