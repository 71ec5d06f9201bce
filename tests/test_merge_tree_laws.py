"""Laws of merging by structure, over generated classes in seven languages and generated edits of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.merge_tree_world import merged, parses, words

Member = tuple[str, int]
"""A name and a body, which is a number."""


@dataclass(frozen=True)
class Class:
    """A class with imports and members; the same one can be written in every language."""

    imports: tuple[str, ...]
    fields: tuple[Member, ...]
    methods: tuple[Member, ...]


def _braced(head: str, field: str, method: str, imported: str, tail: str = "}\n") -> Callable[[Class], str]:
    def write(cls: Class) -> str:
        parts = [*(field.format(n=name, v=value) for name, value in cls.fields)]
        parts += [method.format(n=name, v=value) for name, value in cls.methods]
        start = "".join(imported.format(n=name) for name in cls.imports)
        return f"{start}{head}{''.join(parts)}{tail}"

    return write


_JS = "\n  {n}(a) {{\n    const b = a + {v};\n    return b;\n  }}\n"
_C = "\n    public int {n}(int a)\n    {{\n        int b = a + {v};\n        return b;\n    }}\n"


def _rust(cls: Class) -> str:
    imports = "".join(f"use m::{name};\n" for name in cls.imports)
    fields = "".join(f"    /// {name}.\n    pub {name}: [u8; {value}],\n" for name, value in cls.fields)
    methods = "".join(
        f"    pub fn {name}(&self) -> u8 {{\n        let b = {value};\n        b\n    }}\n\n"
        for name, value in cls.methods
    )
    return f"{imports}\n#[derive(Debug)]\npub struct A {{\n{fields}}}\n\nimpl A {{\n{methods}}}\n"


def _go(cls: Class) -> str:
    imports = "".join(f'	"{name}"\n' for name in cls.imports)
    fields = "".join(f"	{name} [{value}]int\n" for name, value in cls.fields)
    methods = "".join(
        f"\n// {name} is one.\nfunc (a *A) {name}() int {{\n	b := {value}\n	return b\n}}\n"
        for name, value in cls.methods
    )
    return f"package a\n\nimport (\n{imports})\n\ntype A struct {{\n{fields}}}\n{methods}"


WRITERS: Mapping[str, Callable[[Class], str]] = {
    "javascript": _braced("class A {\n", "  {n} = {v};\n", _JS, 'import {{ {n} }} from "{n}";\n'),
    "typescript": _braced("export class A {\n", "  @F()\n  {n}: T = {v};\n", _JS, 'import {{ {n} }} from "{n}";\n'),
    "tsx": _braced("export class A {\n", "  {n}: T = {v};\n", _JS, 'import {{ {n} }} from "{n}";\n'),
    "java": _braced("/** A. */\nclass A {\n", "    @F\n    private int {n} = {v};\n", _C, "import m.{n};\n"),
    "csharp": _braced("class A\n{\n", "    public int {n} {{ get; set; }} = {v};\n", _C, "using {n};\n"),
    "rust": _rust,
    "go": _go,
}
LANGUAGES = tuple(sorted(WRITERS))


def _members(prefix: str) -> st.SearchStrategy[tuple[Member, ...]]:
    numbers = st.lists(st.integers(1, 30), max_size=4, unique=True)
    return numbers.map(lambda found: tuple((f"{prefix}{number}", number) for number in found))


CLASSES = st.builds(
    Class,
    st.lists(st.sampled_from([f"i{n}" for n in range(9)]), max_size=3, unique=True).map(
        lambda found: tuple(sorted(found))
    ),
    _members("x"),
    _members("f"),
)
Edit = tuple[str, int, int]
EDITS = st.lists(
    st.tuples(st.sampled_from(["add", "change", "remove", "move", "import"]), st.integers(0, 9), st.integers(0, 9)),
    max_size=4,
)


def _edited(cls: Class, edits: Sequence[Edit], tag: str, allowed: int) -> Class:
    """Edits of one side: its new names are its own, and it changes members of odd or of even values alone."""
    for kind, at, value in edits:
        name = "methods" if value % 2 else "fields"
        members = list(getattr(cls, name))
        own = [number for number, (_, body) in enumerate(members) if body % 2 == allowed or body > 100]
        place = own[at % len(own)] if own else None
        if kind == "add":
            new = f"{tag}{name[0]}{at}{value}"
            if new not in dict(members):
                members.insert(at % (len(members) + 1), (new, 100 + at))
        elif kind == "import" and f"{tag}{at}" not in cls.imports:
            cls = replace(cls, imports=tuple(sorted((*cls.imports, f"{tag}{at}"))))
        elif place is not None and kind == "change":
            members[place] = (members[place][0], members[place][1] + 200)
        elif place is not None and kind == "remove":
            del members[place]
        elif place is not None and kind == "move" and allowed:
            members.insert(0, members.pop(place))
        cls = replace(cls, **{name: tuple(members)})
    return cls


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=25, deadline=None)
@given(CLASSES, EDITS, EDITS)
def test_edits_of_different_members_always_merge_and_are_all_there(
    language: str, cls: Class, mine: list[Edit], other: list[Edit]
) -> None:
    ours_cls, theirs_cls = _edited(cls, mine, "m", 0), _edited(cls, other, "t", 1)
    base, ours, theirs = (WRITERS[language](side) for side in (cls, ours_cls, theirs_cls))
    answer = merged(language, base, ours, theirs)
    assert answer.conflicts == (), (answer.marked or b"").decode()
    assert answer.content is not None
    text = answer.content.decode()
    assert parses(language, text)
    wanted = words(ours)
    wanted.update(words(theirs))
    wanted.subtract(words(base))
    assert words(text) == +wanted
    mirrored = merged(language, base, theirs, ours)
    assert mirrored.content is not None
    assert words(mirrored.content.decode()) == words(text)
    assert merged(language, theirs, text, theirs).content == answer.content


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=25, deadline=None)
@given(CLASSES, CLASSES, CLASSES)
def test_whatever_the_sides_are_nothing_is_lost_without_a_word(
    language: str, base_cls: Class, ours_cls: Class, theirs_cls: Class
) -> None:
    base, ours, theirs = (WRITERS[language](side) for side in (base_cls, ours_cls, theirs_cls))
    answer = merged(language, base, ours, theirs)
    shown = answer.content if answer.content is not None else answer.marked
    assert shown is not None
    assert (answer.content is None) == bool(answer.conflicts)
    there = words(shown.decode())
    for side in (ours, theirs):
        assert set(words(side)) - set(words(base)) <= set(there)
    if answer.content is not None:
        assert parses(language, shown.decode())
    for sides, wanted in (((base, ours, base), ours), ((base, base, theirs), theirs), ((base, ours, ours), ours)):
        assert merged(language, *sides).content == wanted.encode()
