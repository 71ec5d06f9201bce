"""The algebra of merging Python: what one side did alone is done, edits in different places meet, sides are equals."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regen.model.merge import Merged, ThreeWay
from regen_plugins.merge_python.structure import merge

Edit = Callable[[str], str]
DECLARATIONS = ("alpha", "beta", "gamma", "delta")
BASE = '''\
"""Things that are lent."""

import os
from datetime import date

LIMIT = 3
''' + "".join(
    f'''

class {name.title()}:
    """A thing called {name}."""

    {name}_id: int
    {name}_since: date | None = None

    def {name}_path(self) -> str:
        """Where it stands."""
        place = os.sep.join(("{name}", str(self.{name}_id)))
        return place
'''
    for name in DECLARATIONS
)


def _replaced(old: str, new: str) -> Callable[[str], Edit]:
    def of(name: str) -> Edit:
        def edit(text: str) -> str:
            assert old.format(name=name, title=name.title()) in text
            return text.replace(old.format(name=name, title=name.title()), new.format(name=name, title=name.title()), 1)

        return edit

    return of


KINDS: dict[str, Callable[[str], Edit]] = {
    "docstring": _replaced("A thing called {name}.", "What people call {name}."),
    "field": _replaced("    {name}_id: int\n", "    {name}_id: int\n    {name}_note: str = ''\n"),
    "type": _replaced("{name}_id: int", "{name}_id: str"),
    "method": _replaced(
        "        return place\n", "        return place\n\n    def {name}_mine(self) -> int:\n        return 1\n"
    ),
    "body": _replaced('"{name}", str(', '"lent", "{name}", str('),
    "decorator": _replaced("class {title}:", "@final\nclass {title}:"),
    "base class": _replaced("class {title}:", "class {title}(Lent):"),
    "parameter": _replaced("def {name}_path(self)", "def {name}_path(self, deep: bool = False)"),
    "renamed": _replaced("def {name}_path(", "def {name}_place("),
}
EDITS = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(DECLARATIONS))


def applied(text: str, edits: list[tuple[str, str]]) -> str:
    for kind, name in edits:
        if kind == "method":  # of this class, not of the first one
            head, tail = text.split(f"class {name.title()}", 1)
            text = f"{head}class {name.title()}{KINDS[kind](name)(tail)}"
        else:
            text = KINDS[kind](name)(text)
    return text


def merged(base: str, ours: str, theirs: str) -> Merged:
    answer = merge(ThreeWay("lent.py", "python", base.encode(), ours.encode(), theirs.encode()))
    assert answer is not None
    return answer


def said(content: bytes | None) -> list[str]:
    assert content is not None
    return sorted(content.decode().splitlines())


CHOSEN = st.lists(EDITS, max_size=4, unique_by=lambda edit: edit)


def compatible(edits: list[tuple[str, str]]) -> bool:
    """Whether each finds its text whatever came before: two edits of one line cannot be made by replacing."""
    kinds = {(kind, name) for kind, name in edits}
    pairs = (("decorator", "base class"), ("parameter", "renamed"), ("field", "type"))
    return not any({(one, name), (other, name)} <= kinds for one, other in pairs for name in DECLARATIONS)


@settings(max_examples=60, deadline=None)
@given(CHOSEN)
def test_what_one_side_did_alone_is_done(edits: list[tuple[str, str]]) -> None:
    """merge(b, o, b) = o, merge(b, b, t) = t, merge(b, x, x) = x."""
    assume(compatible(edits))
    side = applied(BASE, edits)
    for sides in ((side, BASE), (BASE, side), (side, side)):
        assert merged(BASE, *sides).content == side.encode()


@settings(max_examples=100, deadline=None)
@given(CHOSEN, CHOSEN)
def test_edits_in_different_declarations_always_merge(
    mine: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    mine = [(kind, name) for kind, name in mine if name in {"alpha", "gamma"}]
    other = [(kind, name) for kind, name in other if name in {"beta", "delta"}]
    assume(compatible(mine) and compatible(other))
    result = merged(BASE, applied(BASE, mine), applied(BASE, other))
    assert result.content == applied(BASE, mine + other).encode()


@settings(max_examples=100, deadline=None)
@given(CHOSEN, CHOSEN)
def test_exchanging_the_sides_exchanges_nothing_but_order(
    mine: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assume(compatible(mine) and compatible(other))
    ours, theirs = applied(BASE, mine), applied(BASE, other)
    one, two = merged(BASE, ours, theirs), merged(BASE, theirs, ours)
    assert (one.content is None) == (two.content is None)
    if one.content is not None:
        ast.parse(one.content)
        assert said(one.content) == said(two.content)


@settings(max_examples=100, deadline=None)
@given(CHOSEN, CHOSEN)
def test_a_clean_merge_merged_again_with_either_side_stays(
    mine: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assume(compatible(mine) and compatible(other))
    ours, theirs = applied(BASE, mine), applied(BASE, other)
    content = merged(BASE, ours, theirs).content
    if content is not None:
        text = content.decode()
        assert merged(theirs, text, theirs).content == content
        assert merged(ours, ours, text).content == content
        assert merged(BASE, text, text).content == content


@pytest.mark.parametrize(("one", "other"), [*pairwise(sorted(KINDS)), ("type", "type")])
def test_two_edits_of_one_declaration_are_both_in_a_clean_merge(one: str, other: str) -> None:
    ours, theirs = applied(BASE, [(one, "beta")]), applied(BASE, [(other, "beta")])
    result = merged(BASE, ours, theirs)
    if result.content is None:
        assert result.conflicts
        return
    got = set(re.findall(r"\w+", result.content.decode()))
    for side in (ours, theirs):
        assert set(re.findall(r"\w+", side)) - set(re.findall(r"\w+", BASE)) <= got


# --- shapes that people's merges have, each by invented names ---


def clean(base: str, ours: str, theirs: str) -> str:
    result = merged(base, ours, theirs)
    assert result.conflicts == ()
    assert result.content is not None
    return result.content.decode()


def test_an_edit_follows_its_code_into_a_member_of_another_name() -> None:
    """One side renamed a class and left a small one under the old name; the other edited a method of the old class."""
    body = "".join(f"    def step_{i}(self):\n        run({i})\n\n" for i in range(6))
    base = f"class Old:\n{body}\nlast = 1\n"
    ours = f"class New:\n{body}\nclass Old(New):\n    pass\n\n\nlast = 1\n"
    text = clean(base, ours, base.replace("run(3)", "walk(3)"))
    assert text == ours.replace("run(3)", "walk(3)")


def test_an_edit_follows_its_lines_into_a_function_that_was_split_off() -> None:
    steps = "".join(f"    step_{i}()\n" for i in range(8))
    base = f"def whole():\n    begin()\n{steps}"
    ours = f"def whole():\n    begin()\n    part()\n\n\ndef part():\n{steps}"
    assert clean(base, ours, base.replace("step_5", "leap_5")) == ours.replace("step_5", "leap_5")


def test_a_class_that_defines_a_name_twice_on_all_sides_still_merges() -> None:
    base = (
        "class A:\n    def f(self): return 1\n    x = 1\n    y = 2\n    def f(self): return 2\n    z = 3\n    w = 4\n"
    )
    assert clean(base, base.replace("x = 1", "x = 9"), base.replace("w = 4", "w = 5")) == base.replace(
        "x = 1", "x = 9"
    ).replace("w = 4", "w = 5")


def test_imports_of_everything_from_two_modules_do_not_define_a_name_twice() -> None:
    base = "from a import *\nfrom b import *\nfrom c import *\n"
    text = clean(base, "from z import *\n" + base, base + "from d import *\n")
    assert text == "from z import *\n" + base + "from d import *\n"


def test_a_licence_above_the_first_import_stays_at_the_top_when_that_import_goes() -> None:
    base = "# Whose this is.\nimport gone\nimport stays\n\nx = stays\n"
    ours = base.replace("import gone\n", "import new\n").replace("x = stays", "x = stays, new")
    theirs = base.replace("import gone\n", "import other\n")
    text = clean(base, ours, theirs)
    assert text.startswith("# Whose this is.\n")
    assert text.count("# Whose") == 1


def test_imports_of_the_future_stay_first() -> None:
    base = "import b\n\nx = b\n"
    ours = "from __future__ import annotations\n\nimport b\n\nx = b\n"
    theirs = "import a\nimport b\n\nx = a, b\n"
    assert clean(base, ours, theirs).startswith("from __future__ import annotations\n")
    assert clean(base, theirs, ours).startswith("from __future__ import annotations\n")


def test_a_comment_that_both_sides_wrote_anew_is_a_conflict() -> None:
    base = "def f():\n    return 1\n\n\n# Says one thing.\ndef g():\n    return 2\n"
    ours, theirs = base.replace("one thing", "another thing"), base.replace("one thing", "a third thing")
    result = merged(base, ours, theirs)
    assert result.content is None


def test_a_heading_above_the_first_of_many_is_not_doubled_when_both_add_a_first() -> None:
    base = "import a\n\n\n# Tests\ndef test_old():\n    pass\n"
    ours = base.replace("def test_old", "def test_mine():\n    assert 1\n\n\ndef test_old")
    theirs = base.replace("def test_old", "def test_theirs():\n    assert 2\n\n\ndef test_old")
    result = merged(base, ours, theirs)
    assert result.content is None or result.content.count(b"# Tests") == 1


def test_a_method_that_one_side_renames_and_the_other_moves_out_is_not_doubled() -> None:
    lines = "".join(f"        check_number_{i}(self.value)\n" for i in range(5))
    base = f"class A:\n    def f(self):\n        return 0\n\n    def old(self):\n{lines}"
    ours = base.replace("def old", "def renamed").replace("check_number_2", "look_at_2")
    theirs = f"class B:\n    def old(self):\n{lines}\n\nclass A(B):\n    def f(self):\n        return 1\n"
    result = merged(base, ours, theirs)
    assert result.content is None or result.content.count(b"check_number_1") == 1


def test_a_name_that_each_side_imports_in_its_own_way_is_a_conflict() -> None:
    base = "import a\n\ntry:\n    from fast import Dumper\nexcept ImportError:\n    Dumper = None\n\nx = Dumper\n"
    ours = base.replace("    Dumper = None\n", "    from slow import Dumper\n")
    theirs = "import a\nfrom plain import Dumper\n\nx = Dumper\n"
    assert merged(base, ours, theirs).content is None


def test_neighbouring_lines_that_each_one_side_changed_are_both_changed() -> None:
    base = "def table():\n    return [\n        'one',\n        'two',\n        'three',\n    ]\n"
    ours, theirs = base.replace("'one'", "'first'"), base.replace("'two'", "'second'")
    assert clean(base, ours, theirs) == base.replace("'one'", "'first'").replace("'two'", "'second'")
    ours, theirs = base.replace("        'one',\n", ""), base.replace("        'two',\n", "")
    assert clean(base, ours, theirs) == "def table():\n    return [\n        'three',\n    ]\n"


def test_a_line_that_both_changed_between_lines_of_one_side_is_a_conflict_but_for_equal_changes() -> None:
    base = "def f():\n    a = 1\n    b = 2\n    c = 3\n"
    ours, theirs = base.replace("1", "11").replace("2", "22"), base.replace("2", "22").replace("3", "33")
    assert clean(base, ours, theirs) == "def f():\n    a = 11\n    b = 22\n    c = 33\n"
    assert merged(base, ours, theirs.replace("22", "23")).content is None


def test_a_base_of_yours_stands_left_of_one_that_the_template_adds() -> None:
    base = "class A(Thing):\n    pass\n"
    assert (
        clean(base, base.replace("(", "(Mine, "), base.replace("(", "(Place, "))
        == "class A(Mine, Place, Thing):\n    pass\n"
    )
    assert (
        clean(base, base.replace("(", "(Mine, "), base.replace("Thing", "Place")) == "class A(Mine, Place):\n    pass\n"
    )


def test_an_assignment_that_one_side_moves_into_a_function_and_the_other_changes_is_a_conflict() -> None:
    base = "import config\n\nfirst = 1\nupdates = config.read('updates')\nlast = 2\n"
    moved = "\n\ndef load():\n    global updates\n    updates = config.read('updates')\n\n\n"
    ours = base.replace("updates = config.read('updates')\n", moved)
    theirs = base.replace("updates = config.read('updates')", "auto_updates = config.read('auto')")
    assert merged(base, ours, theirs).content is None


def test_a_method_that_one_side_moves_to_a_new_class_and_the_other_removes_is_a_conflict() -> None:
    method = "    def described(self):\n        return repr(self)\n\n"
    base = f"import a\n\n\nclass A:\n    x = 1\n\n{method}    def last(self):\n        return 2\n"
    ours = base.replace(method, "").replace("import a\n", "import a\nimport b\n")
    theirs = base.replace(method, "").replace("class A:", f"class First:\n{method}\nclass A(First):")
    theirs = theirs.replace("import a\n", "import a\nimport c\n")
    assert merged(base, ours, theirs).content is None


def test_imports_of_two_parts_of_one_package_do_not_define_it_twice() -> None:
    base = "import first\n\nx = first\n\nlast = 1\n"
    ours, theirs = "import package.mine\n" + base, base.replace("x = first\n", "import package.other\n\nx = first\n")
    assert clean(base, ours, theirs).count("import package.") == 2


def test_several_imports_from_one_module_are_one_set_of_names() -> None:
    base = "from conf import a\nfrom conf import b\nfrom conf import c\nfrom conf import d\n\nx = a, d\n"
    ours, theirs = (
        base.replace("from conf import b\n", ""),
        base.replace("import d\n", "import d\nfrom conf import e\n"),
    )
    assert clean(base, ours, theirs) == theirs.replace("from conf import b\n", "")


def test_a_line_added_beside_a_changed_one_is_a_conflict() -> None:
    base = "def f():\n    a = 1\n    return a\n"
    assert merged(base, base.replace("a = 1\n", "a = 1\n    a += 1\n"), base.replace("a = 1", "a = 2")).content is None
