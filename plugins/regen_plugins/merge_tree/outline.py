"""Merge: a node becomes parts that have keys; put together they are the node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from regen.model.structure import Declaration
from regen_plugins.merge_tree.parts import CLOSING, OPENING, Block, Key, Kind, Part, counted, opens
from regen_plugins.tree_source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_SEPARATORS = frozenset(",;")


class _Run(NamedTuple):
    """Nodes that make one part, and where its separator ends; None where it has none."""

    nodes: list[Node]
    separated: int | None


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
    children = list(_flat(source, node))
    start, end = node.start_byte, node.end_byte
    bracket = next((at for at, child in enumerate(children) if child.type in OPENING), None)
    if bracket is None:
        inside = next((at for at, child in enumerate(children) if not _before(child, node)), len(children))
        close = end
    else:
        inside = bracket + 1
        last = next((child for child in reversed(children) if child.type in CLOSING), None)
        close = last.start_byte if last is not None else end
    first = children[inside - 1].end_byte if inside else start
    inner = [child for child in children[inside:] if child.start_byte < close]
    noted = bool(inner and inside) and inner[0].type in structure.comments and _on_its_line(source, first, inner[0])
    if noted:
        first = source.end(inner.pop(0))
    separators = _SEPARATORS | {structure.separators.get(node.type, ",")}
    runs = _runs(source, inner, separators, by_commas=kind != "members")
    parts = list(_parts(source, runs, first, kind))
    return Block(kind, source, start, first, counted(parts), parts[-1].tailed if parts else first, end, noted)


def _flat(source: Source, node: Node) -> Iterator[Node]:
    """Children; of a list that a grammar nests, such as `(a | b) | c`, the items of all its parts."""
    for _, child in source.children(node):
        if child.type == node.type and node.type in source.structure.separators:
            yield from _flat(source, child)
        else:
            yield child


def _before(child: Node, node: Node) -> bool:
    """Whether a child without brackets stands before the items, such as `implements`."""
    return not child.is_named and (child.type not in _SEPARATORS or child.start_byte == node.start_byte)


def _runs(source: Source, children: Iterable[Node], separators: frozenset[str], *, by_commas: bool) -> Iterator[_Run]:
    """Group children into parts; in a list a comma ends one, in a block each declaration is one."""
    structure = source.structure
    run: list[Node] = []
    ended: _Run | None = None
    for child in children:
        if child.type in structure.comments:
            continue
        if child.type in separators and (run or ended):
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
