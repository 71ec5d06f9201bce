"""By statement: a Turtle file is compared with its last version as text, and only statements that differ are parsed.

Why it is exact: after the directives at its start, each statement of a Turtle file says what it says by itself, but for
two things. A triple may stand in several statements; those that do are known, and a statement with one of them leads to
reading the whole file. And blank nodes get their labels from the whole file. Where a node has no name, all that is said
of it stands in one statement, and its label comes from that statement as long as no other node of the file is of its
kind (`regen.dataset.labels`); how many there are of each kind is known, too. A named blank node in a statement that
came or went leads to reading the whole file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from regen.dataset.statements import Statements, UncutError, cuts, differing_statements, head_of
from regen.dataset.version import FileDelta, as_set, in_store_form
from regen.model.graphfile import Loaded


@dataclass(frozen=True, slots=True)
class ChangedText:
    """Statements that are in one of two versions only, each after the directives of the file, and the new cuts."""

    removed: bytes
    added: bytes
    ends: list[int]


def statements_of(text: bytes, loaded: Loaded, delta: FileDelta) -> Statements | None:
    """A version of a file that was read whole; None where its next version has to be read whole as well.

    Args:
        text: of the file.
        loaded: what it says, as a loader gives it.
        delta: what came out of that.
    """
    lone_returns = text.count(b"\r") != text.count(b"\r\n")
    spelt_alike = len(loaded.quads) != len(delta.quads)
    if loaded.repeated is None or lone_returns or spelt_alike:
        return None
    return Statements(text, head_of(text), as_set(delta.quads), delta.written, loaded.repeated, Counter(delta.kinds))


def changed_text(old: Statements, new: bytes) -> ChangedText | None:
    """The statements in which a new text differs; None where they are many, or it has to be read whole."""
    try:
        ends = old.ends if old.ends is not None else cuts(old.text, old.head)
        found = differing_statements(old.text, new, old.head, ends)
    except UncutError:
        return None
    if found is None:
        return None
    regions, new_ends = found
    removed = _pieces(old.text, ((one.old_start, one.old_end) for one in regions))
    added = _pieces(new, ((one.new_start, one.new_end) for one in regions))
    if b"_:" in removed or b"_:" in added:
        return None
    head = new[: old.head]
    return ChangedText(head + removed, head + added, new_ends)


def _pieces(text: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    return b"".join(text[start:end] + b"\n" for start, end in places)


def statements_delta(
    old: Statements, new: bytes, changed: ChangedText, removed: Loaded, added: Loaded, iri: str
) -> FileDelta | None:
    """What the statements that differ say of the file; None where it has to be read whole.

    Args:
        changed: of `old` and `new`.
        removed, added: what a loader gives for the two texts of `changed`.
        iri: the name of the file's graph.
    """
    if not (_stands_alone(removed) and _stands_alone(added)):
        return None
    went, came = (in_store_form(loaded.quads, loaded, iri) for loaded in (removed, added))
    spelt_alike = len(went.quads) != len(removed.quads) or len(came.quads) != len(added.quads)
    if went.symmetric or came.symmetric or spelt_alike:
        return None
    gone, new_kinds = Counter(went.kinds), Counter(came.kinds)
    if any(old.kinds.get(kind, 0) != gone[kind] for kind in (*gone, *new_kinds)):
        return None
    if old.repeated and any(quad in old.repeated for loaded in (removed, added) for quad in loaded.quads):
        return None
    more, less = came.quads - went.quads, went.quads - came.quads
    if not went.quads <= old.all or not more.isdisjoint(old.all):
        return None
    written = {quad: texts for quad, texts in old.written.items() if quad not in went.quads} | dict(came.written)
    kinds = Counter(old.kinds)
    kinds.subtract(gone)
    kinds.update(new_kinds)
    version = Statements(new, old.head, (old.all - less) | more, written, old.repeated, +kinds, changed.ends)
    return FileDelta(iri, more, less, version, written)


def _stands_alone(loaded: Loaded) -> bool:
    """Whether no quad stands in several of the statements."""
    return loaded.repeated is not None and not loaded.repeated
