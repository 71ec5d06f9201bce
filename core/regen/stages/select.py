"""Stage: a delta becomes the artifacts that it may change, each with its reason.

It runs in two halves, because the derived queries need old and new quads together and the whole views need the new ones
alone: `probe` before the dataset is settled, `resolve` after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol

from pyoxigraph import Store

from regen.hooks.protocols import Affected, Selector
from regen.model.artifact import BODY, ArtifactId, Because, Lookup
from regen.model.delta import Delta, Quad
from regen.model.rows import Rows
from regen.model.term import Term

_TOLD = 5  # further facts behind one artifact that are kept
Describe = Callable[[Quad, bool], Because]


@dataclass(frozen=True, slots=True)
class Views:
    """The compiled views of one template.

    Attributes:
        template: its name.
        each: whether artifacts are made per key of the view "each".
        selectors: (view, selector), "each" first where there is one.
    """

    template: str
    each: bool
    selectors: tuple[tuple[str, Selector], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stale set: an artifact that is affected, and why."""

    artifact: ArtifactId
    because: Because


class Known(Protocol):
    """What is recorded of the artifacts that stand in an environment."""

    def having(self, template: str, keys: Iterable[Term | None]) -> Set[Term | None]:
        """Those of these keys of a template that are recorded."""

    def digests(self, template: str, view: str) -> Mapping[Term | None, str]:
        """For each recorded key of a template the digest of its rows of a view."""

    def walks(self) -> bool:
        """Whether the body of any artifact asked the graph."""

    def looked_up(self, patterns: Iterable[Lookup]) -> Iterator[tuple[ArtifactId, Lookup]]:
        """Artifacts whose bodies asked one of these patterns."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a delta may change in one view."""

    views: Views
    view: str
    selector: Selector
    affected: Affected


def probe(templates: Sequence[Views], store: Store, delta: Delta) -> tuple[Probe, ...]:
    """Ask every view what a delta may change; a view that several templates have is asked once.

    Args:
        templates: those whose inputs did not change otherwise.
        store: old and new quads together.
        delta: what changed.
    """
    probes = []
    answers: dict[str, Affected] = {}
    for views in templates:
        for view, selector in views.selectors:
            affected = answers.get(selector.digest)
            if affected is None:
                affected = answers[selector.digest] = selector.affected(store, delta)
            if affected.keys or affected.whole is not None or (affected.loose is not None and not views.each):
                probes.append(Probe(views, view, selector, affected))
    return tuple(probes)


class Answers:
    """What views give as a whole of the new quads, by digest; what templates or environments share is asked once.

    Args:
        store: the new quads alone.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._together: dict[str, str] = {}
        self._by_key: dict[str, Mapping[Term, str]] = {}

    def together(self, selector: Selector) -> str:
        """The digest of all rows of a view."""
        if selector.digest not in self._together:
            self._together[selector.digest] = selector.global_rows(self._store).digest()
        return self._together[selector.digest]

    def by_key(self, selector: Selector) -> Mapping[Term, str]:
        """The digest of the rows of each key of a view."""
        if selector.digest not in self._by_key:
            rows = selector.all_rows(self._store)
            self._by_key[selector.digest] = {key: value.digest() for key, value in rows.items()}
        return self._by_key[selector.digest]


def resolve(
    probes: Sequence[Probe], answers: Answers, delta: Delta, known: Known, describe: Describe
) -> tuple[Entry, ...]:
    """Turn what views answered, and the traced look-ups of bodies, into stale entries.

    Args:
        probes: of `probe`.
        answers: what views give of the new quads.
        delta: what changed.
        known: the artifacts as they are recorded.
        describe: makes a reason from a changed quad and whether it was added.

    Returns:
        Entries without repeats, sorted by artifact; the first reason found stands for all, one of a body before those
        of views: rows that are equal say nothing of what a body asked.
    """
    found: dict[ArtifactId, Because] = {}
    others: dict[ArtifactId, dict[str, None]] = {}

    def reason(quad: Quad, view: str) -> Because:
        return replace(describe(quad, quad in delta.added or quad in delta.merged_added), view=view)

    for item in probes:
        for artifact, quad in _keys(item, answers, known):
            because = reason(quad, item.view)
            if found.setdefault(artifact, because).text != because.text:
                others.setdefault(artifact, {})[str(because)] = None
    for artifact, quad in _bodies(delta, known):
        if artifact not in found or found[artifact].view != BODY:
            found[artifact] = reason(quad, BODY)
    for artifact, texts in others.items():
        first = found[artifact]
        found[artifact] = replace(first, also=tuple(text for text in texts if text != str(first))[:_TOLD])
    return tuple(Entry(artifact, found[artifact]) for artifact in sorted(found, key=lambda a: a.sort_key))


def _keys(item: Probe, answers: Answers, known: Known) -> Iterator[tuple[ArtifactId, Quad]]:
    template = item.views.template
    makes_keys = item.views.each and item.view == "each"
    if item.selector.keyed and item.views.each and item.affected.whole is None:
        keys = item.affected.keys
        recorded_keys = keys.keys() if makes_keys else known.having(template, keys)
        for key, quad in keys.items():
            if key in recorded_keys:
                artifact = ArtifactId(template, key)
                yield artifact, quad
                yield from ((artifact, other) for other in item.affected.also.get(key, ()))
        return
    reason = _reason(item.affected)
    recorded = known.digests(template, item.view)
    if not item.selector.keyed or not item.views.each:
        rows = answers.together(item.selector)
        yield from ((ArtifactId(template, key), reason) for key, was in recorded.items() if was != rows)
        return
    now = answers.by_key(item.selector)
    empty = Rows(item.selector.variables, ()).digest()
    for known_key, was in recorded.items():
        if known_key is not None and now.get(known_key, empty) != was:
            yield ArtifactId(template, known_key), reason
    if makes_keys:
        yield from ((ArtifactId(template, key), reason) for key in now if key not in recorded)


def _reason(affected: Affected) -> Quad:
    """One changed quad for all artifacts that a view as a whole makes stale."""
    if affected.whole is not None:
        return affected.whole.because
    if affected.loose is not None:
        return affected.loose
    return next(iter(affected.keys.values()))


def _bodies(delta: Delta, known: Known) -> Iterator[tuple[ArtifactId, Quad]]:
    if not known.walks():
        return
    asked: dict[Lookup, Quad] = {}
    for quads in (delta.merged_added, delta.merged_removed, delta.added, delta.removed):
        for quad in sorted(quads, key=lambda q: q.sort_key):
            for pattern in masks(quad):
                asked.setdefault(pattern, quad)
    for artifact, pattern in known.looked_up(asked):
        yield artifact, asked[pattern]


def masks(quad: Quad) -> Iterator[Lookup]:
    """The eight patterns that match a quad: each of subject, predicate, object bound or free."""
    for bits in range(8):
        yield Lookup(
            quad.subject if bits & 1 else None,
            quad.predicate if bits & 2 else None,
            quad.object if bits & 4 else None,
            quad.graph,
        )
