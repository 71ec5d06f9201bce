"""Merging by lines: what one side changed is taken, what both changed is a conflict, and git would say the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regen.lines.diff import distance, hunks
from regen.lines.marked import Marked, pieces
from regen.lines.merge import mark, regions
from regen.lines.text import take_apart
from regen.model.merge import Merged, ThreeWay
from regen_plugins.merge_lines import regen_merge

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"x = 1", b"y\xff"]), max_size=12)
FILES = st.builds(lambda lines, end: b"\n".join(lines) + end, LINES, st.sampled_from([b"", b"\n"]))
ANY_BYTES = st.binary(max_size=60)


def merged(base: bytes | None, ours: bytes, theirs: bytes) -> Merged:
    return regen_merge(ThreeWay("a.txt", None, base, ours, theirs))


@given(FILES | ANY_BYTES, FILES | ANY_BYTES)
def test_when_one_side_did_nothing_the_other_is_taken_as_it_is(base: bytes, side: bytes) -> None:
    assert merged(base, side, base).content == side
    assert merged(base, base, side).content == side
    assert merged(base, side, side).content == side


@given(FILES, FILES, FILES)
def test_the_order_of_the_sides_does_not_matter(base: bytes, ours: bytes, theirs: bytes) -> None:
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert one.content == other.content
    assert len(one.conflicts) == len(other.conflicts)


@given(FILES, FILES, FILES)
def test_merging_again_changes_nothing(base: bytes, ours: bytes, theirs: bytes) -> None:
    once = merged(base, ours, theirs).content
    if once is not None:
        assert merged(theirs, once, theirs).content == once


EDITS = st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=10, max_size=10)


def edited_alone(base: list[bytes], edits: list[tuple[bool, int]], who: bytes) -> list[bytes]:
    """Drop lines of the base, and add lines before them that nobody else has."""
    side: list[bytes] = []
    for at, line in enumerate(base):
        drops, adds = edits[at]
        side += [b"%s %d %d" % (who, at, i) for i in range(adds)]
        side += [] if drops else [line]
    return side


@given(st.booleans(), EDITS, EDITS)
def test_a_clean_merge_holds_each_added_line_once_and_no_removed_one(
    repeats: bool, ours: list[tuple[bool, int]], theirs: list[tuple[bool, int]]
) -> None:
    base = [b"line %d" % (at % 3 if repeats else at) for at in range(10)]
    sides = [edited_alone(base, ours, b"ours"), edited_alone(base, theirs, b"theirs")]
    result = merged(*(b"".join(line + b"\n" for line in side) for side in (base, *sides)))
    if result.content is None:
        assert result.conflicts
        return
    lines = list(take_apart(result.content).lines)
    for side, who in zip(sides, (b"ours", b"theirs"), strict=True):
        assert [line for line in lines if line.startswith(who)] == [line for line in side if line.startswith(who)]
        if not repeats:
            stayed = [line for line in base if line in sides[0] and line in sides[1]]
            assert [line for line in lines if line.startswith(b"line")] == stayed


@given(LINES, LINES, LINES)
def test_regions_cover_all_three_sides_without_gaps(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> None:
    found = list(regions(base, ours, theirs))
    for at, side in enumerate((base, ours, theirs), start=1):
        assert [line for region in found for line in side[slice(*region[at])]] == side


@given(LINES, LINES)
def test_hunks_turn_one_side_into_the_other(a: list[bytes], b: list[bytes]) -> None:
    built: list[bytes] = []
    at = 0
    for hunk in hunks(a, b):
        built += a[at : hunk.a_start] + b[hunk.b_start : hunk.b_end]
        at = hunk.a_end
    assert built + a[at:] == b
    assert distance(a, b) == len(a) + len(b) - 2 * (len(b) - sum(h.b_end - h.b_start for h in hunks(a, b)))
    assert distance(a, a) == 0


@given(st.binary(max_size=80))
def test_a_file_is_put_together_as_it_was_taken_apart(content: bytes) -> None:
    assert bytes(take_apart(content)) == content


class Line:
    """A line that counts how often any is compared."""

    compared = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        Line.compared += 1
        return isinstance(other, Line) and self.text == other.text


@pytest.mark.parametrize("step", [2, 3, 10])
def test_changes_all_over_a_long_file_are_no_trap_either(step: int) -> None:
    """The work grows as sorting does, not as the square."""
    count = 3000
    old = [Line(f"x{i}") for i in range(count)]
    new = [Line(f"y{i}" if i % step == 0 else f"x{i}") for i in range(count)]
    Line.compared = 0
    assert len(hunks(old, new)) == count // step
    assert Line.compared < 120 * count  # where it was the square, it was more than the thousandfold


def test_many_equal_lines_are_no_trap() -> None:
    """A long run of lines that anchor nothing is compared within a budget."""
    random = Random(7)
    a = [random.choice("01") for _ in range(3000)]
    b = [random.choice("01") for _ in range(3000)]
    found = hunks(a, b)
    assert found[0].a_start == next(i for i in range(3000) if a[i] != b[i])


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(("words", "seed"), [(5, 1), (40, 2)])
def test_git_merges_the_same(words: int, seed: int, tmp_path: Path) -> None:
    """Random edits: where git merges cleanly so do we, with the same bytes, but for rare ties in the alignment."""
    random = Random(seed)
    vocabulary = [f"line {i}" for i in range(words)]
    same = other = 0
    for _ in range(120):
        base = random.choices(vocabulary, k=random.randrange(5, 30))
        sides = [_edited(base, random, vocabulary) for _ in range(2)]
        for name, lines in zip(("base", "ours", "theirs"), (base, *sides), strict=True):
            (tmp_path / name).write_bytes(_text(lines))
        git = subprocess.run(
            ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True, check=False
        )
        ours = merged(_text(base), *map(_text, sides))
        agreed = (git.stdout if git.returncode == 0 else None) == ours.content
        same, other = same + agreed, other + (not agreed)
    assert same + other == 120
    assert other <= 3


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _edited(base: list[str], random: Random, vocabulary: list[str]) -> list[str]:
    lines = list(base)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(lines) + 1)
        lines[at : at + random.randrange(3)] = random.choices(vocabulary, k=random.randrange(3))
    return lines


def test_a_conflict_names_the_lines_of_each_side_and_shows_them_between_markers() -> None:
    result = merged(b"1\n2\n3\n4\n5\n", b"1\nsame\nmine\n4\n5\n", b"1\nsame\nyours\n4\n5\n")
    assert result.content is None
    (conflict,) = result.conflicts
    assert conflict.message == "your edit and the template both changed these lines"
    assert (conflict.ours_lines, conflict.base_lines, conflict.theirs_lines) == ((2, 4), (2, 4), (2, 4))
    assert result.marked == (b"1\nsame\n<<<<<<< ours\nmine\n||||||| base\n2\n3\n=======\nyours\n>>>>>>> theirs\n4\n5\n")


def test_changes_that_touch_are_a_conflict_and_changes_a_line_apart_are_not() -> None:
    assert merged(b"1\n2\n3\n", b"x\n2\n3\n", b"1\ny\n3\n").conflicts
    assert merged(b"1\n2\n3\n", b"x\n2\n3\n", b"1\n2\ny\n").content == b"x\n2\ny\n"


def test_lines_removed_here_and_changed_there_are_a_conflict_of_deletion() -> None:
    (conflict,) = merged(b"1\n2\n3\n", b"1\n3\n", b"1\nx\n3\n").conflicts
    assert conflict.kind == "deletion"
    assert conflict.message == "you removed lines that the template changed"


def test_line_ends_stay_as_the_persons_file_has_them() -> None:
    base, theirs = b"1\n2\n3\n4\n", b"1\n2\n3\nfour\n"
    assert merged(base, b"one\r\n2\r\n3\r\n4\r\n", theirs).content == b"one\r\n2\r\n3\r\nfour\r\n"
    assert merged(base, b"one\n2\n3\n4\n", theirs.replace(b"\n", b"\r\n")).content == b"one\n2\n3\nfour\n"


def test_mixed_line_ends_are_kept_line_by_line() -> None:
    assert merged(b"1\n2\n3\n4\n", b"1\r\n2\n3\n4\n", b"1\n2\n3\nfour\n").content == b"1\r\n2\n3\nfour\n"


def test_mark_and_last_newline_follow_the_side_that_changed_them() -> None:
    base = b"1\n2\n3\n4\n"
    assert merged(base, b"\xef\xbb\xbf1\n2\n3\n4\n", b"1\n2\n3\nfour\n").content == b"\xef\xbb\xbf1\n2\n3\nfour\n"
    assert merged(base, b"one\n2\n3\n4", b"1\n2\n3\nfour\n").content == b"one\n2\n3\nfour"
    assert merged(base, b"one\n2\n3\n4\n", b"1\n2\n3\nfour").content == b"one\n2\n3\nfour"


def test_bytes_that_are_no_utf8_are_lines_like_others() -> None:
    assert merged(b"\xe9\n2\n3\n", b"\xe9\n2\n\xff\n", b"\xe8\n2\n3\n").content == b"\xe8\n2\n\xff\n"


def test_a_file_that_is_no_text_is_a_conflict_without_markers() -> None:
    result = merged(b"\0base", b"\0ours", b"\0theirs")
    assert (result.content, result.marked, len(result.conflicts)) == (None, None, 1)


def test_without_a_base_equal_is_merged_and_different_is_a_conflict() -> None:
    assert merged(None, b"a\n", b"a\n").content == b"a\n"
    result = merged(None, b"a\nb\nc\n", b"a\nx\nc\n")
    assert result.marked == b"a\n<<<<<<< ours\nb\n=======\nx\n>>>>>>> theirs\nc\n"
    assert result.conflicts[0].base_lines is None


SETEXT = ["Title", "=======", "<<<<<<< ours", ">>>>>>> theirs", "||||||| base", "========", "x"]


@given(*[st.lists(st.sampled_from(SETEXT), max_size=5)] * 3)
def test_markers_are_longer_than_what_the_sides_have_of_them(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    """So that a text with markers says which line is whose, whatever stands in it."""
    sides = [[line.encode() for line in side] for side in (base, ours, theirs)]
    sides[1] = [b"o", *sides[1], b"o"]  # what both sides begin or end with would stand outside of the markers
    sides[2] = [b"t", *sides[2], b"t"]
    head, place, tail = pieces([b"first", *mark(*sides), b"last"])
    assert (head, tail) == ((b"first",), (b"last",))
    assert place == Marked(tuple(sides[1]), tuple(sides[0]), tuple(sides[2]))


def test_a_line_that_only_looks_like_a_marker_begins_nothing() -> None:
    lines = [b"<<<<<<< ours", b"text", b"=======", b"more"]
    assert list(pieces(lines)) == [tuple(lines)]


def test_a_file_that_mixes_line_ends_is_merged_by_its_lines() -> None:
    """A line that one side ended otherwise is a changed line, and no more than that."""
    base = b"".join(b"line %d\r\n" % number for number in range(9))
    ours = base.replace(b"line 1\r\n", b"line 1\r\nmine\n")
    theirs = base.replace(b"line 7", b"other")
    assert merged(base, ours, theirs).content == ours.replace(b"line 7", b"other")
    assert merged(base, theirs, ours).content == ours.replace(b"line 7", b"other")
    mixed = base.replace(b"line 4\r\n", b"line 4\n")
    assert merged(mixed, base, mixed.replace(b"line 7", b"other")).content == theirs
    (conflict,) = merged(base, ours, base.replace(b"line 1\r\n", b"line 1\r\nother\r\n")).conflicts
    assert conflict.ours_lines == (3, 4)


@pytest.mark.parametrize(
    "line", ["def added(a):", "export class Added {", "func (p *Page) Added() {", "pub fn added() {"]
)
def test_a_definition_that_both_added_in_two_places_is_a_conflict(line: str) -> None:
    """git has it twice; what stands inside of something else may be there twice."""
    base = "one\n\ntwo\n\nthree\n"
    for indent in ("", "    "):
        added = f"{indent}{line}\n\n"
        ours, theirs = base.replace("two", f"{added}mine\n\ntwo"), base.replace("three", f"three\n\n{added}")
        result = merged(base.encode(), ours.encode(), theirs.encode())
        if indent:
            assert result.content is not None
            assert result.content.decode().count(line) == 2
        else:
            (conflict,) = result.conflicts
            assert (conflict.kind, result.content) == ("structure", None)
            assert conflict.message == f"you and the template both added `{line}`, in two places"
