"""Deciding about one artifact: every constellation of render, base and disk has one outcome, and no edit is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.model.candidate import GeneratedFile
from regen.model.finding import Finding
from regen.model.merge import Merged, ThreeWay
from regen.model.plan import Action
from regen.model.template import Inject
from regen.stages.merge import Decision, Sides, merge
from regen_plugins.evaluate_syntax import regen_evaluate_file
from regen_plugins.merge_lines import regen_merge

BASE = b"a = 1\nb = 2\nc = 3\nd = 4\n"
RENDER = b"a = 1\nb = 2\nc = 3\nd = 40\n"
EDITED = b"a = 10\nb = 2\nc = 3\nd = 4\n"
BOTH = b"a = 10\nb = 2\nc = 3\nd = 40\n"


class Parts:
    """The parts of regen that merge Python by lines and read it; a format that only knows blanks at the end."""

    def __init__(self, confidence: float | None = None, merges: bool = True) -> None:
        self.confidence = confidence
        self.merges = merges
        self.evaluated: list[bytes] = []

    async def format(self, path: str, language: str | None, content: bytes) -> bytes:
        return b"".join(line.rstrip() + b"\n" for line in content.splitlines())

    async def merge(self, three: ThreeWay) -> Merged | None:
        merged = regen_merge(three)
        if self.confidence is not None:
            merged = replace(merged, confidence=self.confidence)
        return merged if self.merges else None

    async def evaluate_file(self, file: GeneratedFile) -> Sequence[Finding]:
        self.evaluated.append(file.content)
        return regen_evaluate_file(file) or ()


async def decide(parts: Parts | None = None, **known: object) -> Decision:
    sides = Sides("a.py", "python", render=RENDER, base=BASE, disk=BASE)
    return await merge(replace(sides, **known), parts or Parts())  # type: ignore[arg-type]


pytestmark = pytest.mark.anyio


async def test_no_file_and_no_base_is_created() -> None:
    decision = await decide(base=None, disk=None)
    assert (decision.action, decision.content, decision.render) == (Action.CREATE, RENDER, RENDER)


async def test_a_file_that_the_user_deleted_stays_deleted_and_says_so() -> None:
    decision = await decide(disk=None)
    assert (decision.action, decision.content) == (Action.KEEP, None)
    assert decision.findings[0].hint == "`regen restore a.py` brings it back"
    assert (await decide(disk=None, base=None, known=True)).action is Action.KEEP


async def test_a_deleted_file_comes_back_when_it_is_asked_for_or_forced() -> None:
    assert (await decide(disk=None, restore=True)).action is Action.CREATE
    assert (await decide(disk=None, force=True)).action is Action.CREATE


async def test_an_unedited_file_takes_the_new_render() -> None:
    decision = await decide()
    assert (decision.action, decision.content, decision.render, decision.base) == (Action.UPDATE, RENDER, RENDER, BASE)


async def test_a_file_that_differs_from_the_base_only_in_its_format_is_unedited() -> None:
    assert (await decide(disk=BASE.replace(b"\n", b"  \n"))).content == RENDER


async def test_a_render_that_equals_the_base_leaves_an_edited_file_alone() -> None:
    assert (await decide(render=BASE, disk=EDITED)).action is Action.NOTHING


async def test_a_file_that_already_holds_the_render_is_adopted() -> None:
    assert (await decide(disk=RENDER)).action is Action.ADOPT
    assert (await decide(disk=RENDER, base=None)).action is Action.ADOPT
    assert (await decide(disk=RENDER.replace(b"\n", b" \n"), base=None)).action is Action.ADOPT


async def test_nothing_happens_where_all_three_agree() -> None:
    decision = await decide(disk=RENDER, base=RENDER)
    assert (decision.action, decision.render) == (Action.NOTHING, None)


async def test_edit_and_render_are_merged_and_the_render_becomes_the_base() -> None:
    decision = await decide(disk=EDITED)
    assert (decision.action, decision.content, decision.render) == (Action.MERGE, BOTH, RENDER)
    assert (decision.how, decision.base) == ("lines", BASE)


async def test_only_the_base_moves_where_the_file_already_holds_the_merge() -> None:
    decision = await decide(disk=BOTH)
    assert (decision.action, decision.content, decision.render) == (Action.MERGE, None, RENDER)


async def test_an_edit_that_the_render_contains_ends_as_an_update() -> None:
    decision = await decide(disk=EDITED, render=BOTH)
    assert (decision.action, decision.content) == (Action.UPDATE, BOTH)


async def test_a_conflict_writes_nothing_and_keeps_the_render_for_later() -> None:
    decision = await decide(disk=b"a = 1\nb = 2\nc = 3\nd = 5\n")
    assert (decision.action, decision.content, decision.render) == (Action.CONFLICT, None, RENDER)
    assert decision.marked is not None
    assert b"<<<<<<< ours\nd = 5\n" in decision.marked


async def test_without_a_base_a_file_that_differs_is_a_conflict() -> None:
    assert (await decide(base=None, disk=EDITED)).action is Action.CONFLICT


async def test_a_merge_that_is_not_sure_enough_waits_for_a_person() -> None:
    decision = await decide(Parts(confidence=0.3), disk=EDITED)
    assert (decision.action, decision.marked) == (Action.CONFLICT, BOTH)
    assert decision.conflicts[0].message == "the merge is 30% sure, less than the 50% that this project asks for"


async def test_where_no_plugin_merges_there_is_a_conflict() -> None:
    assert (await decide(Parts(merges=False), disk=EDITED)).action is Action.CONFLICT


async def test_an_error_that_only_the_merge_has_is_a_conflict_of_structure() -> None:
    """Each side parses: you changed the brackets, the template made two tuples of one."""
    split = await decide(
        base=b"x = (\n1,\n2,\n3,\n)\nz = 4\n",
        disk=b"x = [\n1,\n2,\n3,\n]\nz = 4\n",
        render=b"x = (\n1,\n2,\n)\ny = (\n3,\n)\nz = 4\n",
    )
    assert (split.action, split.conflicts[0].kind) == (Action.CONFLICT, "structure")
    assert split.marked == b"x = [\n1,\n2,\n)\ny = (\n3,\n]\nz = 4\n"
    assert split.conflicts[0].message.startswith("a.py:4: your edit and the template do not fit together: ")


async def test_an_error_of_the_pure_render_is_a_finding_and_no_conflict() -> None:
    decision = await decide(disk=EDITED, render=RENDER + b"e = = 5\n")
    assert decision.action is Action.MERGE
    assert [finding.severity for finding in decision.findings] == ["error"]


async def test_an_error_that_the_persons_file_has_is_said_to_be_theirs() -> None:
    decision = await decide(disk=b"a = = 10\nb = 2\nc = 3\nd = 4\n")
    assert decision.action is Action.CONFLICT
    assert decision.conflicts[0].message.startswith("a.py:1: your file has an error: ")


async def test_what_would_be_written_is_evaluated_and_nothing_else() -> None:
    parts = Parts()
    await decide(parts, disk=RENDER)
    await decide(parts, disk=None)
    await decide(parts, render=BASE, disk=EDITED)
    assert parts.evaluated == []
    await decide(parts)
    assert parts.evaluated == [RENDER]


async def test_a_key_that_is_gone_takes_an_unedited_file_with_it_and_leaves_an_edited_one() -> None:
    assert (await decide(render=None)).action is Action.DELETE
    assert (await decide(render=None, disk=BASE.replace(b"\n", b" \n"))).action is Action.DELETE
    assert (await decide(render=None, disk=None)).action is Action.DELETE
    kept = await decide(render=None, disk=EDITED)
    assert (kept.action, kept.findings[0].severity) == (Action.KEEP, "note")
    assert (await decide(render=None, base=None, disk=EDITED)).action is Action.KEEP


async def test_a_branch_that_was_switched_back_keeps_its_file_and_moves_the_base() -> None:
    earlier = BASE
    disk = EDITED  # made from the earlier render; the base on record is of the other branch
    decision = await decide(render=earlier, base=RENDER, disk=disk, rendered_before=True)
    assert (decision.action, decision.content, decision.render) == (Action.MERGE, None, earlier)


async def test_a_graph_that_was_changed_back_is_merged_into_the_later_file() -> None:
    """The render equals an earlier one, but the file was made from the base."""
    decision = await decide(render=BASE, base=RENDER, disk=BOTH, rendered_before=True)
    assert (decision.action, decision.content) == (Action.MERGE, EDITED)


async def test_unless_exists_writes_once_and_never_again() -> None:
    assert (await decide(unless_exists=True, base=None, disk=None)).action is Action.CREATE
    assert (await decide(unless_exists=True, disk=EDITED)).action is Action.NOTHING
    assert (await decide(unless_exists=True)).action is Action.NOTHING


async def test_force_lets_the_render_win() -> None:
    decision = await decide(force=True, disk=EDITED)
    assert (decision.action, decision.content) == (Action.UPDATE, RENDER)


HOST = b"import os\n\n# routes\nend()\n"
AFTER = Inject("after", "^# routes")


async def test_a_block_is_injected_then_replaced_then_taken_out() -> None:
    first = await decide(inject=AFTER, base=None, disk=HOST, render=b"a()\nb()\n")
    assert (first.action, first.content) == (Action.UPDATE, b"import os\n\n# routes\na()\nb()\nend()\n")
    again = await decide(inject=AFTER, base=b"a()\nb()\n", disk=first.content, render=b"c()\n")
    assert again.content == b"import os\n\n# routes\nc()\nend()\n"
    out = await decide(inject=AFTER, base=b"c()\n", disk=again.content, render=None)
    assert (out.action, out.content) == (Action.DELETE, HOST)


async def test_a_block_that_is_there_is_adopted_and_one_that_was_edited_is_a_conflict() -> None:
    there = HOST.replace(b"# routes\n", b"# routes\na()\n")
    assert (await decide(inject=AFTER, base=None, disk=there, render=b"a()\n")).action is Action.ADOPT
    assert (await decide(inject=AFTER, base=b"b()\n", disk=there, render=b"c()\n")).action is Action.CONFLICT
    assert (await decide(inject=AFTER, base=b"b()\n", disk=there, render=None)).action is Action.KEEP
    assert (await decide(inject=AFTER, base=b"b()\n", disk=there, render=b"b()\n")).action is Action.NOTHING


async def test_skip_if_leaves_a_file_alone_that_holds_the_text() -> None:
    """Even the very block is not taken over; a block that was injected before is kept up to date all the same."""
    inject = Inject("after", "^# routes", "end()")
    for render in (b"a()\n", b"import os\n"):
        assert await decide(inject=inject, base=None, disk=HOST, render=render) == Decision(Action.NOTHING)
    assert (await decide(inject=inject, base=None, disk=b"# routes\n", render=b"a()\n")).content == b"# routes\na()\n"
    later = await decide(inject=inject, base=b"import os\n", disk=HOST, render=b"import sys\n")
    assert later.content == HOST.replace(b"import os", b"import sys")


@pytest.mark.parametrize(
    ("inject", "expected"),
    [
        (Inject("before", "^end"), b"import os\n\n# routes\nX\nend()\n"),
        (Inject("prepend"), b"X\n" + HOST),
        (Inject("append"), HOST + b"X\n"),
        (Inject("at_line", "2"), b"import os\nX\n\n# routes\nend()\n"),
        (Inject("after", "nowhere"), None),
        (Inject("at_line", "9"), None),
    ],
)
async def test_a_block_goes_where_the_front_matter_says(inject: Inject, expected: bytes | None) -> None:
    decision = await decide(inject=inject, base=None, disk=HOST, render=b"X\n")
    assert decision.content == expected
    assert decision.action is (Action.CONFLICT if expected is None else Action.UPDATE)


SOME = st.sampled_from([None, BASE, RENDER, EDITED, BOTH, b"", b"d = 5\n"])


@settings(deadline=None)
@given(SOME, SOME, SOME, st.booleans(), st.booleans())
async def test_no_edit_is_ever_overwritten(
    render: bytes | None, base: bytes | None, disk: bytes | None, known: bool, before: bool
) -> None:
    """Whatever is written over an edited file holds the edit's own lines."""
    decision = await decide(render=render, base=base, disk=disk, known=known, rendered_before=before)
    if decision.action is Action.DELETE:
        assert disk is None or disk == base
    if decision.content is not None and disk is not None and disk != base:
        added = set(disk.splitlines()) - set((base or b"").splitlines())
        assert added <= set(decision.content.splitlines())
