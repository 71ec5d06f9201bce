"""Check: the outputs against what they should be, for continuous integration; nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regen.model.finding import Finding
from regen.model.plan import Action
from regen.orchestrator.planner import plan
from regen.orchestrator.session import Place, Session
from regen.orchestrator.stale import Wish
from regen.orchestrator.survey import edited, extra, in_conflict

_WORDS = {
    Action.CREATE: "missing",
    Action.UPDATE: "stale",
    Action.MERGE: "stale",
    Action.ADOPT: "",
    Action.DELETE: "extra",
    Action.CONFLICT: "conflict",
    Action.KEEP: "",
    Action.NOTHING: "",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        problems: (path, "stale", "missing", "extra", "conflict" or "edited"), by path; empty: all is well.
        findings: of loading the graph.
        checked: artifacts that were looked at.
        summary: one line.
    """

    problems: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    checked: int
    summary: str


async def check(session: Session, place: Place, progress: Callable[[str, int, int], None], *, exact: bool) -> Report:
    """Compare every output of an environment with the render that it should hold.

    Args:
        session: the open project.
        place: the environment.
        progress: told what is done.
        exact: hand-edited files are problems too.

    Why a plan and a look at the disk: the plan knows what the graph and the templates changed, but by promise 2 it does
    not look at files that they do not reach; a check has to.
    """
    value = await plan(session, place, Wish(), progress)
    problems: dict[str, str] = {}
    for item in value.items:
        word = _WORDS[item.action]
        if item.action is Action.MERGE and item.content is None:
            word = ""
        if word:
            problems[item.path] = word
    for path, what in edited(session, place):
        if what == "missing" or exact:
            problems.setdefault(path, what)
    for path in in_conflict(session, place):
        problems[path] = "conflict"
    for path in extra(session, place):
        problems.setdefault(path, "extra")
    rows = tuple(sorted(problems.items()))
    summary = (
        f"{len(rows)} of {value.total} outputs are not what they should be"
        if rows
        else f"{value.total} outputs are up to date"
    )
    return Report(rows, value.findings, value.total, summary)
