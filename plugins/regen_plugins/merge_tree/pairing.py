"""Merge: parts of three sides meet: by name, by what tells overloads apart, by place, or because one was renamed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from regen.lines.diff import hunks
from regen_plugins.merge_tree.parts import Key, Part
from regen_plugins.tree_source import Unstructured

Parts = tuple[Part, ...]
_MOST_PAIRS = 2500  # of declarations of one name, such as overloads, that are compared line by line
_ALIKE = 0.3  # of the lines of two blocks of one name, such as `impl`: less, and they are two


def paired(base: Parts, ours: Parts, theirs: Parts) -> tuple[Parts, Parts, Parts]:
    """The parts with keys by which they meet, each once a side.

    Raises:
        Unstructured: parts without names stand several times, and not alike on all sides.
    """
    base, ours, theirs = _told_apart(base, ours, theirs)
    ours, theirs = _in_place(base, ours), _in_place(base, theirs)
    ours, theirs = _renamed(base, ours, theirs), _renamed(base, theirs, ours)
    for side in (base, ours, theirs):
        if len({part.key for part in side}) < len(side):
            raise Unstructured("statements repeat")
    return base, ours, theirs


def _told_apart(*sides: Parts) -> tuple[Parts, Parts, Parts]:
    """Give each part of several of one name a key of its own."""
    counts = [Counter(part.key for part in side) for side in sides]
    repeated = {key for side in counts for key, count in side.items() if count > 1}
    if not repeated:
        return sides[0], sides[1], sides[2]
    named: list[dict[int, Key]] = [{}, {}, {}]
    for key in repeated:
        groups = [[(at, part) for at, part in enumerate(side) if part.key == key] for side in sides]
        if groups[0] and groups[0][0][1].known is None:
            for group, keys in zip(groups, named, strict=True):
                keys.update({at: (*key, f"#{number}") for number, (at, _) in enumerate(group)})
            if len({len(group) for group in groups}) > 1:
                raise Unstructured("a statement that repeats was added or removed")
            continue
        places = [[part for _, part in group] for group in groups]
        for group, keys, found in zip(groups, named, _identified(key, *places), strict=True):
            keys.update({at: name for (at, _), name in zip(group, found, strict=True)})
    rekeyed = [
        tuple(replace(part, key=keys.get(at, part.key)) for at, part in enumerate(side))
        for side, keys in zip(sides, named, strict=True)
    ]
    return rekeyed[0], rekeyed[1], rekeyed[2]


def _identified(key: Key, base: list[Part], ours: list[Part], theirs: list[Part]) -> list[list[Key]]:
    """Keys for parts of one name: those of the base's parts for what meets them, and own ones for what is new."""
    result = [[(*key, f"#{number}") for number in range(len(base))]]
    for side in (ours, theirs):
        found = _matched(base, side)
        new = [(*key, "+", signature(part) or part.text.decode(errors="replace")) for part in side]
        result.append(
            [(*key, f"#{found[at]}") if at in found else own for at, own in enumerate(_counted(new, set(found)))]
        )
    return result


def _counted(keys: list[Key], met: set[int]) -> Iterable[Key]:
    seen: Counter[Key] = Counter()
    for at, key in enumerate(keys):
        yield (*key, f"#{seen[key]}") if seen[key] and at not in met else key
        seen[key] += at not in met


def _matched(base: list[Part], side: list[Part]) -> dict[int, int]:
    """Which of the base's parts each part of a side is: by signature, by text, by lines that they share.

    Raises:
        Unstructured: there are too many to compare them all.
    """
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(base)))
    signed = all(signature(part) is not None for part in (*base, *side))
    for says in (signature, _text) if signed else (_text,):
        same: defaultdict[str | bytes | None, list[int]] = defaultdict(list)
        for number in reversed(free):
            same[says(base[number])].append(number)
        for at, part in enumerate(side):
            if at not in found and same[says(part)]:
                found[at] = same[says(part)].pop()
                del free[found[at]]
    left = [at for at in range(len(side)) if at not in found]
    if len(left) * len(free) > _MOST_PAIRS:
        raise Unstructured("too many declarations of one name changed")
    alone = len(left) == len(free) == 1 and len(base) == len(side)
    alike = sorted((-_likeness(base[number], side[at]), number, at) for at in left for number in free)
    for likeness, number, at in alike:
        if at not in found and number in free and (-likeness >= _ALIKE or alone):
            found[at] = number
            del free[number]
    return found


def _text(part: Part) -> bytes:
    return part.text


def _likeness(one: Part, other: Part) -> float:
    """The share of lines that two parts have in common, from 0 to 1."""
    lines = [Counter(line.strip() for line in part.text.split(b"\n") if line.strip()) for part in (one, other)]
    return 2 * (lines[0] & lines[1]).total() / max(1, lines[0].total() + lines[1].total())


def signature(part: Part) -> str | None:
    """What tells a part from others of its name; None where nothing does."""
    if part.known is None or part.known.overload is None:
        return None
    for node in part.nodes:
        inner = [node]
        while inner:
            candidate = inner.pop(0)
            if part.source.structure.declarations.get(candidate.type) == part.known:
                return repr(part.source.said(part.source.found(candidate, part.known.overload)))
            inner.extend(candidate.named_children)
    return None


def _in_place(base: Parts, side: Parts) -> Parts:
    """Give a changed statement, which has no name, the key of the base's statement in its place."""
    left, right = [part.key for part in base], [part.key for part in side]
    if left == right:
        return side
    result = list(side)
    known_left, known_right = set(left), set(right)
    for hunk in hunks(left, right):
        old = [part for part in base[hunk.a_start : hunk.a_end] if _nameless(part) and part.key not in known_right]
        new = [at for at in range(hunk.b_start, hunk.b_end) if _nameless(side[at]) and side[at].key not in known_left]
        if len(old) == len(new) and all(
            part.nodes[-1].type == side[at].nodes[-1].type for part, at in zip(old, new, strict=True)
        ):
            for part, at in zip(old, new, strict=True):
                result[at] = replace(side[at], key=part.key)
    return tuple(result)


def _nameless(part: Part) -> bool:
    return part.known is None and part.key[0] == "statement"


def _renamed(base: Parts, side: Parts, other: Parts) -> Parts:
    """Give a member that a side renamed the base's key, where the other side changed it, renamed it or removed it.

    What is removed has to be of several lines, or anything new would be taken for it.
    """
    there = {part.key for part in side}
    before = {part.key for part in base}
    after = {part.key: part.text for part in other}
    gone = [part for part in base if part.key not in there and after.get(part.key) != part.text and _named(part)]
    new = [at for at, part in enumerate(side) if part.key not in before and _named(part)] if gone else []
    if not new:
        return side
    said: defaultdict[tuple[bytes, ...], list[int]] = defaultdict(list)
    for at in new:
        said[_without_name(side[at])].append(at)
    old = Counter(_without_name(part) for part in base if part.key not in there and _named(part))
    new_there = {_without_name(part) for part in other if part.key not in before and _named(part)}
    result = list(side)
    for part in gone:
        says = _without_name(part)
        meant = part.key in after or b"\n" in part.text or says in new_there
        if meant and len(said.get(says, ())) == 1 and old[says] == 1:
            result[said[says][0]] = replace(side[said[says][0]], key=part.key)
    return tuple(result)


def _named(part: Part) -> bool:
    return part.known is not None and len(part.key) > 1 and part.known.word != "import"


def _without_name(part: Part) -> tuple[bytes, ...]:
    names = {name.encode() for name in part.key[1:]}
    return (part.key[0].encode(), *(b"" if word in names else word for word in part.said()))
