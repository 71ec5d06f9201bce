"""Merge: what each side of a file declares, and what the merged file does, apart from what is the same in all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from regen_plugins.merge_tree.blend import bound
from regen_plugins.merge_tree.outline import opened
from regen_plugins.merge_tree.pairing import signature
from regen_plugins.merge_tree.parts import Block, Key, Part, opens
from regen_plugins.merge_tree.slots import slots
from regen_plugins.tree_source import Source

_TOKEN = re.compile(rb"\w+|[^\w\s,;]")  # separators say nothing: they follow from what stands beside them
_Owned = tuple[Key, Part]
"""A part, and the names of what it stands in."""
Said = Counter[bytes]


class Declared:
    """What a side declares.

    Attributes:
        source: the side.
        texts: by kind and name, what is said there, with comments and however laid out, and how often.
        names: how often each name is declared, with what it stands in and what tells overloads apart.
        imports: what imports bind, or say where that is not known.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.texts: defaultdict[tuple[str, str], Said] = defaultdict(Counter)
        self.names: Counter[tuple[str, ...]] = Counter()
        self.imports: set[bytes] = set()

    def block(self, block: Block, owner: Key) -> Iterator[_Owned]:
        """Note what stands around the parts of a block; gives the parts."""
        self.texts["", "\0".join(owner[-1:])][_bare(block.opening + b"\n" + block.closing)] += 1
        for part in block.parts:
            yield owner, part

    def part(self, owner: Key, part: Part) -> Iterator[_Owned]:
        """Note what a part declares by itself; gives the parts that it holds."""
        if part.known is not None and part.known.word == "import":
            names = bound(part) - {b"self", b"_"}
            self.imports |= names or {_bare(part.text)}
            self.names.update(("import", name.decode(errors="replace")) for name in names)
            return
        word, name = (part.known.word, " ".join(filter(None, part.key[1:]))) if part.known is not None else ("", "")
        if part.known is not None and name and "_" not in {*owner, name} and not part.known.repeats:
            self.names[(*owner, signature(part) or "", word, name)] += 1
        rest = [part.lead.lstrip(), part.tail]
        for slot in slots(part).parts:
            block = _declaring(slot)
            if block is None:
                rest.append(slot.lead + slot.text)
            else:
                yield from self.block(block, (*owner, name))
        self.texts[word, name][_bare(b"\n".join(rest))] += 1

    def defined(self) -> set[bytes]:
        """Names of all declarations but imports, each without what it belongs to."""
        return {name[-1].split()[-1].encode() for name in self.names if name[0] != "import"}


def declared(blocks: Sequence[Block]) -> list[Declared]:
    """What each of some files declares that is not the same in all of them."""
    sides = [Declared(block.source) for block in blocks]
    waiting = [list(side.block(block, ())) for side, block in zip(sides, blocks, strict=True)]
    while any(waiting):
        counts = [Counter((owner, part.whole) for owner, part in parts) for parts in waiting]
        same = {found for found, count in counts[0].items() if all(other[found] == count for other in counts)}
        waiting = [
            [inner for owner, part in parts if (owner, part.whole) not in same for inner in side.part(owner, part)]
            for side, parts in zip(sides, waiting, strict=True)
        ]
    return sides


def _declaring(slot: Part) -> Block | None:
    """A piece of a declaration that holds declarations itself."""
    node = slot.nodes[0]
    if not opens(slot.source, node):
        return None
    block = opened(slot.source, node)
    return block if block.kind in {"members", "named"} else None


def _bare(text: bytes) -> bytes:
    """The tokens of a text, however it is laid out."""
    return b" ".join(_TOKEN.findall(text))
