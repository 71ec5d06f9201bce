"""Merge: a merged file is read again; every edit of both sides has to be in it, and nothing that neither side had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from regen_plugins.merge_tree.declared import Declared, Said

# Each function takes what base, ours, theirs and the result declare, in this order.


def needed(sides: Sequence[Declared]) -> frozenset[bytes]:
    """Imported names that one side removed with all their uses, and that the other side's edits still use."""
    _, mine, other, got = sides
    found: set[bytes] = set()
    for side, against in ((mine, other), (other, mine)):
        gone = against.imports - side.imports - got.imports
        if gone:
            found |= (gone & got.source.words) - side.source.words
    return frozenset(found)


def dangling(sides: Sequence[Declared]) -> str | None:
    """A declaration that one side removed while the other began to use it, in one sentence; None: there is none."""
    before, mine, other, got = sides
    for who, whose, side in (("you", "the template", mine), ("the template", "your edit", other)):
        gone = before.defined() - side.defined() - got.defined()
        for name in sorted((gone & got.source.words) - side.source.words) if gone else ():
            return f"{who} removed `{name.decode(errors='replace')}`, which {whose} uses"
    return None


def lost(sides: Sequence[Declared]) -> str | None:
    """What a merge lost, doubled or made up, in one phrase; None where it is right."""
    before, mine, other, got = sides
    missing = ((mine.imports | other.imports) - before.imports | (mine.imports & other.imports)) - got.imports
    if missing:
        return f"the import of {min(missing).decode(errors='replace')} is lost"
    for name, count in sorted(got.names.items()):
        if count > max(1, mine.names[name], other.names[name]):
            return f"{name[-2]} `{name[-1]}` is defined twice"
    mixed = [Counter[bytes]() for _ in sides]
    for key in sorted({*before.texts, *mine.texts, *other.texts, *got.texts}):
        groups = [side.texts[key] for side in sides]
        if _independent(*groups):
            continue
        for counted, group in zip(mixed, groups, strict=True):
            for text, number in group.items():
                for token in text.split():
                    counted[token] += number
    wrong = _out_of_bounds(*mixed)
    return None if wrong is None else f"`{wrong.decode(errors='replace')}` is lost or doubled"


def _independent(base: Said, ours: Said, theirs: Said, result: Said) -> bool:
    """Whether the texts of one name are in the result as the sides have them, each changed by one side or alike."""
    for text in {*base, *ours, *theirs, *result}:
        mine, other = ours[text], theirs[text]
        if result[text] != (mine if mine == other else mine + other - base[text]):
            return False
    return True


def _out_of_bounds(base: Said, ours: Said, theirs: Said, result: Said) -> bytes | None:
    """A token that the result has less often than the edits of both sides ask for, or more often.

    Where both sides made the same edit, among others, the count of a token may stay at what one of them has.
    """
    alike = any(_alike(token, base, ours, theirs) for token in {*base, *ours, *theirs})
    for token in sorted({*base, *ours, *theirs, *result}):
        mine, other = ours[token] - base[token], theirs[token] - base[token]
        bounds = [mine + other]
        if alike:
            bounds += [mine, other]
        elif mine > 0 < other:
            bounds.append(max(mine, other))
        elif mine < 0 > other:
            bounds.append(min(mine, other))
        if not min(bounds) <= result[token] - base[token] <= max(bounds):
            return token
    return None


def _alike(token: bytes, base: Said, ours: Said, theirs: Said) -> bool:
    """Whether both sides took the same word away, or brought the same new one in."""
    if not token.isalnum():
        return False
    return ours[token] < base[token] > theirs[token] or bool(not base[token] and ours[token] and theirs[token])
