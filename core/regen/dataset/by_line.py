"""By line: an N-Triples or N-Quads file is compared with its last version as text, and only lines that differ are
parsed.

Why it is exact: in these formats each line says what it says by itself. `Lines` is made only of a text whose every line
is one quad that the store gives back as it stands, no two of them alike. What two texts share needs then no look;
which of their lines are taken for shared does not matter, as long as they are shared. A line that is new may state what
an old one states as well, in another spelling: the caller is asked whether a quad may be there already, and where it
may, the file is read as a whole. So it is where a blank node stands in a line that came or went, for its label comes
from other lines too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import pyoxigraph as ox

from regen.dataset.lines import Difference, Lines, parsed_lines
from regen.dataset.terms import BLANK
from regen.dataset.version import FileDelta, normalised

_ESCAPED_IRI = re.compile(rb"<[^<>\"\s]*\\[uU]")


def lines_of(text: bytes, iri: str, delta: FileDelta) -> Lines | None:
    """A version of a file that was read whole, where its text says all of it; None where that has to be kept as quads.

    Args:
        text: of a file each line of which says what it says by itself.
        iri: the name of the file's graph.
        delta: what came out of the text.
    """
    unlike = delta.written or b"\r" in text or BLANK.encode() in text or _names(text, iri)
    if unlike or len(delta.quads) != _statements(text):
        return None
    if b"_:" in text and any(BLANK in str(quad) for quad in delta.quads):
        return None
    return Lines(text, len(delta.quads))


def _names(text: bytes, iri: str) -> bool:
    """Whether a text may put a quad into the file's own graph by its name, which is the default graph to the store."""
    return f"<{iri}>".encode() in text or (b"\\" in text and _ESCAPED_IRI.search(text) is not None)


def _statements(text: bytes) -> int:
    """How many lines of a text say something, as far as counting tells."""
    lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
    comments = text.count(b"\n#") + text.startswith(b"#")
    return lines - comments - text.count(b"\n\n") - text.startswith(b"\n")


def lines_delta(
    old: Lines, new: bytes, found: Difference, added: Collection[ox.Quad], iri: str, is_new: Callable[[ox.Quad], bool]
) -> FileDelta | None:
    """What the lines that differ say of the file; None where that cannot be told without reading it as a whole.

    Args:
        found: of `old` and `new`.
        added: the quads of `found.added`, as a loader gives them.
        iri: the name of the file's graph.
        is_new: whether the last version surely has not this quad, as the store has it.
    """
    stated, written = normalised(added, iri)
    gone = set(parsed_lines(found.removed))
    came, went = set(stated) - gone, gone.difference(stated)
    if any(quad in old.removed or not (quad in old.added or is_new(quad)) for quad in came):
        return None
    plain = not written and len(stated) == found.added.count(b"\n") and not _names(found.added, iri)
    count = old.count - len(old.added) + len(old.removed) + len(came) - len(went)
    quads = Lines(new, count) if plain else Lines(old.text, count, frozenset(came), frozenset(went))
    came_since = (came - old.added) | (old.removed - went)
    gone_since = (old.added - came) | (went - old.removed)
    return FileDelta(iri, came_since, gone_since, quads, written)
