"""N-Triples text becomes terms and quads: how the state store spells them."""

from __future__ import annotations

import re

from regen.model.delta import Quad
from regen.model.term import Blank, Iri, Literal, Term, TripleTerm

_TERM = re.compile(
    r"""\s*(?:
      (?P<open><<\()
    | <(?P<iri>[^>]*)>
    | _:(?P<blank>[^\s<>"]+)
    | "(?P<text>(?:[^"\\]|\\.)*)"
      (?:\^\^<(?P<datatype>[^<>]*)>|@(?P<language>[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)(?:--(?P<direction>ltr|rtl))?)?
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_PLAIN = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def parse_term(text: str) -> Term:
    """One term in N-Triples syntax, as `Term.n3` writes it.

    Raises:
        ValueError: the text is no term, or more than one.
    """
    term, end = _term(text, 0)
    if text[end:].strip():
        raise ValueError(f"more than one term: {text!r}")
    return term


def parse_quad(text: str) -> Quad:
    """One line of N-Quads, as `Quad.n3` writes it; the end of the line may be missing.

    Raises:
        ValueError: the text is no quad.
    """
    subject, at = _term(text, 0)
    predicate, at = _term(text, at)
    object_, at = _term(text, at)
    rest = text[at:].strip()
    graph = None if rest in {"", "."} else _term(rest, 0)[0]
    if not isinstance(predicate, Iri):
        raise ValueError(f"no quad: {text!r}")
    return Quad(subject, predicate, object_, graph)


def _term(text: str, at: int) -> tuple[Term, int]:
    found = _TERM.match(text, at)
    if found is None:
        raise ValueError(f"no term at {at}: {text!r}")
    end = found.end()
    if found["open"]:
        return _triple_term(text, end)
    if found["iri"] is not None:
        return Iri(found["iri"]), end
    if found["blank"] is not None:
        return Blank(found["blank"]), end
    value = _ESCAPE.sub(_unescape, found["text"]) if "\\" in found["text"] else found["text"]
    return Literal(value, found["datatype"], found["language"], found["direction"]), end


def _triple_term(text: str, at: int) -> tuple[Term, int]:
    subject, at = _term(text, at)
    predicate, at = _term(text, at)
    object_, at = _term(text, at)
    closing = re.compile(r"\s*\)>>").match(text, at)
    if closing is None or not isinstance(predicate, Iri):
        raise ValueError(f"no triple term: {text!r}")
    return TripleTerm(subject, predicate, object_), closing.end()


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _PLAIN.get(found[3], found[3])
