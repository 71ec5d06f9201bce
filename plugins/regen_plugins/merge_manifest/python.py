"""Merge: requirements of Python packages; two ranges become their intersection (PEP 440, PEP 508)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

_PARTS = re.compile(
    r"(?P<name>\s*[A-Za-z0-9][\w.-]*\s*?)(?P<extras>\s*\[[^\]]*\])?(?P<blank>\s*)(?P<range>[^;@]*?)(?P<rest>\s*(?:;.*)?)"
)


@dataclass(frozen=True, slots=True)
class _Bound:
    """An end of a range, and the specifier that it is from."""

    version: Version
    inclusive: bool
    source: Specifier


def requirement(base: str | None, ours: str, theirs: str) -> str | None:
    """Two requirements of one package as one, written as yours is; None where they exclude each other.

    Extras are a set; what one side changed of them is taken. Two markers, or two addresses, exclude each other.
    """
    try:
        mine, other = Requirement(ours), Requirement(theirs)
        before = Requirement(base) if base is not None else None
    except InvalidRequirement:
        return None
    parts, others = _PARTS.fullmatch(ours), _PARTS.fullmatch(theirs)
    if mine.url or other.url or str(mine.marker) != str(other.marker) or parts is None or others is None:
        return None
    known = before.extras if before is not None else set()
    extras = (mine.extras & other.extras) | ((mine.extras | other.extras) - known)
    found: str | None = parts["range"]
    if before is not None and before.specifier == mine.specifier:
        found = others["range"]
    elif before is None or before.specifier != other.specifier:
        found = specifiers(None, parts["range"], others["range"])
    if found is None:
        return None
    if found not in (parts["range"], others["range"]) and ", " in parts["range"]:
        found = found.replace(",", ", ")
    listed = parts["extras"] if extras == mine.extras else f"[{','.join(sorted(extras))}]" if extras else ""
    return f"{parts['name']}{listed or ''}{parts['blank']}{found}{parts['rest']}"


def specifiers(base: str | None, ours: str, theirs: str) -> str | None:
    """The intersection of two sets of version specifiers; None where it is empty, or one is an arbitrary `===`."""
    try:
        mine, other = SpecifierSet(ours), SpecifierSet(theirs)
    except InvalidSpecifier:
        return None
    if mine == other:
        return ours
    both = [*mine, *other]
    if any(found.operator == "===" for found in both):
        return None
    whole = _range(both)
    if _is_empty(whole):
        return None
    for text, side in ((ours, mine), (theirs, other)):
        if _ends(_range(side)) == _ends(whole):
            return text
    low, high, excluded = whole
    kept = [bound.source for bound in (low, high) if bound is not None]
    return ",".join(dict.fromkeys(str(found) for found in (*kept, *excluded)))


_Range = tuple[_Bound | None, _Bound | None, list[Specifier]]


def _range(found: Iterable[Specifier]) -> _Range:
    """The strictest lower and upper bound, and what is excluded between them."""
    lows: list[_Bound] = []
    highs: list[_Bound] = []
    excluded: list[Specifier] = []
    for one in sorted(found, key=str):
        version = Version(one.version.removesuffix(".*"))
        match one.operator:
            case "!=":
                excluded.append(one)
            case ">" | ">=":
                lows.append(_Bound(version, one.operator == ">=", one))
            case "<" | "<=":
                highs.append(_Bound(version, one.operator == "<=", one))
            case _:
                lows.append(_Bound(version, True, one))
                end = _end(one, version)
                highs.append(_Bound(end or version, end is None, one))
    low = max(lows, key=lambda bound: (bound.version, not bound.inclusive), default=None)
    high = min(highs, key=lambda bound: (bound.version, bound.inclusive), default=None)
    return low, high, [one for one in excluded if _matters(one, low, high)]


def _end(one: Specifier, version: Version) -> Version | None:
    """Where `~=1.4` or `==1.4.*` ends; None for one version alone."""
    release = version.release[:-1] if one.operator == "~=" else version.release
    if one.operator == "==" and not one.version.endswith(".*"):
        return None
    return Version(f"{version.epoch}!{'.'.join(str(part) for part in (*release[:-1], release[-1] + 1))}")


def _matters(one: Specifier, low: _Bound | None, high: _Bound | None) -> bool:
    version = Version(one.version.removesuffix(".*"))
    if one.version.endswith(".*"):
        return True
    return (low is None or version >= low.version) and (high is None or version <= high.version)


def _is_empty(whole: _Range) -> bool:
    low, high, excluded = whole
    if low is None or high is None or low.version < high.version:
        return False
    if low.version > high.version or not (low.inclusive and high.inclusive):
        return True
    return any(not one.contains(low.version, prereleases=True) for one in excluded)


def _ends(whole: _Range) -> object:
    low, high, excluded = whole
    bounds = tuple((bound.version, bound.inclusive) if bound is not None else None for bound in (low, high))
    return bounds, frozenset(str(one) for one in excluded)
