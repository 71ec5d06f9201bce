"""Comparing: two releases of an environment, out of the state alone; only what differs between them is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from regen.config import Config, find_root, load_config
from regen.config.objectives import objectives
from regen.errors import UsageError
from regen.model.artifact import ArtifactId, told
from regen.model.comparison import Feature, FileDifference, ReleaseComparison
from regen.model.evaluated import Evaluated
from regen.model.interface import COMPATIBILITY, ChangeKind, TwoVersions, bump_of
from regen.model.release import Release, Version
from regen.orchestrator.interface import interface_changes
from regen.stages import readiness
from regen.stages.readiness import Measured, Told
from regen.state import evaluations, figures, releases
from regen.state.opening import State, read_state

if TYPE_CHECKING:
    from regen.hooks.dispatch import Hooks

_Pair = tuple[Version | None, Version | None]
_EDITED = 3  # templates that are named, of those with the most edited files


async def read_comparison(folder: Path, environment: str | None, older: int, newer: int) -> ReleaseComparison:
    """Compare two releases of a project, which another process may hold; see `compare_releases`.

    Raises:
        RegenError: the folder is no project, has no such environment, or its state cannot be read.
    """
    from regen.holder import STATE_FOLDER
    from regen.orchestrator.opening import open_plugins

    config = load_config(find_root(folder))
    name = config.environment(environment).name
    with read_state(config.root / STATE_FOLDER) as state:
        if state is None:
            raise UsageError(f"{name} has no release yet", hint="`regen apply` makes the first")
        hooks, _ = await open_plugins(config)
        return await compare_releases(state, hooks, config, name, older, newer)


async def compare_releases(
    state: State, hooks: Hooks, config: Config, environment: str, older: int, newer: int
) -> ReleaseComparison:
    """Hold one release of an environment against another.

    Args:
        older, newer: their numbers; where the first is the higher one, this is what going back would change.

    Raises:
        UsageError: one of them does not exist, or they are the same.
    """
    for number in (older, newer):
        if number < 1:
            raise UsageError(f"there is no release {number}: they count from 1", hint="`regen history` lists them")
    before, after = (releases.release(state.db, environment, number) for number in (older, newer))
    if older == newer:
        raise UsageError(f"release {older} is compared with itself", hint="name two; `regen history` lists them")
    pairs = _pairs(state, environment, older, newer)
    because = _because(pairs, older > newer)
    interface = await interface_changes(hooks, _contents(state, pairs), await _languages(hooks), because)
    table = objectives(config)
    measured = readiness.figures(_measured(state, before), _measured(state, after), table)
    breaking = sum(change.breaking for change in interface)
    edited = figures.edited(state.db, environment, newer)[:_EDITED]
    results = _results(state, after)
    refused, doubtful, passed = readiness.told_by_gates(results)
    told = Told(after, breaking, edited, refused, doubtful, passed, readiness.points_of_gates(results))
    return ReleaseComparison(
        environment,
        before,
        after,
        tuple(_file(pair, because) for pair in pairs),
        _features(state, environment, older, [new for old, new in pairs if new is not None]),
        _features(state, environment, newer, [old for old, new in pairs if old is not None]),
        interface,
        bump_of(interface) if pairs else None,
        measured,
        readiness.points(told, measured, table),
        readiness.readiness(told, measured, table),
    )


def _pairs(state: State, environment: str, older: int, newer: int) -> list[_Pair]:
    """Paths with other bytes; what was written again as it was does not count."""
    pairs = releases.compare(state.db, environment, older, newer)
    return [(old, new) for old, new in pairs if old is None or new is None or old.content != new.content]


def _contents(state: State, pairs: Iterable[_Pair]) -> list[TwoVersions]:
    def read(side: Version | None) -> bytes | None:
        return None if side is None else state.blobs.read(side.content)

    return [TwoVersions(_known(pair).path, read(pair[0]), read(pair[1])) for pair in pairs]


def _known(pair: _Pair) -> Version:
    """The newer of two versions of a path, one of which there is."""
    return next(version for version in reversed(pair) if version is not None)


async def _languages(hooks: Hooks) -> Callable[[str], str | None]:
    """The language of a path, by its ending."""
    known = {ending: language.name for language in await hooks.languages() for ending in language.extensions}
    return lambda path: known.get(PurePosixPath(path).suffix)


def _because(pairs: Iterable[_Pair], back: bool) -> dict[str, str]:
    """Why paths differ, as the later release knows it; where that is the first of the two, going back undoes it."""
    reasons = {_known(pair).path: pair[0 if back else 1] for pair in pairs}
    word = "undone: " if back else ""
    return {
        path: f"{word}{told(later.because)}" for path, later in reasons.items() if later is not None and later.because
    }


def _file(pair: _Pair, because: Mapping[str, str]) -> FileDifference:
    old, new = pair
    kind: ChangeKind = "added" if old is None else "removed" if new is None else "changed"
    known = _known(pair)
    return FileDifference(kind, known.path, known.artifact.template, because.get(known.path))


def _features(state: State, environment: str, number: int, versions: Sequence[Version]) -> tuple[Feature, ...]:
    """Things that these versions are of, and of which a release has no file at all."""
    files = Counter(_thing(version.artifact) for version in versions)
    there = figures.things_held(state.db, environment, number, files)
    missing = {
        thing.key.n3() if thing.key is not None else thing.template: files[thing] for thing in files.keys() - there
    }
    return tuple(Feature(name, missing[name]) for name in sorted(missing))


def _thing(artifact: ArtifactId) -> ArtifactId:
    """A key, whatever the template; the template where there is no key."""
    return ArtifactId("", artifact.key) if artifact.key is not None else artifact


def _results(state: State, release: Release) -> tuple[Evaluated, ...]:
    """What gates said of a release; of one that a rollback brought back, what they said of that."""
    number = release.restores if release.restores is not None else release.number
    return evaluations.of_release(state.db, release.environment, number)


def _measured(state: State, release: Release) -> dict[str, Measured]:
    """Figures of a release: of its files, how many stand as they were rendered; and what gates measured."""
    total, rendered = figures.as_rendered(state.db, release.environment, release.number)
    found = {"files": Measured(total, "files")}
    if total:
        found["accuracy"] = Measured(rendered / total, "share")
    for result in _results(state, release):
        if result.gate != COMPATIBILITY:  # what it counts is about its own parent
            found |= {f"{result.gate}.{one.name}": Measured(one.value, one.unit) for one in result.figures}
            found |= {f"{result.gate}.time": Measured(result.duration_s, "s")} if result.duration_s else {}
            if f"{result.gate}.duration_s" in found:  # of a command, which measures it itself
                found.pop(f"{result.gate}.time", None)
    return found
