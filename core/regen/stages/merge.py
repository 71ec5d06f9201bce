"""Stage: a new render, the last one and the file on disk become a decision about one artifact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from regen.lines.diff import distance
from regen.lines.inject import holds, injected, replaced
from regen.lines.text import take_apart
from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen.model.merge import Conflict, How, Merged, ThreeWay
from regen.model.pickling import pickled_by_fields
from regen.model.plan import Action
from regen.model.template import Inject


class Asked(Protocol):
    """The hooks that this stage asks; dispatch's `Hooks` is one."""

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        """See `regen_format`; the text itself where no plugin formats it."""

    async def merge(self, three: ThreeWay) -> Merged | None:
        """See `regen_merge`."""

    async def evaluate_file(self, file: GeneratedFile) -> Sequence[Finding]:
        """See `regen_evaluate_file`; the findings of all plugins."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is known of one artifact.

    Attributes:
        path, language: of the artifact; the path that it has on disk.
        render: the new render, formatted; None: its key is gone.
        base: the last render incorporated in the file; None: there is none, or its bytes are lost.
        disk: the file; None: there is none.
        known: whether a base is on record, be its bytes lost or not. A file whose digest is the lost base's is given
            as `base` too.
        restore: write the file again though the user deleted it (`regen restore`, or the root was cleaned).
        rendered_before: whether the render equals an earlier render of this artifact other than the base.
        unless_exists, force, inject: of the template's front matter.
        edited_at, changed_at: as `ours_at` and `theirs_at` of `ThreeWay`.
    """

    path: str
    language: str | None
    render: bytes | None
    base: bytes | None
    disk: bytes | None
    known: bool = False
    restore: bool = False
    rendered_before: bool = False
    unless_exists: bool = False
    force: bool = False
    inject: Inject | None = None
    edited_at: float | None = None
    changed_at: float | None = None


@pickled_by_fields
@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to the artifact.

    Attributes:
        action: what happens.
        content: what is written; None where nothing is. A DELETE with content takes an injected block out of a file
            that stays.
        render: the base to record; of a CONFLICT, the "theirs" to store. None for DELETE, KEEP and NOTHING.
        base: the base that was compared or merged with; None where there was none.
        how, confidence: of the merge; None where none was needed.
        conflicts, marked: of a CONFLICT: what to settle, and the file with markers (or the doubtful merge itself).
        findings: of the gates for single files on `content`; of KEEP, why the file was left.
    """

    action: Action
    content: bytes | None = None
    render: bytes | None = None
    base: bytes | None = None
    how: How | None = None
    confidence: float | None = None
    conflicts: tuple[Conflict, ...] = ()
    marked: bytes | None = None
    findings: tuple[Finding, ...] = ()


async def merge(sides: Sides, hooks: Asked, *, threshold: float = 0.5) -> Decision:
    """Decide about one artifact; writes nothing.

    Args:
        sides: the bytes, and what the front matter says.
        hooks: formats, merges and evaluates.
        threshold: a merge of less confidence (0 to 1) waits for a person.
    """
    if sides.inject is not None:
        return await _inject(sides, sides.inject, hooks)
    if sides.render is None:
        return await _gone(sides, hooks)
    if sides.disk is None:
        return await _missing(sides, sides.render, hooks)
    if sides.disk == sides.render:
        action = Action.NOTHING if sides.base == sides.render else Action.ADOPT
        return Decision(action, render=None if action is Action.NOTHING else sides.render, base=sides.base)
    if sides.unless_exists:
        return Decision(Action.NOTHING, base=sides.base)
    if sides.force:
        return await _write(sides, Action.UPDATE, sides.render, sides.render, hooks)
    return await _both(sides, sides.render, sides.disk, hooks, threshold)


async def _gone(sides: Sides, hooks: Asked) -> Decision:
    """The key is gone: an unedited file goes with it, an edited one is somebody's work."""
    if sides.disk is None or sides.disk == sides.base:
        return Decision(Action.DELETE, base=sides.base)
    if sides.base is not None and await hooks.format(sides.path, sides.language, sides.disk) == sides.base:
        return Decision(Action.DELETE, base=sides.base)
    return _kept(sides, "is no longer generated, but was edited: it stays", "delete it by hand, or keep it as yours")


async def _missing(sides: Sides, render: bytes, hooks: Asked) -> Decision:
    """No file: never written, or deleted by the user, who is then believed."""
    if (sides.known or sides.base is not None) and not (sides.restore or sides.force):
        return _kept(sides, "was deleted by hand: it stays deleted", f"`regen restore {sides.path}` brings it back")
    return await _write(sides, Action.CREATE, render, render, hooks)


def _kept(sides: Sides, message: str, hint: str) -> Decision:
    finding = Finding("merge", "note", f"{sides.path} {message}", sides.path, hint=hint)
    return Decision(Action.KEEP, base=sides.base, findings=(finding,))


async def _both(sides: Sides, render: bytes, disk: bytes, hooks: Asked, threshold: float) -> Decision:
    """A file and a render that differ."""
    base = sides.base
    if base is not None and base == render:
        return Decision(Action.NOTHING, base=base)
    if base is not None and disk == base:
        return await _write(sides, Action.UPDATE, render, render, hooks)
    formatted = await hooks.format(sides.path, sides.language, disk)
    if formatted == base:
        return await _write(sides, Action.UPDATE, render, render, hooks)
    if formatted == render:
        return Decision(Action.ADOPT, render=render, base=base)
    if sides.rendered_before and (base is None or _nearer(disk, render, base)):
        return Decision(Action.MERGE, render=render, base=render, how="one side", confidence=1.0)
    three = ThreeWay(sides.path, sides.language, base, disk, render, sides.edited_at, sides.changed_at)
    merged = await hooks.merge(three)
    if merged is None:
        message = f"no plugin merges {sides.path}, and your edit and the template both changed it"
        merged = Merged(None, (Conflict("content", message),), "lines", 0.0)
    return await settled(sides, three, merged, hooks, threshold)


async def settled(sides: Sides, three: ThreeWay, merged: Merged, hooks: Asked, threshold: float) -> Decision:
    """The decision that a merge leads to.

    What it gave is written only if it is sure enough and breaks nothing that the render alone does not.
    """
    content = merged.content
    if merged.conflicts or content is None:
        return _conflict(three, merged, merged.conflicts, merged.marked)
    if merged.confidence < threshold:
        message = f"the merge is {merged.confidence:.0%} sure, less than the {threshold:.0%} that this project asks for"
        return _conflict(three, merged, (Conflict("content", message),), content)
    if content == three.ours:
        return _merged(Action.MERGE, None, three, merged, ())
    findings = tuple(await hooks.evaluate_file(GeneratedFile(sides.path, sides.language, content)))
    broken = await _only_here(sides, findings, three.theirs, hooks)
    if broken:
        already = await _only_here(sides, broken, three.ours, hooks)
        conflicts = tuple(_structure(finding, finding not in already) for finding in broken)
        return _conflict(three, merged, conflicts, content)
    action = Action.UPDATE if content == three.theirs else Action.MERGE
    return _merged(action, content, three, merged, findings)


async def _only_here(sides: Sides, findings: Sequence[Finding], other: bytes, hooks: Asked) -> tuple[Finding, ...]:
    """The errors among the findings that `other` does not have as often, wherever they stand in it."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return ()
    there = await hooks.evaluate_file(GeneratedFile(sides.path, sides.language, other))
    known = Counter((finding.gate, finding.message) for finding in there if finding.severity == "error")
    new = []
    for finding in errors:
        known[finding.gate, finding.message] -= 1
        if known[finding.gate, finding.message] < 0:
            new.append(finding)
    return tuple(new)


def _structure(finding: Finding, in_your_file: bool) -> Conflict:
    place = f"{finding.path}:{finding.line}" if finding.line else str(finding.path)
    whose = "your file has an error" if in_your_file else "your edit and the template do not fit together"
    return Conflict("structure", f"{place}: {whose}: {finding.message}")


def _merged(
    action: Action, content: bytes | None, three: ThreeWay, merged: Merged, findings: tuple[Finding, ...]
) -> Decision:
    return Decision(action, content, three.theirs, three.base, merged.how, merged.confidence, findings=findings)


def _conflict(three: ThreeWay, merged: Merged, conflicts: tuple[Conflict, ...], marked: bytes | None) -> Decision:
    return Decision(
        Action.CONFLICT,
        render=three.theirs,
        base=three.base,
        how=merged.how,
        confidence=merged.confidence,
        conflicts=conflicts,
        marked=marked,
    )


async def _inject(sides: Sides, inject: Inject, hooks: Asked) -> Decision:
    """The artifact is a block in a file that belongs to somebody else; base is the block as it was put there."""
    base, disk, render = sides.base, sides.disk, sides.render
    if render is None:
        if disk is None or (base is None and not sides.known):
            return Decision(Action.DELETE, base=base)
        without = None if base is None else replaced(disk, base, b"")
        if without is None:
            return _kept(
                sides, "holds a block that is no longer generated, but was edited: it stays", "take it out by hand"
            )
        return await _write(sides, Action.DELETE, without, None, hooks)
    if disk is None:
        return await _missing(sides, render, hooks)
    if base == render:
        return Decision(Action.NOTHING, base=base)
    if base is None and inject.skip_if is not None and inject.skip_if.encode() in disk:
        return Decision(Action.NOTHING)
    if holds(disk, render):
        return Decision(Action.ADOPT, render=render, base=base)
    first = base is None and not sides.known
    content = injected(disk, render, inject) if first else None if base is None else replaced(disk, base, render)
    if content is not None:
        return await _write(sides, Action.UPDATE, content, render, hooks)
    if first:
        message = f"{sides.path} has no place {inject.place} {inject.pattern!r} for the template's block"
    elif base is None:
        message = f"the bytes of the block that the template injected into {sides.path} are lost: which lines are they?"
    else:
        message = f"the block that the template injected into {sides.path} was edited, and the template changed it"
    return Decision(Action.CONFLICT, render=render, base=base, conflicts=(Conflict("content", message),))


async def _write(sides: Sides, action: Action, content: bytes | None, render: bytes | None, hooks: Asked) -> Decision:
    findings: tuple[Finding, ...] = ()
    if content is not None:
        findings = tuple(await hooks.evaluate_file(GeneratedFile(sides.path, sides.language, content)))
    return Decision(action, content, render, sides.base, findings=findings)


def _nearer(disk: bytes, render: bytes, base: bytes) -> bool:
    """Whether the file was made from the earlier render rather than from the base (a branch was switched back).

    Why: a graph that was changed back gives an earlier render too, but its file still holds the later one.
    """
    lines = take_apart(disk).lines
    return distance(lines, take_apart(render).lines) < distance(lines, take_apart(base).lines)
