"""Template lines: the line of a template behind a line of a file, found in the render and followed through edits."""

from __future__ import annotations

from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Session
from regen.orchestrator.stale import filled


async def template_line(
    session: Session,
    unit: Unit,
    key: Term | None,
    rows: tuple[tuple[str, Rows], ...],
    *,
    base: bytes,
    ours: bytes,
    line: int,
) -> tuple[str, str] | None:
    """Where a line comes from.

    Args:
        session: the open project.
        unit: the template.
        key, rows: what the file is rendered for, and from.
        base: the render, formatted.
        ours: the file, which may have edits.
        line: of the file, from 1; it has so many.

    Returns:
        The place and the text of the template's line, or of an edit; None where no plugin renders the template.
    """
    rendered = base.decode("utf-8", "replace").splitlines()
    lines = ours.decode("utf-8", "replace").splitlines()
    in_base = _followed(rendered, lines, line)
    if in_base is None:
        return ("your edit", lines[line - 1])
    renderer = await session.hooks.render(unit.template)
    if renderer is None:
        return None
    raw = renderer.render(key, dict(rows), filled(session)).content.decode().splitlines()
    in_render = _followed(raw, rendered, in_base)
    if in_render is None:
        return ("the formatter", lines[line - 1])
    places = renderer.lines(key, dict(rows), filled(session))
    where = next((where for first, where in reversed(places) if first <= in_render), unit.template.where)
    return (where, _text_at(unit, where))


def _followed(old: list[str], new: list[str], line: int) -> int | None:
    """The line of `old` that a line of `new` is; None where `new` brought it."""
    from difflib import SequenceMatcher

    for tag, old_start, _, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if new_start <= line - 1 < new_end:
            return old_start + (line - 1 - new_start) + 1 if tag == "equal" else None
    return None


def _text_at(unit: Unit, where: str) -> str:
    name, _, number = where.rpartition(":")
    for source in unit.template.sources:
        if source.where == name:
            lines = source.text.splitlines()
            return lines[int(number) - 1] if int(number) <= len(lines) else ""
    return ""
