"""Merge: ranges of npm and Cargo become sets of versions; two of them their intersection, written as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product

Version = tuple[int, int, int]
Span = tuple[Version, Version | None]  # from the first on, up to but without the second; None: no end
Spans = list[Span]

_ZERO: Version = (0, 0, 0)
_PARTIAL = r"v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:\+[\w.-]+)?"
_COMPARATOR = re.compile(rf"(\^|~>?|>=|<=|>|<|=)?\s*{_PARTIAL}")
_FROM = re.compile(r"(?:\^|~>?|>=)?\s*v?\d+\.\d+\.\d+(?P<pre>-[0-9A-Za-z.-]+)?")
_HYPHEN = re.compile(rf"{_PARTIAL}\s+-\s+{_PARTIAL}")
_SPACED = re.compile(r"(\^|~>?|>=|<=|>|<|=)\s+")


def npm(base: str | None, ours: str, theirs: str) -> str | None:
    """The intersection of two npm ranges; None where it is empty, or where one is no range.

    Source: node-semver, "Ranges". Tags and addresses have no intersection; of pre-releases see `_of_pre_releases`.
    """
    return _intersected(ours, theirs, _npm_spans, _npm_text)


def cargo(base: str | None, ours: str, theirs: str) -> str | None:
    """The intersection of two Cargo requirements; None where it is empty, or cannot be written.

    Source: the Cargo book, "Specifying Dependencies".
    """
    return _intersected(ours, theirs, _cargo_spans, _cargo_text)


def _intersected(
    ours: str, theirs: str, spans: Callable[[str], Spans | None], text: Callable[[Spans], str | None]
) -> str | None:
    mine, other = spans(ours), spans(theirs)
    if mine is None or other is None:
        return _of_pre_releases((ours, theirs), spans)
    if not mine or not other:
        return None
    both = _joined([found for pair in product(mine, other) if (found := _overlap(*pair)) is not None])
    if not both:
        return None
    if both == mine:
        return ours
    return theirs if both == other else text(both)


def _of_pre_releases(texts: tuple[str, str], spans: Callable[[str], Spans | None]) -> str | None:
    """Of two ranges that start at a version, one at a pre-release, the one that lies within the other.

    A pre-release is allowed by a range that names one of the same version, and by no other (node-semver, "Prerelease
    Tags"; the Cargo book, "Pre-releases"). So a range of releases lies in one that starts at a pre-release where its
    releases do, and of two pre-releases of one version the later one starts the narrower range.
    """
    found = [_FROM.fullmatch(text.strip()) for text in texts]
    pre = [one["pre"] if one is not None else None for one in found]
    whole = [spans(text.replace(tag, "") if tag else text) for text, tag in zip(texts, pre, strict=True)]
    mine, other = whole
    if not any(pre) or not mine or not other:
        return None
    if any(tag and side[0][1] == _after(side[0][0]) for tag, side in zip(pre, (mine, other), strict=True)):
        return None  # one version alone
    if pre[0] and pre[1]:
        return texts[_precedence(pre[0]) < _precedence(pre[1])] if mine == other else None
    inner, outer, text = (mine, other, texts[0]) if pre[1] else (other, mine, texts[1])
    both = _joined([lap for pair in product(inner, outer) if (lap := _overlap(*pair)) is not None])
    return text if both == inner else None


def _precedence(pre: str) -> tuple[tuple[bool, int, str], ...]:
    """The order of pre-releases (semver.org, 11.4): numbers by size, before words."""
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in pre[1:].split("."))


def _overlap(one: Span, other: Span) -> Span | None:
    low = max(one[0], other[0])
    ends = [end for end in (one[1], other[1]) if end is not None]
    high = min(ends) if ends else None
    return None if high is not None and high <= low else (low, high)


def _joined(spans: Spans) -> Spans:
    """Spans in order, those that touch made one."""
    result: Spans = []
    for low, high in sorted(spans, key=lambda span: span[0]):
        if result and (result[-1][1] is None or low <= result[-1][1]):
            end = result[-1][1]
            result[-1] = (result[-1][0], None if end is None or high is None else max(end, high))
        else:
            result.append((low, high))
    return result


def _npm_spans(text: str) -> Spans | None:
    spans: Spans = []
    for part in text.split("||"):
        hyphen = _HYPHEN.fullmatch(part.strip())
        if hyphen is not None:
            low, high = hyphen.groups()[:3], hyphen.groups()[3:]
            found = _all([_comparator(">=", low), _comparator("<=", high)])
        else:
            found = _set(_SPACED.sub(r"\1", part.strip()).split() or ["*"], "=")
        if found is None:
            return None
        spans += [found] if found else []
    return _joined([span for span in spans if span])


def _cargo_spans(text: str) -> Spans | None:
    found = _set([part.strip() for part in text.split(",")], "^")
    return None if found is None else [found]


def _set(parts: Sequence[str], default: str) -> Span | None:
    """What all comparators allow; None where one is not known, or nothing is left."""
    spans = []
    for part in parts:
        match = _COMPARATOR.fullmatch(part)
        if match is None:
            return None
        parts_of = match.groups()[1:]
        stars = any(number is not None and not number.isdigit() for number in parts_of)  # 1.4.* is no ^1.4
        spans.append(_comparator(match[1] or ("=" if stars else default), parts_of))
    return _all(spans)


def _all(spans: Sequence[Span | None]) -> Span | None:
    whole: Span | None = (_ZERO, None)
    for span in spans:
        whole = _overlap(whole, span) if whole is not None and span is not None else None
    return whole


def _comparator(sign: str, parts: Sequence[str | None]) -> Span | None:
    """One comparator as a span; parts that are missing, `x` or `*` stand for any number."""
    numbers: list[int] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    low = _filled(numbers)
    if not numbers:
        return (_ZERO, None) if sign in {"=", "^", "~", "~>", ">=", "<="} else None
    match sign:
        case ">=":
            return (low, None)
        case ">":
            return (_after(numbers), None)
        case "<":
            return (_ZERO, low)
        case "<=":
            return (_ZERO, _after(numbers))
        case "~" | "~>":
            return (low, _after(numbers[:2]))
        case "^":
            first = next((at for at, number in enumerate(numbers) if number), len(numbers) - 1)
            return (low, _after(numbers[: first + 1]))
    return (low, _after(numbers))


def _filled(numbers: Sequence[int]) -> Version:
    major, minor, patch = (*numbers, 0, 0, 0)[:3]
    return major, minor, patch


def _after(numbers: Sequence[int]) -> Version:
    """The first version after all that start with these numbers."""
    return _filled((*numbers[:-1], numbers[-1] + 1))


def _caret(low: Version) -> Version:
    first = next((at for at, number in enumerate(low) if number), 2)
    return _after(low[: first + 1])


def _npm_text(spans: Spans) -> str | None:
    return " || ".join(_text(span, " ", "") for span in spans)


def _cargo_text(spans: Spans) -> str | None:
    return _text(spans[0], ", ", "=") if len(spans) == 1 else None


def _text(span: Span, between: str, exactly: str) -> str:
    low, high = span
    first = ".".join(str(number) for number in low)
    if high is None:
        return f">={first}"
    if high == _after(low):
        return f"{exactly}{first}"
    if high == _caret(low):
        return f"^{first}"
    if high == _after(low[:2]):
        return f"~{first}"
    end = f"<{'.'.join(str(number) for number in high)}"
    return end if low == _ZERO else f">={first}{between}{end}"
