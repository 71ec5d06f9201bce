"""Terms: IRIs, blank nodes, literals and triple terms, as values that print as people expect.

Why str: templates compare, sort, slice and interpolate terms all the time, and `{{ this }}` should print
the IRI or the lexical form without a filter. Two terms are equal only when kind, datatype and language
agree; a term and a plain string are equal when the text is. Do not mix both in one set.
"""

from __future__ import annotations

import re
from typing import Literal as OneOf

Kind = OneOf["iri", "blank", "literal", "triple"]

XSD = "http://www.w3.org/2001/XMLSchema#"
XSD_STRING = XSD + "string"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = RDF + "type"
RDF_LANG_STRING = RDF + "langString"
RDF_DIR_LANG_STRING = RDF + "dirLangString"

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"})
_ESCAPED = re.compile(r'[\\"\n\r\t\x08\f]')
_KIND_ORDER = {"blank": 0, "iri": 1, "literal": 2, "triple": 3}


class Term(str):
    """One RDF term; the text is the IRI, the label, the lexical form, or `s p o` in N-Triples."""

    __slots__ = ()
    kind: Kind

    def _identity(self) -> tuple[str, ...]:
        return (self.kind, str.__str__(self))

    def __eq__(self, other: object) -> bool:
        equal = str.__eq__(self, other)  # NotImplemented where the other is no text
        if equal is not True or not isinstance(other, Term):
            return equal
        return self._identity() == other._identity()

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.n3()})"

    @property
    def sort_key(self) -> tuple[int, str, str, str]:
        """A total order over all terms: blank nodes, IRIs, literals, triple terms; then by text."""
        return (_KIND_ORDER[self.kind], str.__str__(self), "", "")

    def n3(self) -> str:
        """The term in N-Triples syntax, which is also SPARQL's (blank nodes aside)."""
        raise TypeError(f"a {type(self).__name__} is abstract; make an Iri, Blank, Literal or TripleTerm")


class Iri(Term):
    """An IRI, without angle brackets."""

    __slots__ = ()
    kind = "iri"

    def n3(self) -> str:
        return f"<{str.__str__(self)}>"


class Blank(Term):
    """A blank node; the text is its label, made from content, without `_:`."""

    __slots__ = ()
    kind = "blank"

    def n3(self) -> str:
        return f"_:{str.__str__(self)}"


class Literal(Term):
    """A literal, in the spelling that the store gives back.

    Args:
        value: the lexical form.
        datatype: an IRI; `xsd:string` where None and no language is given.
        language: a lower-case BCP 47 tag; None for literals without a language.
        direction: "ltr" or "rtl" (RDF 1.2); None otherwise.
    """

    __slots__ = ("datatype", "direction", "language")
    kind = "literal"
    datatype: str
    language: str | None
    direction: str | None

    def __new__(
        cls,
        value: str,
        datatype: str | None = None,
        language: str | None = None,
        direction: str | None = None,
    ) -> Literal:
        self = super().__new__(cls, value)
        self.language = language
        self.direction = direction
        if language is not None:
            self.datatype = RDF_DIR_LANG_STRING if direction else RDF_LANG_STRING
        else:
            self.datatype = str(datatype) if datatype is not None else XSD_STRING
        return self

    def __getnewargs__(self) -> tuple[str, str, str | None, str | None]:  # type: ignore[override]
        return (str.__str__(self), self.datatype, self.language, self.direction)

    def _identity(self) -> tuple[str, ...]:
        return (self.kind, str.__str__(self), self.datatype, self.language or "", self.direction or "")

    @property
    def sort_key(self) -> tuple[int, str, str, str]:
        return (
            _KIND_ORDER["literal"],
            str.__str__(self),
            self.datatype,
            f"{self.language or ''} {self.direction or ''}",
        )

    def n3(self) -> str:
        text = str.__str__(self)
        quoted = f'"{text.translate(_ESCAPES) if _ESCAPED.search(text) else text}"'
        if self.language is not None:
            return f"{quoted}@{self.language}--{self.direction}" if self.direction else f"{quoted}@{self.language}"
        return quoted if self.datatype == XSD_STRING else f"{quoted}^^<{self.datatype}>"


class TripleTerm(Term):
    """A triple as a term (RDF 1.2); the text is `s p o` in N-Triples."""

    __slots__ = ("object", "predicate", "subject")
    kind = "triple"
    subject: Term
    predicate: Iri
    object: Term

    def __new__(cls, subject: Term, predicate: Iri, object: Term) -> TripleTerm:  # noqa: A002 - RDF's own word
        self = super().__new__(cls, f"{subject.n3()} {predicate.n3()} {object.n3()}")
        self.subject, self.predicate, self.object = subject, predicate, object
        return self

    def __getnewargs__(self) -> tuple[Term, Iri, Term]:  # type: ignore[override]
        return (self.subject, self.predicate, self.object)

    def n3(self) -> str:
        return f"<<( {str.__str__(self)} )>>"
