"""Merging Python by structure: members meet by name, nothing is lost or doubled, and what cannot be right is said."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.model.merge import Merged, ThreeWay
from regen_plugins.merge_python.outline import Opened, opened, outline, parsed
from regen_plugins.merge_python.structure import merge

BASE = '''\
"""People."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


class Person(BaseModel):
    """A person."""

    name: str = Field(description="The name")
    birth_date: date | None = None

    def full_name(self) -> str:
        """The whole name."""
        first = self.name
        return first


class Place(BaseModel):
    """A place."""

    label: str
'''


def merged(base: str, ours: str, theirs: str) -> Merged:
    answer = merge(ThreeWay("person.py", "python", base.encode(), ours.encode(), theirs.encode()))
    assert answer is not None
    return answer


def clean(ours: str, theirs: str, base: str = BASE) -> str:
    """The merge, which has to be clean, and to hold the same members whichever side is ours."""
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert one.conflicts == ()
    assert one.content is not None
    assert other.content is not None
    assert sorted(one.content.splitlines()) == sorted(other.content.splitlines())
    ast.parse(one.content)
    again = merge(ThreeWay("person.py", "python", theirs.encode(), one.content, theirs.encode()))
    assert again is not None
    assert again.content == one.content
    return one.content.decode()


def conflict(ours: str, theirs: str, base: str = BASE) -> Merged:
    result = merged(base, ours, theirs)
    assert result.content is None
    assert result.conflicts
    return result


def changed(*pairs: tuple[str, str], text: str = BASE) -> str:
    for old, new in pairs:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    return text


METHOD = (
    "        return first\n",
    "        return first\n\n    def initials(self) -> str:\n        return self.name[:1]\n",
)
FIELD = "    birth_date: date | None = None\n", "    birth_date: date | None = None\n    email: str | None = None\n"


def test_a_method_of_yours_and_a_field_of_the_template_stand_side_by_side() -> None:
    assert clean(changed(METHOD), changed(FIELD)) == changed(METHOD, FIELD)


def test_members_added_in_the_same_place_never_conflict() -> None:
    mine = changed((METHOD[0], METHOD[1].replace("initials", "mine")))
    assert clean(mine, changed(METHOD)) == changed(
        (METHOD[0], METHOD[1] + "\n    def mine(self) -> str:\n        return self.name[:1]\n")
    )


def test_a_field_of_the_template_comes_before_a_method_that_you_added_in_its_place() -> None:
    base = "class A:\n    x: int\n"
    ours = "class A:\n    x: int\n\n    def f(self) -> int:\n        return 1\n"
    theirs = "class A:\n    x: int\n    y: int\n"
    assert (
        clean(ours, theirs, base) == "class A:\n    x: int\n    y: int\n\n    def f(self) -> int:\n        return 1\n"
    )


def test_classes_added_on_both_sides_are_both_there() -> None:
    text = clean(BASE + "\n\nclass Mine:\n    pass\n", BASE + "\n\nclass Theirs:\n    pass\n")
    assert text == BASE + "\n\nclass Theirs:\n    pass\n\n\nclass Mine:\n    pass\n"


def test_imports_are_sets() -> None:
    mine = changed(("from datetime import date\n", "import os\nfrom datetime import date, timedelta\n"))
    other = changed(
        ("from datetime import date\n", "from datetime import date, datetime\n"),
        ("import BaseModel, Field", "import BaseModel, EmailStr, Field"),
    )
    text = clean(mine, other)
    assert "import os\nfrom datetime import date, datetime, timedelta\n" in text
    assert "from pydantic import BaseModel, EmailStr, Field\n" in text


def test_an_import_that_grows_too_long_gets_a_line_for_each_name() -> None:
    names = ", ".join(f"name_{i}" for i in range(7))
    base = f"from somewhere import {names}\n"
    text = clean(base.replace("name_0", "mine, name_0"), base.replace("name_6", "name_6, zebra"), base)
    assert text.startswith("from somewhere import (\n    mine,\n    name_0,\n")
    assert text.endswith("    zebra,\n)\n")


def test_an_import_that_the_template_drops_stays_while_your_edit_uses_it() -> None:
    base = "from typing import Any, Optional\n\n\nclass A:\n    x: Optional[int]\n    y: Any\n"
    ours = base + "\n    def f(self) -> Optional[str]:\n        return None\n"
    theirs = "from typing import Any\n\n\nclass A:\n    x: int | None\n    y: Any\n"
    assert clean(ours, theirs, base).startswith("from typing import Any, Optional\n")
    assert clean(base.replace("    y: Any\n", "    y: int\n"), theirs, base).startswith("from typing import Any\n")


def test_an_import_that_the_template_moves_into_a_function_is_not_brought_back() -> None:
    base = "from a import b\n\n\ndef f():\n    return b\n\n\nx = 1\n"
    theirs = "def f():\n    from a import b\n\n    return b\n\n\nx = 1\n"
    assert clean(base.replace("x = 1", "x = 2"), theirs, base) == theirs.replace("x = 1", "x = 2")


def test_a_member_that_one_side_edits_and_the_other_moves_is_edited_in_its_new_place() -> None:
    place = BASE[BASE.index("class Place") :]
    person = BASE[BASE.index("class Person") : BASE.index("class Place")]
    moved = BASE.replace(person + place, place + "\n\n" + person.rstrip() + "\n")
    text = clean(moved, changed(FIELD))
    assert text == changed(FIELD, text=moved)
    assert clean(changed(FIELD), moved) == text


def test_arguments_bases_and_decorators_are_merged_one_by_one() -> None:
    base = "@one\nclass A(B):\n    x: str = Field(default=None, description='old')\n"
    ours = "@one\n@mine\nclass A(B, Mixin):\n    x: str = Field(default=None, description='old', alias='X')\n"
    theirs = "@one\n@theirs\nclass A(B, frozen=True):\n    x: str = Field(default=None, description='new')\n"
    assert clean(ours, theirs, base) == (
        "@one\n@theirs\n@mine\nclass A(B, Mixin, frozen=True):\n"
        "    x: str = Field(default=None, description='new', alias='X')\n"
    )


def test_annotation_value_and_comment_of_a_field_are_merged_apart() -> None:
    base = "class A:\n    x: int = 1\n    y: int = 2\n"
    ours = "class A:\n    x: int = 10  # mine\n    y: int = 2\n"
    theirs = "class A:\n    x: float = 1\n    y: int = 2\n"
    assert clean(ours, theirs, base) == "class A:\n    x: float = 10  # mine\n    y: int = 2\n"


def test_a_signature_is_merged_by_parameters() -> None:
    base = "def f(a: int, *, b: int = 1) -> int:\n    return a\n"
    ours = "def f(a: int, *, b: int = 2) -> int:\n    return a\n"
    theirs = "async def f(a: float, *, b: int = 1, c: str = '') -> int:\n    return a\n"
    assert clean(ours, theirs, base) == "async def f(a: float, *, b: int = 2, c: str = '') -> int:\n    return a\n"


def test_parameters_given_by_position_that_both_add_are_a_conflict() -> None:
    base = "def f(a):\n    return a\n"
    result = conflict("def f(a, b):\n    return a\n", "def f(a, c):\n    return a\n", base)
    assert result.conflicts[0].message == ("your edit and the template both changed the signature of function `f`")


def test_a_list_of_exported_names_is_a_set() -> None:
    base = '__all__ = ["a", "c"]\na = b = c = d = 1\n'
    text = clean(base.replace('"c"]', '"c", "d"]'), base.replace('"a", ', '"a", "b", '), base)
    assert text.startswith('__all__ = ["a", "b", "c", "d"]\n')


def test_body_and_docstring_of_one_method_are_merged_by_lines() -> None:
    ours = changed(("        first = self.name\n", "        first = self.name.strip()\n"))
    theirs = changed(("The whole name.", "The full name."))
    assert clean(ours, theirs) == changed(("The whole name.", "The full name."), text=ours)


def test_comments_and_blank_lines_stay_where_they_are() -> None:
    ours = changed(
        ("    name: str", "    # the name, as in the passport\n    name: str"), ("class Place", "# mine\nclass Place")
    )
    theirs = changed(FIELD, ("    label: str\n", "    label: str\n    # end of the fields\n"))
    text = clean(ours, theirs)
    assert text == changed(FIELD, ("    label: str\n", "    label: str\n    # end of the fields\n"), text=ours)


def test_overloads_and_property_accessors_are_told_apart() -> None:
    base = dedent(
        """\
        class A:
            @overload
            def f(self, a: int) -> int: ...
            @overload
            def f(self, a: str) -> str: ...
            def f(self, a):
                return a

            @property
            def x(self) -> int:
                return 1

            @x.setter
            def x(self, value: int) -> None:
                self._x = value
        """
    )
    ours = base.replace("return 1", "return self._x")
    theirs = base.replace("self._x = value", "self._x = value + 1").replace("a: str", "a: bytes")
    text = clean(ours, theirs, base)
    assert text == theirs.replace("return 1", "return self._x")


def test_a_class_that_both_sides_emptied_keeps_a_body() -> None:
    base = "class A(B):\n    x: int\n    y: int\n"
    assert clean("class A(B):\n    y: int\n", "class A(B):\n    x: int\n", base) == "class A(B):\n    pass\n"


def test_a_formatter_that_ran_on_one_side_does_not_stand_in_the_way() -> None:
    base = "def f():\n    return {'a': 1, 'b': 2}\n\n\nx = 1\n"
    ours = 'def f():\n    return {\n        "a": 1,\n        "b": 2,\n    }\n\n\nx = 1\n'
    theirs = "def f():\n    return {'a': 1, 'b': 3}\n\n\nx = 1\n"
    assert clean(ours, theirs, base) == theirs


def test_a_line_changed_here_and_a_paragraph_added_after_it_there_do_not_touch() -> None:
    base = "def f():\n    a()\n\n\nx = 1\n"
    ours = base.replace("    a()\n", "    b()\n")
    theirs = base.replace("    a()\n", "    a()\n\n    c()\n")
    assert clean(ours, theirs, base) == "def f():\n    b()\n\n    c()\n\n\nx = 1\n"
    result = conflict(base.replace("a()\n", "a()\n\n    d()\n"), theirs, base)
    assert result.marked == (
        b"def f():\n    a()\n\n<<<<<<< ours\n    d()\n||||||| base\n=======\n    c()\n>>>>>>> theirs\n\n\nx = 1\n"
    )


def test_imports_that_meet_in_one_place_are_sorted() -> None:
    base = "import a\nfrom z import y\n"
    ours = "import a\nimport c\nfrom b import x\nfrom z import y\n"
    theirs = "import a\nimport b\nfrom c import w\nfrom z import y\n"
    assert clean(ours, theirs, base) == (
        "import a\nimport b\nimport c\nfrom b import x\nfrom c import w\nfrom z import y\n"
    )


def test_both_changing_one_line_of_a_method_is_a_conflict_that_names_it() -> None:
    ours = changed(("        return first\n", "        return first.title()\n"))
    theirs = changed(("        return first\n", "        return first.upper()\n"))
    result = conflict(ours, theirs)
    assert result.how == "structure"
    assert result.conflicts[0].message == "your edit and the template both changed method `full_name` of class `Person`"
    line = ours[: ours.index("        return first.title()")].count("\n") + 1
    assert result.conflicts[0].ours_lines == (line, line + 1)
    assert result.conflicts[0].theirs_lines == (line, line + 1)
    assert result.marked is not None
    assert result.marked.decode() == changed(
        (
            "        return first\n",
            (
                "<<<<<<< ours\n        return first.title()\n||||||| base\n        return first\n"
                "=======\n        return first.upper()\n>>>>>>> theirs\n"
            ),
        )
    )


def test_the_rest_is_merged_around_a_conflict() -> None:
    ours = changed(("    label: str\n", "    label: int\n"), METHOD)
    theirs = changed(("    label: str\n", "    label: bytes\n"), FIELD)
    result = conflict(ours, theirs)
    assert [found.message for found in result.conflicts] == [
        "your edit and the template both changed field `label` of class `Place`"
    ]
    assert result.marked is not None
    assert b"email" in result.marked
    assert b"initials" in result.marked


@pytest.mark.parametrize("mirrored", [False, True])
def test_removed_here_and_changed_there_is_a_conflict(mirrored: bool) -> None:
    method = BASE[BASE.index("\n    def full_name") : BASE.index("\n\nclass Place")]
    without = BASE.replace(method, "")
    edited = changed(("        return first\n", "        return first + '!'\n"))
    result = conflict(edited, without) if mirrored else conflict(without, edited)
    assert result.conflicts[0].kind == "deletion"
    who = ("the template", "you") if mirrored else ("you", "the template")
    assert (
        result.conflicts[0].message == f"{who[0]} removed method `full_name` of class `Person`, which {who[1]} changed"
    )


def test_the_same_name_added_with_different_content_is_a_conflict() -> None:
    ours = changed((METHOD[0], METHOD[1]))
    theirs = changed((METHOD[0], METHOD[1].replace("[:1]", "[:2]")))
    result = conflict(ours, theirs)
    assert result.conflicts[0].message == (
        "you and the template both added method `initials` of class `Person`, and they differ"
    )


def test_one_name_as_a_field_here_and_a_method_there_is_a_conflict() -> None:
    ours = changed(FIELD)
    theirs = changed((METHOD[0], METHOD[1].replace("initials", "email")))
    assert "`email` is defined twice" in conflict(ours, theirs).conflicts[0].message


def test_a_field_that_the_template_drops_while_your_method_uses_it_is_a_conflict() -> None:
    ours = changed(
        (
            "        return first\n",
            "        return first\n\n    def age(self) -> object:\n        return self.birth_date\n",
        )
    )
    theirs = changed(("    birth_date: date | None = None\n", ""))
    result = conflict(ours, theirs)
    assert result.conflicts[0].kind == "structure"
    assert result.conflicts[0].message == "the template removed `birth_date` of class `Person`, which your edit uses"


def test_a_class_that_you_drop_while_the_template_begins_to_use_it_is_a_conflict() -> None:
    ours = BASE[: BASE.index("\n\nclass Place")]
    theirs = changed(("    birth_date: date", "    home: Place\n    birth_date: date"))
    assert conflict(ours, theirs).conflicts[0].message == "you removed `Place`, which the template uses"


def test_a_dataclass_whose_fields_would_stand_in_a_forbidden_order_is_a_conflict() -> None:
    base = "@dataclass\nclass A:\n    x: int\n"
    result = conflict(base + "    mine: int\n", base + "    theirs: int = 1\n", base)
    assert result.conflicts[0].message == (
        "field `mine` of class `A` has no default, but stands after a field that has one"
    )
    clean("@dataclass(kw_only=True)" + base[10:] + "    mine: int\n", base + "    theirs: int = 1\n", base)


def test_statements_that_both_sides_add_in_one_place_are_a_conflict() -> None:
    base = "start()\n"
    conflict("start()\nmine()\n", "start()\ntheirs()\n", base)
    assert clean("start()\nmine()\n", "first()\nstart()\n", base) == "first()\nstart()\nmine()\n"


def test_a_statement_changed_on_both_sides_is_a_conflict() -> None:
    assert conflict("run(1)\n", "run(3)\n", "run(2)\n").conflicts[0].message == (
        "your edit and the template both changed the statement `run(2)`"
    )


def test_names_defined_in_two_places_are_left_to_lines() -> None:
    base = "def f():\n    return 1\n\n\nx = 1\n\n\ndef f():\n    return 2\n\n\ny = 1\n"
    sides = (base.replace(old, new).encode() for old, new in (("", ""), ("x = 1", "x = 2"), ("y = 1", "y = 2")))
    assert merge(ThreeWay("a.py", "python", *sides)) is None


def test_a_merge_by_lines_that_would_double_a_method_is_a_conflict() -> None:
    base = "x = 1\n\n\ndef f():\n    return 1\n\n\nx = 2\n\n\ny = 1\n"
    new = "\n\ndef g():\n    return {}\n"
    ours = base.replace("x = 1\n", "x = 1\n" + new.format(1)).replace("x = 2", "x = 3\nx = 4")
    theirs = base + new.format(2)
    result = conflict(ours, theirs, base)
    assert result.conflicts[0].kind == "structure"


def test_line_ends_mark_and_last_newline_are_kept() -> None:
    ours = ("\ufeff" + changed(METHOD)).replace("\n", "\r\n").removesuffix("\r\n")
    result = merged(BASE, ours, changed(FIELD)).content
    assert result is not None
    assert result.decode() == ("\ufeff" + changed(METHOD, FIELD)).replace("\n", "\r\n").removesuffix("\r\n")


@pytest.mark.parametrize(
    "three",
    [
        ThreeWay("a.py", "python", b"x = 1\n", b"x = = 2\n", b"x = 3\n"),
        ThreeWay("a.py", "python", b"x = 1\n", b"x = '\xff'\n", b"x = 3\n"),
        ThreeWay("a.py", "python", b"x = 1\n", b"x = 1\r\ny = 2\n", b"x = 3\n"),
        ThreeWay("a.py", "python", None, b"x = 1\n", b"x = 3\n"),
        ThreeWay("a.go", "go", b"x", b"y", b"z"),
        ThreeWay("a", None, b"x", b"y", b"z"),
    ],
)
def test_what_it_cannot_read_is_left_to_the_next_plugin(three: ThreeWay) -> None:
    assert merge(three) is None


def test_tabs_and_spaces_are_not_mixed() -> None:
    base = "class A:\n    x: int\n"
    result = merged(base, "class A:\n\tx: int\n\ty: int\n", "class A:\n    x: int\n    z: int\n")
    assert result.content is None


def test_an_if_without_else_is_merged_like_a_class() -> None:
    base = "if TYPE_CHECKING:\n    from a import b\n\nx = 1\n"
    ours = base.replace("import b", "import b, c")
    theirs = base.replace("import b", "import b, d\n    from e import f")
    assert clean(ours, theirs, base).startswith("if TYPE_CHECKING:\n    from a import b, c, d\n    from e import f\n")


# --- algebra over generated modules ---


@dataclass(frozen=True)
class Class:
    """A class as a pack writes it: fields with types, and methods with the number that they give back.

    Each line names its class: equal lines in two classes could be code that was moved, and edits follow it.
    """

    fields: tuple[tuple[str, str], ...]
    methods: tuple[tuple[str, int], ...]

    def text(self, name: str) -> str:
        lines = [f"class {name}(Base):", f'    """The {name}."""', ""]
        lines += [f"    {field}: {kind}  # {name}" for field, kind in self.fields]
        for method, value in self.methods:
            lines += ["", f"    def {method}(self) -> int:  # {name}"]
            lines += [f"        {name}_{method} = {value}", f"        return {name}_{method}"]
        return "\n".join(lines) + "\n"


NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon"])
CLASSES = st.builds(
    Class,
    st.lists(st.tuples(NAMES, st.sampled_from(["int", "str"])), max_size=4, unique_by=lambda pair: pair[0]).map(tuple),
    st.lists(st.tuples(NAMES.map("get_{}".format), st.integers(0, 2)), max_size=3, unique_by=lambda pair: pair[0]).map(
        tuple
    ),
)
MODULES = st.dictionaries(st.sampled_from(["A", "B", "C"]), CLASSES, max_size=3).map(
    lambda classes: "import base\n" + "".join("\n\n" + classes[name].text(name) for name in sorted(classes))
)


def members(text: str) -> dict[str, str]:
    """Each definition of a module by its full name, as its own text without inner definitions' names."""
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = node.name
            for part in node.body:
                name = getattr(part, "name", None) or ast.unparse(getattr(part, "target", ast.Name("doc")))
                found[f"{node.name}.{name}"] = ast.unparse(part)
    return found


@settings(max_examples=150, deadline=None)
@given(MODULES, MODULES, MODULES)
def test_every_member_of_a_clean_merge_is_what_the_sides_made_of_it(base: str, ours: str, theirs: str) -> None:
    result = merged(base, ours, theirs)
    if result.content is None:
        assert result.conflicts
        return
    before, mine, other, got = (members(text) for text in (base, ours, theirs, result.content.decode()))
    for name in {*before, *mine, *other, *got}:
        sides = [side.get(name) for side in (before, mine, other)]
        if sides[1] == sides[2] or sides[2] == sides[0]:
            assert got.get(name) == sides[1]
        elif sides[1] == sides[0]:
            assert got.get(name) == sides[2]


@settings(max_examples=150, deadline=None)
@given(MODULES, MODULES, MODULES)
def test_merging_is_symmetric_and_merging_again_changes_nothing(base: str, ours: str, theirs: str) -> None:
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert (one.content is None) == (other.content is None)
    if one.content is not None and other.content is not None:
        assert members(one.content.decode()) == members(other.content.decode())
        assert merged(theirs, one.content.decode(), theirs).content == one.content


@settings(max_examples=60, deadline=None)
@given(MODULES, MODULES)
def test_when_one_side_did_nothing_the_other_is_taken_as_it_is(base: str, side: str) -> None:
    assert merged(base, side, base).content == side.encode()
    assert merged(base, base, side).content == side.encode()
    assert merged(base, side, side).content == side.encode()


@settings(max_examples=60, deadline=None)
@given(MODULES, NAMES, st.sampled_from(["int", "str"]))
def test_a_method_of_yours_survives_whatever_the_template_adds(base: str, name: str, kind: str) -> None:
    """Additions alone never conflict."""
    if "class A(" not in base or f"    {name}: " in base:
        return
    at = base.index('    """The A."""\n\n') + len('    """The A."""\n\n')
    theirs = base[:at] + f"    {name}: {kind}\n" + base[at:]
    ours = base.replace('The A."""\n', 'The A."""\n\n    def mine(self) -> int:\n        return 1\n')
    result = merged(base, ours, theirs)
    assert result.content is not None
    assert {"A.mine", f"A.{name}"} <= members(result.content.decode()).keys()


def together(part: Opened) -> list[str]:
    lines = [line for decorator in part.decorators for line in decorator.lines] + list(part.head)
    return lines + [line for member in part.members for line in member.text]


@pytest.mark.parametrize("module", [ast, dedent.__module__, replace.__module__, outline.__module__])
def test_an_outline_put_together_is_the_file(module: object) -> None:
    """No line of a real module is lost or moved, at any depth."""
    import importlib
    from pathlib import Path

    found = importlib.import_module(module) if isinstance(module, str) else module
    lines = Path(str(found.__file__)).read_text(encoding="utf-8").removesuffix("\n").split("\n")  # type: ignore[attr-defined]
    members_ = outline(lines, parsed(lines))
    assert [line for member in members_ for line in member.text] == lines
    todo = list(members_)
    while todo:
        member = todo.pop()
        assert list(member.lines) == lines[member.first - 1 : member.first - 1 + len(member.lines)]
        part = opened(member)
        if part is not None:
            assert together(part) == list(member.lines)
            todo.extend(part.members)


def test_what_hangs_beside_a_conflict_is_told_of_too() -> None:
    """The template drops a field that your method uses, and both changed a constant: settling that is not all."""
    base = "SIZE = 1\n\n\ndef total(n: int) -> int:\n    return n\n\n\ndef last() -> int:\n    return 0\n"
    ours = base.replace("SIZE = 1", "SIZE = 2") + "\n\ndef mine() -> int:\n    return total(3)\n"
    theirs = "SIZE = 3\n\n\ndef last() -> int:\n    return 0\n"
    result = merged(base, ours, theirs)
    assert result.content is None
    assert [conflict.kind for conflict in result.conflicts] == ["content", "structure"]
    assert "total" in result.conflicts[1].message


def test_a_method_that_was_renamed_takes_the_edit_of_its_lines() -> None:
    """Where both touch, and lines clash; a name that both gave is a conflict."""
    base = "class A:\n    def first(self):\n        return self.first\n\n    def last(self):\n        return 2\n"
    ours = base.replace("def first", "def renamed")
    for old, new in (("return self.first", "return [self.first]"), ("first(self)", "first(self, a)")):
        theirs = base.replace(old, new)
        assert clean(ours, theirs, base) == theirs.replace("def first", "def renamed")
    assert conflict(ours, base.replace("def first", "def other"), base)
    gone = base.replace("    def first(self):\n        return self.first\n\n", "")
    assert conflict(ours, gone, base).conflicts[0].kind == "deletion"


def test_a_parameter_goes_where_the_other_side_moved_its_neighbours() -> None:
    """Behind a new `*`, not before it, where it could be given by position."""
    base = "def f(\n    a=1,\n    b=2,\n    c=3,\n    d=4,\n):\n    return a\n"
    ours = base.replace("    c=3,\n", "    c=3,\n    mine=5,\n")
    theirs = base.replace("    b=2,\n    c=3,\n", "    *,\n    c=33,\n")
    assert clean(ours, theirs, base) == theirs.replace("    c=33,\n", "    c=33,\n    mine=5,\n")


def test_a_name_that_is_added_to_the_imports_of_a_renamed_module_goes_along() -> None:
    base = "from .old import (\n    a,\n    c,\n    e,\n    g,\n)\n\nprint(a, c, e, g)\n"
    ours = base.replace(".old", ".new")
    theirs = base.replace("    e,\n", "    e,\n    f,\n").replace("e, g)", "e, f, g)")
    assert clean(ours, theirs, base) == theirs.replace(".old", ".new")
