"""Spans are sets of times: joined, cut to a window, and cut out of each other."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from regen.model.spans import joined, length_s, within, without

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


def seconds(spans: list[tuple[float, float]]) -> set[int]:
    """The whole seconds in them."""
    return {at for since, until in spans for at in range(int(since), int(until))}


@given(SPANS)
def test_pieces_are_sorted_and_do_not_touch(spans: list[tuple[float, float]]) -> None:
    found = joined(spans)
    assert seconds(found) == seconds(spans)
    assert all(since < until for since, until in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    assert length_s(found) == len(seconds(spans))


@given(SPANS, st.integers(0, 40), st.integers(0, 40))
def test_a_window_cuts_pieces(spans: list[tuple[float, float]], one: int, other: int) -> None:
    since, until = min(one, other), max(one, other)
    found = within(joined(spans), since, until)
    assert seconds(found) == seconds(spans) & set(range(since, until))


@given(SPANS, SPANS)
def test_what_is_in_a_hole_is_gone(spans: list[tuple[float, float]], holes: list[tuple[float, float]]) -> None:
    found = without(joined(spans), joined(holes))
    assert seconds(found) == seconds(spans) - seconds(holes)
    assert found == joined(found)
