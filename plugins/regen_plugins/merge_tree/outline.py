"""Merge: a node becomes parts that have keys, each with its own text; put together they are the node.

Why texts and not trees: what stands between two parts, space and comments, belongs to the second of them, so that a
part that moves takes along what is said above it, and nothing has to be printed anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from typing import Literal as OneOf

from regen.model.structure import Declaration, Listed
from regen_plugins.merge_tree.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

Key = tuple[str, ...]
Kind = OneOf["members", "slots"] | Listed
_OPENING, _CLOSING, _SEPARATORS = frozenset("({[<"), frozenset(")}]>"), frozenset(",;")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a node: a member of a block, an item of a list, a piece of a declaration.

    Attributes:
        key: kind and name; the same part has the same key on all sides.
        source: the side that it stands in.
        nodes: what it is made of, without comments: a declaration with the marks before it.
        at, start, end, separated, tailed: offsets in the source: of the space and the comments before it, of its
            text, of the end of its text, of its separator and of the comment after it on the same line.
        known: how its declaration is known; None for what has no name.
    """

    key: Key
    source: Source
    nodes: tuple[Node, ...]
    at: int
    start: int
    end: int
    separated: int
    tailed: int
    known: Declaration | None = None

    @property
    def lead(self) -> bytes:
        """Space and comments before it."""
        return self.source.text[self.at : self.start]

    @property
    def text(self) -> bytes:
        """The part itself."""
        return self.source.text[self.start : self.end]

    @property
    def separator(self) -> bytes:
        """The comma or semicolon after it."""
        return self.source.text[self.end : self.separated]

    @property
    def tail(self) -> bytes:
        """The comment after it on the same line."""
        return self.source.text[self.separated : self.tailed]

    @property
    def whole(self) -> bytes:
        """Everything, from the lead to the tail."""
        return self.source.text[self.at : self.tailed]

    def said(self) -> tuple[bytes, ...]:
        """What its text says, comments included, without how it is laid out."""
        gaps = (self.source.text[before.end_byte : after.start_byte].split() for before, after in pairwise(self.nodes))
        return (*self.source.said(self.nodes), *(word for gap in gaps for word in gap))


@dataclass(frozen=True, slots=True)
class Block:
    """A node, taken apart; put together the parts are its text.

    Attributes:
        kind: "members" of a block, "slots" of a declaration, or the kind of a list.
        first, last: offsets between which the parts stand; what is around them is the node's own.
        noted: whether what stands before the parts ends with a comment, and so with its line.
    """

    kind: Kind
    source: Source
    start: int
    first: int
    parts: tuple[Part, ...]
    last: int
    end: int
    noted: bool = False

    @property
    def opening(self) -> bytes:
        """What stands before the parts."""
        return self.source.text[self.start : self.first]

    @property
    def closing(self) -> bytes:
        """What stands after the parts."""
        return self.source.text[self.last : self.end]


class _Run(NamedTuple):
    """Nodes that make one part, and where its separator ends; None where it has none."""

    nodes: list[Node]
    separated: int | None


def opens(source: Source, node: Node) -> bool:
    """Whether a node is taken apart into members or items."""
    structure = source.structure
    if node.type not in structure.blocks and node.type not in structure.lists:
        return False
    bracketed = any(child.type in _OPENING for child in node.children)
    return bracketed or not (node.type in structure.records or node.type in structure.declarations)


def outline(source: Source) -> Block:
    """The members of a file; what stands at its head is its opening."""
    block = opened(source, source.root)
    if not block.parts:
        return replace(block, start=0, first=len(source.text), last=len(source.text), end=len(source.text))
    first = block.parts[0]
    at = _headed(first)
    parts = (replace(first, at=at), *block.parts[1:])
    return replace(block, start=0, first=at, parts=parts, end=len(source.text), noted=at > 0)


def _headed(first: Part) -> int:
    """Where the head of a file ends: at the last blank line above its first member, or at an import."""
    text = first.source.text[: first.start]
    if not text.strip():
        return 0
    if first.key[0] in {"import", "package"}:
        return len(text.rstrip())
    blank = text.rfind(b"\n\n")
    return max(blank, 0)


def opened(source: Source, node: Node) -> Block:
    """Members of a block, or items of a list."""
    structure = source.structure
    kind: Kind = structure.lists.get(node.type, "members")
    children = [child for _, child in source.children(node)]
    start, end = node.start_byte, node.end_byte
    bracket = next((at for at, child in enumerate(children) if child.type in _OPENING), None)
    if bracket is None:
        inside = next((at for at, child in enumerate(children) if not _before(child, node)), len(children))
        close = end
    else:
        inside = bracket + 1
        last = next((child for child in reversed(children) if child.type in _CLOSING), None)
        close = last.start_byte if last is not None else end
    first = children[inside - 1].end_byte if inside else start
    inner = [child for child in children[inside:] if child.start_byte < close]
    noted = bool(inner and inside) and inner[0].type in structure.comments and _on_its_line(source, first, inner[0])
    if noted:
        first = source.end(inner.pop(0))
    runs = _runs(source, inner, by_commas=kind != "members")
    parts = list(_parts(source, runs, first, kind))
    return Block(kind, source, start, first, _counted(parts), parts[-1].tailed if parts else first, end, noted)


def _before(child: Node, node: Node) -> bool:
    """Whether a child without brackets stands before the items, such as `implements`."""
    return not child.is_named and (child.type not in _SEPARATORS or child.start_byte == node.start_byte)


def _runs(source: Source, children: Iterable[Node], *, by_commas: bool) -> Iterator[_Run]:
    """Group children into parts; in a list a comma ends one, in a block each declaration is one."""
    structure = source.structure
    run: list[Node] = []
    ended: _Run | None = None
    for child in children:
        if child.type in structure.comments:
            continue
        if child.type in _SEPARATORS and (run or ended):
            ended = _Run(run or (ended.nodes if ended else []), child.end_byte)
            run = []
            continue
        if ended is not None:
            yield ended
            ended = None
        if run and child.type in structure.alone:
            yield _Run(run, None)
            run = []
        run.append(child)
        if (not by_commas and child.is_named and child.type not in structure.marks) or child.type in structure.alone:
            ended = _Run(run, None)
            run = []
    if ended is not None:
        yield ended
    if run:
        yield _Run(run, None)


def _parts(source: Source, runs: Iterable[_Run], at: int, kind: str) -> Iterator[Part]:
    for number, (nodes, separated) in enumerate(runs):
        start, end = nodes[0].start_byte, source.end(nodes[-1])
        tailed = _tail(source, nodes[-1], separated or end)
        known = _known(source, nodes)
        key = ("placed", str(number)) if kind == "placed" else _key(source, nodes, known, kind)
        yield Part(key, source, tuple(nodes), at, start, end, separated or end, tailed, known)
        at = tailed


def _tail(source: Source, node: Node, end: int) -> int:
    """Where the comment ends that stands after a part on its line, and is the last thing there."""
    following = node.next_sibling
    while following is not None and following.start_byte < end:
        following = following.next_sibling
    if following is None or following.type not in source.structure.comments:
        return end
    if not _on_its_line(source, end, following):
        return end
    stop = source.end(following)
    return stop if source.text[stop : stop + 1] in {b"\n", b""} else end


def _on_its_line(source: Source, end: int, comment: Node) -> bool:
    return not source.text[end : comment.start_byte].strip(b" \t")


def _known(source: Source, nodes: Iterable[Node]) -> Declaration | None:
    core = _core(source, [node for node in nodes if node.type not in source.structure.marks])
    return source.structure.declarations.get(core.type) if core is not None else None


def _core(source: Source, nodes: Iterable[Node]) -> Node | None:
    """The declaration among nodes, or in what stands around it (`export class A`)."""
    structure = source.structure
    for node in nodes:
        if node.type in structure.records:
            inner = _core(source, [child for _, child in source.children(node) if child.is_named])
            if inner is not None:
                return inner
        if node.type in structure.declarations:
            return node
    return None


def _key(source: Source, nodes: list[Node], known: Declaration | None, kind: str) -> Key:
    core = _core(source, [node for node in nodes if node.type not in source.structure.marks])
    if known is None or core is None:
        if kind != "members" and len(nodes) == 1:
            return ("item", "".join(source.of(nodes[0]).decode(errors="replace").split()))
        return ("statement", repr(source.said(nodes))) if kind == "members" else ("item", _before_value(source, nodes))
    if opens(source, core):
        return (known.word,)  # a group, such as `import ( ... )`, has no name
    name = source.name(core, known.name)
    return (known.word, *name) if any(name) else (known.word,)


def _before_value(source: Source, nodes: Iterable[Node]) -> str:
    """What an item of several nodes is called, such as `name` in `name = "x"` or `any` in `any(a, b)`."""
    texts: list[str] = []
    for node in nodes:
        if texts and (node.type in {"=", ":"} or node.type in source.structure.lists):
            break
        texts.append("".join(source.of(node).decode(errors="replace").split()))
    return " ".join(texts)


def slots(part: Part) -> Block:
    """The pieces of a declaration, with those of what stands around it and the marks before it."""
    source = part.source
    pieces: list[Part] = []
    at = part.start
    mark = len(part.nodes) == 1 and part.nodes[0].type in source.structure.marks
    leaves = list(_leaves(source, None, part.nodes[0].children if mark else part.nodes))
    for number, (field, node, glued) in enumerate(leaves):
        if (glued or not (node.is_named or node.type[:1].isalpha())) and number + 1 < len(leaves):
            continue  # belongs to what follows it, such as `=` to a value
        start, end = node.start_byte, source.end(node)
        pieces.append(Part(_slot(source, field, node), source, (node,), at, start, end, end, end))
        at = end
    return Block("slots", source, part.start, part.start, _counted(pieces), at, part.end)


def _leaves(source: Source, field: str | None, nodes: Sequence[Node]) -> Iterator[tuple[str | None, Node, bool]]:
    """Field and node of each piece, and whether it is the word before a list (`implements`)."""
    structure = source.structure
    nodes = [node for node in nodes if node.type not in structure.comments]
    for node in nodes:
        inner = node.type in structure.declarations or node.type in structure.records
        if inner and node.type not in structure.marks and not opens(source, node) and node.child_count:
            children = list(source.children(node))
            glued = len(children) == 2 and not children[0][1].is_named and opens(source, children[1][1])
            for name, child in children:
                if glued and not child.is_named:
                    yield None, child, True
                else:
                    yield from _leaves(source, name or (field if child.is_named else None), (child,))
        else:
            yield field, node, False


def _slot(source: Source, field: str | None, node: Node) -> Key:
    mark = source.structure.marks.get(node.type)
    if mark is not None:
        return ("mark", *source.name(node, (mark,)))
    if not node.is_named:
        return ("word", node.type)
    return ("slot", field or node.type)


def _counted(parts: list[Part]) -> tuple[Part, ...]:
    """Tell pieces of one key apart by counting; members are told apart when the sides are compared."""
    seen: Counter[Key] = Counter()
    counted: list[Part] = []
    for part in parts:
        if part.key[0] in {"mark", "word", "slot", "item"} and seen[part.key]:
            counted.append(replace(part, key=(*part.key, f"#{seen[part.key]}")))
        else:
            counted.append(part)
        seen[part.key] += 1
    return tuple(counted)
