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
_HYPHEN = re.compile(rf"{_PARTIAL}\s+-\s+{_PARTIAL}")
_SPACED = re.compile(r"(\^|~>?|>=|<=|>|<|=)\s+")


def npm(base: str | None, ours: str, theirs: str) -> str | None:
    """The intersection of two npm ranges; None where it is empty, or where one is no range of releases.

    Source: node-semver, "Ranges". Ranges that name a pre-release, a tag or an address have no intersection here.
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
    if not mine or not other:
        return None
    both = _joined([found for pair in product(mine, other) if (found := _overlap(*pair)) is not None])
    if not both:
        return None
    if both == mine:
        return ours
    return theirs if both == other else text(both)


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
