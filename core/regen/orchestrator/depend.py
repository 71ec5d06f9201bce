"""Depend: a program says that a template needs others, beside what its front matter says."""

from __future__ import annotations

from collections.abc import Iterable

from regen.errors import UsageError
from regen.orchestrator.advance import take_in
from regen.orchestrator.session import Session


async def add_dependency(session: Session, template: str, needs: str | Iterable[str]) -> None:
    """Let a template need others for as long as the session lasts.

    Args:
        session: the open project; the graph and the templates are taken in.
        template: its name.
        needs: names of templates, or one.

    Raises:
        UsageError: there is no template of that name.
        TemplateError: a need is not there, or the templates would need each other in a circle. Nothing is added then.
    """
    await take_in(session)
    if template not in session.units:
        known = ", ".join(sorted(session.units))
        raise UsageError(f"there is no template {template!r}", hint=f"templates are: {known}")
    before = session.extra_needs.get(template, ())
    added = (needs,) if isinstance(needs, str) else tuple(needs)
    session.extra_needs[template] = tuple(dict.fromkeys((*before, *added)))
    try:
        await take_in(session)
    except BaseException:
        session.extra_needs[template] = before
        raise
