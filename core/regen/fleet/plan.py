"""Plan: a release of the hub and what stands here become one item for each path that differs.

Why a path is an artifact here: an edge knows no templates, and the receipt vouches for paths. A file that moved on the
hub goes and comes here; where a person changed it, it stays where it is, and the edit is on its way to the hub.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from regen.fleet.edits import Looks
from regen.fleet.opening import Held, language_of
from regen.model.artifact import ArtifactId, Because
from regen.model.plan import Action, Inputs, Plan, PlanItem
from regen.stages import merge as merging
from regen.state.blobs import digest_of
from regen.state.records import Record, Records
from regen.state.releases import current
from regen.state.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regen.fleet.pull import Pulled
    from regen.hooks.dispatch import Hooks
    from regen.model.candidate import GeneratedFile
    from regen.model.finding import Finding
    from regen.model.merge import Merged, ThreeWay


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the merge stage asks: files of the hub are formatted and checked already, so only mergers are."""

    hooks: Hooks

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        """The text itself."""
        del path, language
        return content

    async def merge(self, three: ThreeWay) -> Merged | None:
        """As the plugins merge."""
        return await self.hooks.merge(three)

    async def evaluate_file(self, file: GeneratedFile) -> Sequence[Finding]:
        """What the gates for single files say of a merge, as in a project."""
        return await self.hooks.evaluate_file(file)


@dataclass(slots=True)
class _Planning:
    work: Held
    pulled: Pulled
    looks: Looks
    because: tuple[Because, ...]
    inputs: Inputs
    items: list[PlanItem] = field(default_factory=list)
    nothing: list[PlanItem] = field(default_factory=list)

    async def plan(self) -> Plan:
        work, manifest = self.work, self.pulled.manifest
        root = work.ready.target.tree.resolve()
        wanted = {file.path: file.digest for file in manifest.files}
        records = {one.artifact.template: one for one in Records(work.state.db, work.ready.environment).all()}
        if root.is_dir():
            with Tree(root) as tree:
                await self._each(wanted, records, tree, root)
        else:
            await self._each(wanted, records, None, root)
        newest = current(work.state.db, work.ready.environment)
        return Plan(
            work.ready.environment,
            newest.number if newest is not None else None,
            0,
            tuple(sorted(self.items, key=lambda item: item.path)),
            tuple(self.nothing),
            total=len(wanted),
            inputs=self.pulled.receipt.digest,
        )

    async def _each(self, wanted: dict[str, str], records: dict[str, Record], tree: Tree | None, root: Path) -> None:
        for path in sorted({*wanted, *records}):
            record, digest = records.get(path), wanted.get(path)
            settled = record is not None and record.base == digest and record.state in ("ok", "deleted")
            if not settled or tree is None:
                await self._item(path, record, digest, tree, root)

    async def _item(self, path: str, record: Record | None, digest: str | None, tree: Tree | None, root: Path) -> None:
        read = self.work.state.blobs.read
        found = self.looks.digest(tree, root, path) if tree is not None else None
        disk = tree.read(path) if tree is not None and found is not None else None
        base = record.base if record is not None else None
        sides = merging.Sides(
            path,
            language_of(self.work.ready, path),
            None if digest is None else read(digest),
            disk if base is not None and base == found else read(base) if base is not None else None,
            disk,
            known=base is not None,
            restore=tree is None,
        )
        decision = await merging.merge(
            sides, _Asked(self.work.ready.hooks), threshold=self.work.ready.config.merge.threshold
        )
        gone = digest is None
        if gone and base is None:
            decision = merging.Decision(Action.DELETE)  # it never had a file here: only its record goes
        action = decision.action
        if action is Action.KEEP and record is not None and record.state == "deleted":
            action = Action.NOTHING
        item = PlanItem(
            ArtifactId(path, None),
            action,
            "" if gone and base is None else path,
            self.because,
            old=None if disk is None else digest_of(disk),
            content=decision.content,
            render=decision.render,
            base=base,
            how=decision.how,
            confidence=decision.confidence,
            conflicts=decision.conflicts,
            marked=decision.marked,
            findings=decision.findings,
            inputs=None if action in (Action.DELETE, Action.KEEP) else self.inputs,
        )
        (self.nothing if action is Action.NOTHING else self.items).append(item)


async def plan_of(work: Held, pulled: Pulled, looks: Looks) -> Plan:
    """What deploying a release does here: nobody's edit is lost by it, and a file that was deleted stays so.

    Raises StateError where bytes that were released here are damaged.
    """
    number = pulled.manifest.number
    because = Because("release", f"release {number} of the hub", f"{pulled.receipt.digest[:12]}")
    planning = _Planning(work, pulled, looks, (because,), Inputs(pulled.receipt.digest))
    return await planning.plan()
