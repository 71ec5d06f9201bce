"""Outside: three files of anybody's are merged as regen merges its own, without a project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from regen.errors import UsageError
from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen.model.merge import Conflict, How, Merged, ThreeWay
from regen.model.plan import Action
from regen.model.settings import PluginSettings
from regen.orchestrator.equipment import languages_of
from regen.stages.merge import Sides, merge


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The outcome of a merge outside of a project.

    Attributes:
        content: the merge; with conflicts, "ours" with markers where both sides changed.
        conflicts: empty for a clean merge.
        how: the way that was taken.
        confidence: from 0 to 1.
    """

    content: bytes
    conflicts: tuple[Conflict, ...]
    how: How
    confidence: float


class _AsTheyAre:
    """The hooks of a project, but for formatting: these files are nobody's renders."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        return content

    async def merge(self, three: ThreeWay) -> Merged | None:
        return await self._hooks.merge(three)

    async def evaluate_file(self, file: GeneratedFile) -> Sequence[Finding]:
        return await self._hooks.evaluate_file(file)


async def merge_file(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    path: str,
    language: str | None = None,
    settings: PluginSettings | None = None,
    threshold: float = 0.0,
) -> MergedFile:
    """Merge three versions of one file as a cycle would, syntax check included.

    Args:
        base, ours, theirs: the common ancestor and the two sides.
        path: names the file in messages; its extension tells the language.
        language: as plugins name it; None: told by the path.
        settings: of the plugins; None: as without a configuration.
        threshold: a merge of less confidence, from 0 to 1, is a conflict.

    Raises:
        UsageError: no plugin knows the language.
    """
    settings = settings or PluginSettings()
    hooks = Hooks(PluginManager(settings.disable))
    await hooks.configure(settings)
    languages = await languages_of(hooks)
    if language is not None and language not in languages.values():
        named = ", ".join(sorted(set(languages.values())))
        raise UsageError(f"no plugin knows the language {language!r}", hint=f"known are: {named}")
    known = language or languages.get(PurePosixPath(path).suffix)
    sides = Sides(path, known, render=theirs, base=base, disk=ours)
    decision = await merge(sides, _AsTheyAre(hooks), threshold=threshold)
    if decision.action is Action.CONFLICT:
        marked = decision.marked if decision.marked is not None else ours
        return MergedFile(marked, decision.conflicts, decision.how or "lines", decision.confidence or 0.0)
    same = decision.content if decision.content is not None else ours
    default: How = "identical" if ours == theirs else "one side"
    confidence = 1.0 if decision.confidence is None else decision.confidence
    return MergedFile(same, (), decision.how or default, confidence)
