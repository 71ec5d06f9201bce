"""Merge: a merged module is read again; every edit of both sides has to be in it, and nothing that neither side had."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from regen_plugins.merge_python.imports import IMPORTS, imported_names, used, wrong_imports
from regen_plugins.merge_python.outline import Key, Lines, Member, Unstructured, opened
from regen_plugins.merge_python.statement import imported

_DEFINES = frozenset(("class", "function", "field"))
_DOUBLED = 3  # lines that stand once too often are a member that one side moved or renamed and the other changed
_MOVED = 6  # lines; of a member as long, half have to be found again where code is said to have moved
_SAYING = re.compile(r"\w.*\w")
Members = Sequence[Member]


def lost(base: Members, ours: Members, theirs: Members, result: Members) -> str | None:
    """What a merge of one block lost, doubled or made up, in one phrase; None where it is right."""
    sides = [{member.key: member for member in side} for side in (base, ours, theirs, result)]
    before, mine, other, got = sides
    # A statement has no name: where both sides changed one, the merged one has a key that a side does not have.
    mixed = any(
        member.kind in {"statement", "if"} and all(_differs(member, side.get(member.key)) for side in (mine, other))
        for member in base
    )
    for key in sorted({*before, *mine, *other, *got}):
        if key[0] in IMPORTS or (mixed and key[0] in {"statement", "if"}):
            continue
        wrong = _wrong(before.get(key), mine.get(key), other.get(key), got.get(key))
        if wrong is None and all(key in side for side in sides) and _both_changed(before[key], mine[key], other[key]):
            wrong = _lost_inside([side[key] for side in sides])
        if wrong is not None and not any(
            _moved(key, before, side) for side in (mine, other) if key in before or key in side
        ):
            return f"`{key[min(1, len(key) - 1)]}` {wrong}" if not wrong.startswith("`") else wrong
    return wrong_imports(base, ours, theirs, result) or _doubled(ours, theirs, result)


def _lost_inside(members: Members) -> str | None:
    """The same of the parts of one member on all sides, result last; None where a side is not taken apart."""
    try:
        parts = [part.members for part in map(opened, members[:3]) if part is not None]
    except Unstructured:
        return None
    try:
        result = opened(members[3])
    except Unstructured as error:
        return f"`{members[3].key[-1]}`: {error}"
    if len(parts) < 3 or result is None:
        return None
    return lost(parts[0], parts[1], parts[2], result.members)


def unbalanced(base: Lines, ours: Lines, theirs: Lines, result: Lines) -> str | None:
    """A comment, or some lines of code, that stand in the result otherwise often than the sides' changes say."""
    counts = [Counter(filter(_SAYING.search, map(str.strip, side))) for side in (base, ours, theirs, result)]
    doubled: list[str] = []
    for line in sorted(set().union(*counts)):
        before, mine, other, got = (count[line] for count in counts)
        least, most = (other, other) if mine == before else (mine, mine) if other == before else sorted((mine, other))
        if line.startswith("#") and not least <= got <= most:
            return f"the comment `{line}` is {'lost' if got < least else 'doubled'}"
        if got > max(mine, other, mine + other - before) > 0:
            doubled.append(line)
    return f"`{doubled[0]}` and other lines are doubled" if len(doubled) >= _DOUBLED else None


def _moved(key: Key, base: Mapping[Key, Member], side: Mapping[Key, Member]) -> bool:
    """Whether a side moved code out of a member or into it, such as by another name: edits follow the code there."""
    gained, gone, elsewhere_gained, elsewhere_gone = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for other in {*base, *side}:
        if other[0] not in IMPORTS:
            before, after = (Counter(of[other].lines if other in of else ()) for of in (base, side))
            (gained if other == key else elsewhere_gained).update(after - before)
            (gone if other == key else elsewhere_gone).update(before - after)
    whole = sum(bool(line.strip()) for line in (base.get(key) or side[key]).lines)
    found = (
        sum((a & b)[line] for line in a & b if line.strip())
        for a, b in ((gained, elsewhere_gone), (gone, elsewhere_gained))
    )
    return any(2 * count >= min(whole, _MOVED) for count in found)


def _differs(base: Member, side: Member | None) -> bool:
    return side is None or side.lines != base.lines


def _both_changed(base: Member, ours: Member, theirs: Member) -> bool:
    return base.lines not in (ours.lines, theirs.lines) and ours.lines != theirs.lines


def _wrong(base: Member | None, ours: Member | None, theirs: Member | None, result: Member | None) -> str | None:
    """Compare one member with what the sides did to it."""
    left = ours or theirs
    if left is None:
        filled = result is not None and result.key[-1].strip() == "pass"  # what a block gets that both sides emptied
        return None if result is None or filled else "is in neither side"
    if left.kind in {"header", "footer"}:
        return None  # see `unbalanced`
    if ours is not None and theirs is not None:
        if result is None:
            return "is lost"
        changed = [side for side in (ours, theirs) if base is None or side.lines != base.lines]
        return "lost an edit" if len(changed) == 1 and result.lines != changed[0].lines else None
    if base is not None and result is not None:
        return "was removed by one side and is back"
    if base is not None:
        return None if left.lines == base.lines else "was removed by one side and changed by the other"
    return None if result is not None and result.lines == left.lines else "is not as one side added it"


def torn(base: Members, ours: Members, theirs: Members, texts: Sequence[Lines]) -> str | None:
    """A member that one side moved elsewhere in the file and the other changed or removed; `texts`: of all sides."""
    here, mine, other = (Counter(map(str.strip, text)) for text in texts)
    sides = [{member.key: member for member in side} for side in (ours, theirs)]
    for member in base:
        same = [side.get(member.key) for side in sides]
        if member.kind == "class" and same[0] is not None and same[1] is not None:
            parts = [_parts(of) for of in (member, same[0], same[1])]
            wrong = torn(parts[0], parts[1], parts[2], texts)
            if wrong is not None:
                return wrong
        elif same == [None, None] and member.kind not in IMPORTS:
            lines = [line for line in map(str.strip, member.lines) if _SAYING.search(line)]
            kept = [all(side[line] >= here[line] for line in lines) for side in (mine, other)]
            if kept[0] != kept[1]:
                return f"`{member.key[-1]}` was moved by one side, and changed or removed by the other"
    return None


def _parts(member: Member) -> Members:
    """The members of a class; none where it is not taken apart."""
    try:
        found = opened(member)
    except Unstructured:
        return ()
    return found.members if found is not None else ()


def _doubled(ours: Members, theirs: Members, result: Members) -> str | None:
    """A name that is defined twice, as neither side has it."""
    allowed = [_definitions(side) for side in (ours, theirs)]
    for name, count in sorted(_definitions(result).items()):
        if count > max(1, *(side[name] for side in allowed)):
            return f"`{name}` is defined twice"
    return None


def _definitions(members: Members) -> Counter[str]:
    """How often each name is defined; accessors of one property count once."""
    names = Counter(member.key[1] for member in members if member.kind in _DEFINES and len(member.key) == 2)
    for member in members:
        if member.kind in IMPORTS:
            names.update(name.rpartition(" ")[2] for name in set(imported(member.node)) - {"*"})
        elif isinstance(member.node, ast.If | ast.Try):
            names.update(imported_names([member.node]))
    return names


def dangling(base: ast.Module, ours: ast.Module, theirs: ast.Module, result: ast.Module) -> str | None:
    """A definition that one side removed while the other began to use it, in one sentence; None where there is none."""
    for who, whose, side in (("you", "the template", ours), ("the template", "your edit", theirs)):
        gone = _defined(base.body) - _defined(side.body) - _defined(result.body)
        for name in sorted(gone & (used(result) - used(side))) if gone else ():
            return f"{who} removed `{name}`, which {whose} uses"
        before, now, after = (_classes(tree) for tree in (base, side, result))
        for cls in sorted(before.keys() & now.keys() & after.keys()):
            lost = _defined(before[cls].body) - _defined(now[cls].body) - _defined(after[cls].body)
            for name in sorted(lost & (_of_self(after[cls]) - _of_self(now[cls]))) if lost else ():
                return f"{who} removed `{name}` of class `{cls}`, which {whose} uses"
    return None


def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _defined(body: Sequence[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.If() | ast.Try():
                names.update(_defined(node.body), _defined(node.orelse))
    return names | imported_names(body)


def _of_self(node: ast.ClassDef) -> frozenset[str]:
    """What the methods of a class read of `self` and `cls`."""
    return frozenset(
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in {"self", "cls"}
    )


def misordered(ours: ast.Module, theirs: ast.Module, result: ast.Module) -> str | None:
    """A field without a default after one with a default, as no side has it: the class could not be made."""
    wrong = _after_default(result) - _after_default(ours) - _after_default(theirs)
    if not wrong:
        return None
    cls, name = min(wrong)
    return f"field `{name}` of class `{cls}` has no default, but stands after a field that has one"


def _after_default(tree: ast.Module) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in _classes(tree).values():
        if not _positional(node):
            continue
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
        given = next((at for at, part in enumerate(fields) if part.value is not None), len(fields))
        found.update((node.name, ast.unparse(part.target)) for part in fields[given:] if part.value is None)
    return found


def _positional(node: ast.ClassDef) -> bool:
    """Whether the class takes its fields by position: a dataclass or a named tuple."""
    texts = [ast.unparse(part) for part in (*node.decorator_list, *node.bases)]
    return any(
        text.partition("(")[0].rpartition(".")[2] in {"dataclass", "NamedTuple"} and "kw_only=True" not in text
        for text in texts
    )
