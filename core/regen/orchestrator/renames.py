"""Renames: a subject that went and one that came are one under another name, where that is certain.

Certain is what the graph states (`owl:sameAs`, `isReplacedBy`, `supersededBy`), and a subject whose triples are those
of exactly one new subject once every renamed name is put in its place. Anything less is proposed, never done: a wrong
guess would carry a person's edits into a file where they do not belong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from regen.dataset.store import Dataset
from regen.model.artifact import ArtifactId
from regen.model.delta import Delta, Quad
from regen.model.term import Iri, Term

_OWL = "http://www.w3.org/2002/07/owl#"
_DCT = "http://purl.org/dc/terms/"
_FORWARD = (
    Iri(_OWL + "sameAs"),
    Iri(_DCT + "isReplacedBy"),
    Iri("https://schema.org/supersededBy"),
    Iri("http://schema.org/supersededBy"),
)
_BACKWARD = (Iri(_OWL + "sameAs"), Iri(_DCT + "replaces"))
_ALIKE = 0.5  # share of equal facts from which a rename is proposed

Names = Mapping[Term, Term]
Shape = tuple[object, ...]
Spell = Callable[[Term, tuple[Term, ...]], object]


def stated(dataset: Dataset, gone: Iterable[Term], came: Collection[Term]) -> dict[Term, Term]:
    """Old names with the one new name that the graph states for each.

    Args:
        dataset: as it is now.
        gone: keys that went.
        came: keys that are new.
    """
    found: dict[Term, Term] = {}
    for old in gone:
        after = {quad.object for predicate in _FORWARD for quad in dataset.quads(old, predicate)}
        before = {quad.subject for predicate in _BACKWARD for quad in dataset.quads(None, predicate, old)}
        names = (after | before).intersection(came)
        if len(names) == 1:
            found[old] = names.pop()
    return _one_to_one(found)


def derived(dataset: Dataset, delta: Delta) -> dict[Term, Term]:
    """Old names with the one new name whose triples are equal after substitution.

    Args:
        dataset: as it is now.
        delta: of the merge, that led to it.
    """
    removed, added = _Side(delta.merged_removed), _Side(delta.merged_added)
    gone = {term for term in removed.subjects if isinstance(term, Iri) and not dataset.has_subject(term)}
    came = {term for term in added.subjects if isinstance(term, Iri) and _is_new(dataset, term, delta)}
    open_names = frozenset(gone | came)
    by_shape: dict[frozenset[Shape], tuple[list[Term], list[Term]]] = defaultdict(lambda: ([], []))
    for number, (side, terms) in enumerate(((removed, gone), (added, came))):
        for term in terms:
            by_shape[frozenset(side.shapes(term, {}, open_names))][number].append(term)
    names = {old[0]: new[0] for old, new in by_shape.values() if len(old) == len(new) == 1}
    while wrong := [old for old, new in names.items() if not _equal(removed, added, old, new, names)]:
        for old in wrong:
            del names[old]
    return names


def alike(delta: Delta, old: Term, new: Term) -> float:
    """The share of facts that two subjects have in common, from 0 to 1; for proposals."""
    one, other = (
        {(q.predicate, q.object) for q in side if q.subject == term} for side, term in _sides(delta, old, new)
    )
    return len(one & other) / (len(one | other) or 1)


def _sides(delta: Delta, old: Term, new: Term) -> tuple[tuple[frozenset[Quad], Term], ...]:
    return ((delta.merged_removed, old), (delta.merged_added, new))


def net(changes: Iterable[Delta]) -> Delta:
    """What some deltas do together to the merge."""
    added: set[Quad] = set()
    removed: set[Quad] = set()
    for delta in changes:
        for quads, one, other in ((delta.merged_removed, removed, added), (delta.merged_added, added, removed)):
            one.update(quads - other)
            other.difference_update(quads)
    return Delta(merged_added=frozenset(added), merged_removed=frozenset(removed))


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two artifacts that may be one.

    Attributes:
        old, new: which.
        share: of facts that are equal, from 0 to 1.
    """

    old: ArtifactId
    new: ArtifactId
    share: float


def propose(delta: Delta, gone: Sequence[ArtifactId], came: Sequence[ArtifactId]) -> Iterator[Proposal]:
    """For each artifact that went, the one that came and is most like it, where half of the facts are equal."""
    for old in gone:
        shares = [
            (alike(delta, old.key, new.key), new.sort_key, new)
            for new in came
            if new.template == old.template and old.key is not None and new.key is not None
        ]
        best = max(shares, default=None)
        if best is not None and best[0] >= _ALIKE:
            yield Proposal(old, best[2], best[0])


def _is_new(dataset: Dataset, term: Term, delta: Delta) -> bool:
    return all(quad in delta.merged_added for quad in dataset.quads(term))


def _one_to_one(names: dict[Term, Term]) -> dict[Term, Term]:
    values = list(names.values())
    return {old: new for old, new in names.items() if values.count(new) == 1}


def _equal(removed: _Side, added: _Side, old: Term, new: Term, names: Names) -> bool:
    nothing: frozenset[Term] = frozenset()
    return set(removed.shapes(old, names, nothing)) == set(added.shapes(new, {}, nothing))


@dataclass
class _Side:
    """The triples of one half of a delta, by the terms that they mention."""

    quads: Iterable[Quad]
    subjects: set[Term] = field(default_factory=set)
    mentions: dict[Term, list[Quad]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for quad in self.quads:
            self.subjects.add(quad.subject)
            for term in {quad.subject, quad.predicate, quad.object}:
                self.mentions[term].append(quad)

    def shapes(self, term: Term, names: Names, open_names: frozenset[Term]) -> Iterator[Shape]:
        """The triples that mention a term, with other names put in and blank nodes spelt by what they say.

        Args:
            term: which.
            names: old names and what they are now.
            open_names: names that may be others on the other side: none of them counts, but where it stands.
        """

        def spell(part: Term, above: tuple[Term, ...]) -> object:
            if part == term and open_names:
                return "self"
            if part in open_names:
                return "open"
            if part.kind == "blank":
                return part.n3() if part in above else self._blank(part, above, spell)
            return names.get(part, part).n3()

        for quad in self.mentions.get(term, ()):
            yield tuple(spell(part, ()) for part in quad[:3])

    def _blank(self, node: Term, above: tuple[Term, ...], spell: Spell) -> object:
        """A blank node by its own triples: its label is made from names that may have changed."""
        own = [quad for quad in self.mentions.get(node, ()) if quad.subject == node]
        inner = (*above, node)
        pairs = [(spell(quad.predicate, inner), spell(quad.object, inner)) for quad in own]
        return ("blank", *sorted(pairs, key=repr)) if own else node.n3()
