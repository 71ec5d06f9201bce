"""Texts that stand for terms when rows are put in order."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from regen.model.term import XSD, Blank, Iri, Literal, Term
from regen.query.sorting import place_text

_TEXTS = st.text(alphabet="\0\1\2 aé", max_size=4)
_TERMS = st.one_of(
    _TEXTS.map(Iri),
    _TEXTS.map(Blank),
    st.builds(Literal, _TEXTS, st.sampled_from([None, f"{XSD}integer", "\0", "\1a"])),
    st.builds(lambda text: Literal(text, None, "en"), _TEXTS),
)


@given(_TERMS, _TERMS)
@example(Literal("a"), Literal("a\0"))
@example(Literal("a\1"), Literal("a", f"{XSD}integer"))
def test_they_come_where_the_terms_come(one: Term, other: Term) -> None:
    assert (place_text(one) < place_text(other)) == (one.sort_key < other.sort_key)
    assert (place_text(one) == place_text(other)) == (one == other)
