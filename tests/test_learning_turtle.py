"""The graph file of a source: what is written is read back the same, and merging twice is merging once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Store

from regen.model.learned import Item
from regen.sources.merging import Limits, merged
from regen.sources.reading import blocks_of, written_blocks
from regen.sources.text import clean, iri, plain
from regen.sources.turtle import Visit, document, subject

ALL = Limits(1_000_000)
FIRST, SECOND = Visit(1_764_000_000.125, 1_764_000_001.5), Visit(1_764_000_100.0, 1_764_000_100.25)
TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # halves of surrogate pairs, too
TIMES = st.none() | st.floats(-1e12, 1e12) | st.floats(allow_nan=True, allow_infinity=True)
LINKS = TEXT | st.builds("http://example.org/{}".format, TEXT)
ITEMS = st.builds(
    Item,
    id=TEXT,
    title=TEXT,
    link=LINKS,
    summary=TEXT,
    authors=st.lists(TEXT, max_size=3).map(tuple),
    categories=st.lists(TEXT, max_size=3).map(tuple),
    published=TIMES,
    updated=TIMES,
    kind=st.sampled_from(["Article", "Book", "bad kind", "", "Organization> . <"]),
    facts=st.lists(st.tuples(st.sampled_from(["version", "url", "not one", "a> <b"]), TEXT), max_size=3).map(tuple),
)


@given(st.lists(ITEMS, max_size=6))
def test_what_is_written_is_what_is_read(items: list[Item]) -> None:
    """By its lines, and by a parser of Turtle, which gives the very same file again."""
    blocks = merged("news", {}, items, FIRST, ALL).blocks
    data = document("news", "http://example.org/feed", blocks)
    Store().load(data, RdfFormat.TURTLE)
    assert written_blocks(data, "news") == blocks
    parsed = blocks_of(data, "news", "news.ttl")
    assert document("news", "http://example.org/feed", parsed) == data


@given(st.lists(ITEMS, max_size=6), st.randoms(use_true_random=False))
def test_merging_twice_is_merging_once_in_any_order(items: list[Item], random: st.randoms.__class__) -> None:  # type: ignore[valid-type]
    once = merged("news", {}, items, FIRST, ALL)
    again = merged("news", once.blocks, items, SECOND, ALL)
    assert (again.changed, again.blocks) == (False, once.blocks)
    each = {subject("news", item): item for item in reversed(items)}  # of two with one id the first counts
    single = [replace(item, updated=None) for item in each.values()]
    shuffled = list(single)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (merged("news", {}, rows, FIRST, ALL).blocks for rows in (single, shuffled))
    assert document("news", None, one) == document("news", None, other)


@given(st.lists(st.lists(ITEMS, max_size=4), max_size=4), st.integers(1, 5))
def test_the_limit_holds_and_nothing_comes_and_goes(rounds: list[list[Item]], most: int) -> None:
    """Told the same again after every step, nothing changes."""
    blocks = merged("news", {}, [], FIRST, ALL).blocks
    for number, items in enumerate(rounds):
        visit = Visit(FIRST.fetched + number, FIRST.integrated + number)
        blocks = merged("news", blocks, items, visit, Limits(most)).blocks
        assert len(blocks) <= most
        assert not merged("news", blocks, items, SECOND, Limits(most)).changed


@given(TEXT)
def test_a_clean_text_is_one_line_of_visible_characters(text: str) -> None:
    found = clean(text, 10)
    assert len(found) <= 10
    assert found == clean(found, 10)
    assert not {letter for letter in found if letter != " " and (letter < " " or letter in "\u202e\x7f\ud800")}
    found.encode()


@given(LINKS)
def test_an_address_is_an_iri_or_nothing(text: str) -> None:
    found = iri(text)
    assert found is None or (found.startswith(("http://", "https://")) and iri(found) == found)


@given(TEXT | st.builds("<{}>".format, TEXT) | st.builds("<![{}".format, TEXT) | st.builds("<!{}".format, TEXT))
def test_any_html_has_a_text(html: str) -> None:
    plain(html)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("a<br>b", "a b"),
        ("<b>bo</b>ld &amp; &lt;tag&gt; &#8230;", "bold & <tag> …"),
        ("x<script>evil()</script><style>p{}</style>y", "xy"),
        ("<![odd[x]]>", ""),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert clean(plain(html), 100) == text
