"""Interface: how what programs may use differs between a plan and the release under it, or between two releases.

Only files whose bytes differ are read: what a comparison costs follows the change.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from regen.model.artifact import told
from regen.model.interface import Changed, InterfaceChange, TwoVersions, bump_of
from regen.model.plan import Action, Plan, PlanItem
from regen.model.semver import Bump
from regen.model.settings import asks
from regen.stages import compare
from regen.state import releases
from regen.state.versions import highest_version
from regen.telemetry import stage

if TYPE_CHECKING:
    from regen.hooks.dispatch import Hooks
    from regen.model.evaluated import Evaluated
    from regen.orchestrator.session import Place, Session

_WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.MERGE, Action.ADOPT, Action.DELETE})


@dataclass(frozen=True, slots=True)
class Compatibility:
    """What a plan changes of the interface of the release under it.

    Attributes:
        changes: breaking ones first, then by place.
        result: what is said of them, and how many there are of each kind; None where nothing was compared.
        suggests: the part of a version that has to grow; None for a first release.
        version: what the release is called; None where `[engine] auto_version` is off.
    """

    changes: tuple[InterfaceChange, ...] = ()
    result: Evaluated | None = None
    suggests: Bump | None = None
    version: str | None = None


async def compatibility(session: Session, place: Place, plan: Plan, *, watching: bool) -> Compatibility | None:
    """Compare what a plan writes with the release under it; None where nobody asks.

    Args:
        watching: whether a watch runs the cycle: it compares only where `[evaluate]` says "always", or where releases
            are given versions.
    """
    wanted, versions = session.config.evaluate.compatibility, session.config.engine.auto_version
    asked = asks(wanted, watching=watching)
    if not (asked and place.environment.validate) and not versions:
        return None
    highest = highest_version(session.state.db, place.name) if versions else None
    version = partial(compare.following, highest=highest, first=session.config.engine.first_version)
    if plan.parent is None:
        return Compatibility(version=version(()) if versions else None)
    started = time.perf_counter()
    files, because, lost = _planned(session, place, plan)
    templates = {path: item.artifact.template for item in plan.items for path in (*_leaves(item), item.path)}
    with stage("interface", files=len(files)) as span:
        changes = await interface_changes(
            session.hooks, files, lambda path: session.language(templates.get(path, ""), path), because
        )
        span.set_attribute("regen.changes", len(changes))
    took = time.perf_counter() - started
    result = compare.evaluated(changes, session.config.evaluate.breaking, took, lost) if asked else None
    return Compatibility(changes, result, bump_of(changes), version(changes) if versions else None)


async def interface_changes(
    hooks: Hooks,
    files: Iterable[TwoVersions],
    language: Callable[[str], str | None],
    because: Mapping[str, str],
) -> tuple[InterfaceChange, ...]:
    """Differences between two versions of files, breaking ones first.

    Args:
        language: of a path.
        because: the reason behind the change of a path, where it is known.
    """
    by_language: dict[str | None, list[TwoVersions]] = defaultdict(list)
    for file in files:
        by_language[language(file.path)].append(file)
    found: list[InterfaceChange] = []
    for name, several in by_language.items():
        changed = Changed(name, tuple(sorted(several, key=lambda file: file.path))) if name is not None else None
        answer = await hooks.interface(changed) if changed is not None else None
        found += compare.whole_files(name, several) if answer is None else answer
    placed = (replace(change, because=because.get(change.path)) for change in found)
    return tuple(sorted(placed, key=lambda change: change.sort_key))


def _planned(session: Session, place: Place, plan: Plan) -> tuple[list[TwoVersions], dict[str, str], list[str]]:
    """Files that a plan changes, why, and those whose bytes in the last release are gone."""
    items = [item for item in plan.items if item.action in _WRITES]
    after: dict[str, bytes | None] = {path: None for item in items for path in _leaves(item)}
    after |= {item.path: item.render if item.action is Action.ADOPT else item.content for item in items if item.path}
    because = {path: told(item.because) for item in items for path in (*_leaves(item), item.path) if path}
    files, lost = [], []
    for path, content in sorted(after.items()):
        standing = releases.at_path(session.state.db, place.name, path)
        if standing is not None and not session.state.blobs.has(standing.content):
            lost.append(path)
            continue
        before = session.state.blobs.read(standing.content) if standing is not None else None
        if before != content:
            files.append(TwoVersions(path, before, content))
    return files, because, lost


def _leaves(item: PlanItem) -> Iterator[str]:
    if item.moved_from is not None:
        yield item.moved_from
