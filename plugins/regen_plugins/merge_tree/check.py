"""Merge: a merged file is read again; every edit of both sides has to be in it, and nothing that neither side had."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from regen_plugins.merge_tree.blend import bound
from regen_plugins.merge_tree.outline import Block, Key, Part, opened, opens, outline, slots
from regen_plugins.merge_tree.pairing import signature
from regen_plugins.merge_tree.source import Source

_TOKEN = re.compile(rb"\w+|[^\w\s,;]")  # separators say nothing: they follow from what stands beside them
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
        self._block(outline(source), ())

    def _block(self, block: Block, owner: Key) -> None:
        self.texts["", "\0".join(owner[-1:])][_bare(block.opening + b"\n" + block.closing)] += 1
        for part in block.parts:
            if part.known is not None and part.known.word == "import":
                self._import(part)
            else:
                self._part(part, owner)

    def _import(self, part: Part) -> None:
        names = bound(part) - {b"self", b"_"}
        self.imports |= names or {_bare(part.text)}
        self.names.update(("import", name.decode(errors="replace")) for name in names)

    def _part(self, part: Part, owner: Key) -> None:
        word, name = (part.known.word, " ".join(part.key[1:])) if part.known is not None else ("", "")
        if part.known is not None and name and not part.known.repeats:
            self.names[(*owner, signature(part) or "", word, name)] += 1
        rest = [part.lead.lstrip(), part.tail]
        for slot in slots(part).parts:
            block = _declaring(slot)
            if block is None:
                rest.append(slot.lead + slot.text)
            else:
                self._block(block, (*owner, name))
        self.texts[word, name][_bare(b"\n".join(rest))] += 1

    def defined(self) -> set[bytes]:
        """Names of all declarations."""
        return {name[-1].encode() for name in self.names}


Three = tuple[Declared, Declared, Declared]
"""Base, ours and theirs."""


def _declaring(slot: Part) -> Block | None:
    """A piece of a declaration that holds declarations itself."""
    node = slot.nodes[0]
    if not opens(slot.source, node):
        return None
    block = opened(slot.source, node)
    return block if any(part.known is not None for part in block.parts) or block.kind == "members" else None


def _bare(text: bytes) -> bytes:
    """The tokens of a text, however it is laid out."""
    return b" ".join(_TOKEN.findall(text))


def needed(sides: Three, got: Declared) -> frozenset[bytes]:
    """Imported names that one side removed with all their uses, and that the other side's edits still use."""
    _, mine, other = sides
    found: set[bytes] = set()
    for side, against in ((mine, other), (other, mine)):
        gone = against.imports - side.imports - got.imports
        if gone:
            found |= (gone & got.source.words()) - side.source.words()
    return frozenset(found)


def dangling(sides: Three, got: Declared) -> str | None:
    """A declaration that one side removed while the other began to use it, in one sentence; None: there is none."""
    before, mine, other = sides
    for who, whose, side in (("you", "the template", mine), ("the template", "your edit", other)):
        gone = before.defined() - side.defined() - got.defined()
        for name in sorted((gone & got.source.words()) - side.source.words()) if gone else ():
            return f"{who} removed `{name.decode(errors='replace')}`, which {whose} uses"
    return None


def lost(sides: Three, got: Declared) -> str | None:
    """What a merge lost, doubled or made up, in one phrase; None where it is right."""
    before, mine, other = sides
    missing = ((mine.imports | other.imports) - before.imports | (mine.imports & other.imports)) - got.imports
    if missing:
        return f"the import of {min(missing).decode(errors='replace')} is lost"
    for name, count in sorted(got.names.items()):
        if count > max(1, mine.names[name], other.names[name]):
            return f"{name[-2]} `{name[-1]}` is defined twice"
    mixed = [Counter[bytes]() for _ in (*sides, got)]
    for key in sorted({*before.texts, *mine.texts, *other.texts, *got.texts}):
        groups = [side.texts[key] for side in (*sides, got)]
        if _independent(*groups):
            continue
        for counted, group in zip(mixed, groups, strict=True):
            for text, number in group.items():
                for token in text.split():
                    counted[token] += number
    wrong = _out_of_bounds(*mixed)
    return None if wrong is None else f"`{wrong.decode(errors='replace')}` is lost or doubled"


def _independent(base: Said, ours: Said, theirs: Said, result: Said) -> bool:
    """Whether the texts of one name are in the result as the sides have them, each changed by one side at most."""
    for text in {*base, *ours, *theirs, *result}:
        before, mine, other, got = base[text], ours[text], theirs[text], result[text]
        if before in {mine, other} or mine == other:
            if got != (other if mine == before else mine):
                return False
        elif not min(mine, other) <= got <= max(mine, other, mine + other - before):
            return False
    return True


def _out_of_bounds(base: Said, ours: Said, theirs: Said, result: Said) -> bytes | None:
    """A token that the result has less often than the edits of both sides ask for, or more often."""
    for token in sorted({*base, *ours, *theirs, *result}):
        mine, other = ours[token] - base[token], theirs[token] - base[token]
        bounds = (mine + other, max(mine, other) if min(mine, other) >= 0 else min(mine, other))
        if mine < 0 < other or other < 0 < mine:
            bounds = (mine + other, mine + other)
        if not min(bounds) <= result[token] - base[token] <= max(bounds):
            return token
    return None
