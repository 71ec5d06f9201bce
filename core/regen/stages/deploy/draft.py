"""Draft: the items of a plan become one change for each path, and what the history will say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from regen.errors import PathError
from regen.model.artifact import ArtifactId
from regen.model.deploy import Change
from regen.model.merge import Conflict
from regen.model.plan import Action, PlanItem
from regen.model.release import Standing
from regen.state.blobs import digest_of
from regen.state.codec import artifact_of, artifact_text
from regen.state.opening import State
from regen.state.releases import at_path

_WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.MERGE, Action.ADOPT})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a commit is about to do.

    Attributes:
        items: of the plan, without NOTHING.
        changes: one for each path that the history or the disk changes at, sorted by path.
        ended: paths whose file stays as it is, but is in no release any more: its key is gone, or the user deleted it.
        fresh: bytes to store, by digest.
    """

    items: tuple[PlanItem, ...]
    changes: tuple[Change, ...]
    ended: tuple[Change, ...] = ()
    fresh: Mapping[str, bytes] = field(default_factory=dict)


def writes(item: PlanItem) -> bool:
    """Whether the item gives its path a version."""
    return item.action in _WRITES


def arrives(item: PlanItem) -> bool:
    """Whether the item writes, or takes over, the file at its path."""
    return writes(item) or (item.action is Action.DELETE and item.content is not None)


class Drafting:
    """Makes drafts of a plan, again after a file was found to be edited.

    Args:
        state: for what stands now.
        environment: its name.
    """

    def __init__(self, state: State, environment: str) -> None:
        self._state = state
        self._environment = environment
        self.seen: dict[str, str | None] = {}
        """Digests found on disk at paths that an artifact moves to."""
        self._fresh: dict[str, bytes] = {}

    def draft(self, items: Iterable[PlanItem]) -> Draft:
        """One change for each path. Raises PathError where two artifacts claim one path."""
        wanted = self._without_blocked(tuple(item for item in items if item.action is not Action.NOTHING))
        arriving: dict[str, PlanItem] = {}
        leaving: dict[str, PlanItem] = {}
        for item in wanted:
            if arrives(item):
                if item.path in arriving:
                    raise _two_owners(item, arriving[item.path].artifact)
                arriving[item.path] = item
                if item.moved_from is not None and item.moved_from != item.path:
                    leaving[item.moved_from] = item
            elif item.action is Action.DELETE and item.path:
                leaving[item.path] = item
        changes = [self._arrival(path, item, leaving.get(path)) for path, item in arriving.items()]
        changes += [self._departure(path, item) for path, item in leaving.items() if path not in arriving]
        ended = [ending for item in wanted if (ending := self._ended(item)) is not None]
        return Draft(wanted, tuple(sorted(changes, key=lambda change: change.path)), tuple(ended), self._fresh)

    def _without_blocked(self, items: tuple[PlanItem, ...]) -> tuple[PlanItem, ...]:
        """Items whose path is held by a file that waits for a person become conflicts, and so may those behind."""
        holders = self._holders(item.path for item in items if arrives(item))
        while True:
            by_artifact = {item.artifact: item for item in items}
            blocked = {
                item.artifact: owner
                for item in items
                if arrives(item)
                and item.path in holders
                and (owner := self._waiting(item, *holders[item.path], by_artifact)) is not None
            }
            if not blocked:
                return items
            items = tuple(
                _blocked(item, blocked[item.artifact]) if item.artifact in blocked else item for item in items
            )

    def _holders(self, paths: Iterable[str]) -> dict[str, tuple[ArtifactId, Standing]]:
        """Which artifact has a path now, and where it stands; files that their users deleted hold none."""
        rows = self._state.db.among(
            "SELECT path, template, key, state FROM artifact WHERE environment = ? AND state <> 'deleted' AND path IN",
            (self._environment,),
            paths,
        )
        return {path: (artifact_of(template, key), Standing(state)) for path, template, key, state in rows}

    def _waiting(
        self, item: PlanItem, owner: ArtifactId, standing: Standing, items: Mapping[ArtifactId, PlanItem]
    ) -> ArtifactId | None:
        """The owner, where it keeps the item's path for a person's file; raises where it keeps it for its own."""
        theirs = items.get(owner)
        if owner == item.artifact or (theirs is not None and _leaves(theirs)):
            return None
        waits = theirs is not None and theirs.action in (Action.CONFLICT, Action.KEEP)
        if waits or standing in (Standing.ORPHAN, Standing.CONFLICT):
            return owner
        raise _two_owners(item, owner)

    def _ended(self, item: PlanItem) -> Change | None:
        if item.action is not Action.KEEP:
            return None
        standing = at_path(self._state.db, self._environment, item.path)
        if standing is None or standing.artifact != item.artifact:
            return None
        return Change(item.path, item.artifact, item.old, item.old, None)

    def _departure(self, path: str, item: PlanItem) -> Change:
        return Change(path, item.artifact, item.old, None, None, self._base(item))

    def _arrival(self, path: str, arriving: PlanItem, leaving: PlanItem | None) -> Change:
        render = self._keep(arriving.render)
        content = render if arriving.content is arriving.render else self._keep(arriving.content)
        if arriving.moved_from is not None and arriving.moved_from != path:
            old = leaving.old if leaving is not None else self.seen.get(path)
            new = content if content is not None else arriving.old
            return Change(path, arriving.artifact, old, new, render, theirs=new, source=arriving.moved_from)
        old = arriving.old if arriving.old is not None or leaving is None else leaving.old
        new = content if content is not None else old
        theirs = render if render is not None else content
        return Change(path, arriving.artifact, old, new, render, arriving.base, theirs)

    def _keep(self, data: bytes | None) -> str | None:
        if data is None:
            return None
        digest = digest_of(data)
        self._fresh[digest] = data
        return digest

    def _base(self, item: PlanItem) -> str | None:
        if item.base is not None:
            return item.base
        row = self._state.db.one(
            "SELECT base FROM artifact WHERE environment = ? AND template = ? AND key = ?",
            (self._environment, *artifact_text(item.artifact)),
        )
        return row[0] if row is not None else None


def _leaves(item: PlanItem) -> bool:
    """Whether the item's artifact gives up the path that it has now."""
    if item.action is Action.DELETE or (item.action is Action.KEEP and item.old is None):
        return True
    return writes(item) and item.moved_from not in (None, item.path)


def _blocked(item: PlanItem, owner: ArtifactId) -> PlanItem:
    message = f"{item.path} is still taken by a file of {owner} that waits for you"
    return replace(item, action=Action.CONFLICT, content=None, conflicts=(Conflict("rename", message),))


def _two_owners(item: PlanItem, other: ArtifactId) -> PathError:
    return PathError(
        f"two artifacts would write {item.path}: {other} and {item.artifact}; nothing was written",
        where=item.path,
        hint="give one of the templates another `to:`",
    )
