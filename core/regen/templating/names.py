"""Names: a text becomes words, and words become a name in one of the usual styles.

Why words are found by hand and not by one regular expression: `HTTPServer`, `URLs`, `isbn13`, `3DModel` and
`xyPosition` each break a simple one, and every style must give itself back (`snake(snake(x)) == snake(x)`), which
the tests check for arbitrary text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CACHE = 65_536  # names; a vocabulary of 10,000 terms in six styles fits
_WORD = re.compile(r"[A-Z]?[a-z]+")
_WORDS_ONLY = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*")  # nearly all names: each capital has small letters around it


@lru_cache(maxsize=_CACHE)
def words(text: str) -> tuple[str, ...]:
    """The words of a name, in the case in which they stand: `HTTPServer_isbn13` has HTTP, Server, isbn13."""
    if _WORDS_ONLY.fullmatch(text):
        return tuple(_WORD.findall(text))
    return _words_of(unicodedata.normalize("NFC", text))


def _words_of(text: str) -> tuple[str, ...]:
    found: list[str] = []
    start = -1
    for i, character in enumerate(text):
        kind = _kind(character)
        if kind == " ":
            if start >= 0:
                found.append(text[start:i])
            start = -1
        elif start < 0:
            start = i
        elif _starts_word(text, start, i):
            found.append(text[start:i])
            start = i
    if start >= 0:
        found.append(text[start:])
    return tuple(found)


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """U upper case, l lower case, c letters without case and marks, 9 digits, space for what stands between words."""
    if (character.isupper() or character.istitle()) and _lower(character) != character:
        return "U"
    if character.isalpha() or unicodedata.category(character)[0] == "M":
        return "l" if _upper(character) != character else "c"
    return "9" if character.isdigit() or character.isdecimal() else " "


def _starts_word(text: str, start: int, i: int) -> bool:
    """Whether a new word starts at `i`, inside a run of letters and digits that started at `start`."""
    if _kind(text[i]) != "U":
        return False
    before = _kind(text[i - 1])
    if before in "lc":
        return True
    if before == "9":
        kinds = {_kind(c) for c in text[start:i]}
        return bool(kinds & {"l", "c"}) or ("U" in kinds and _is_capitalised(text, i))
    return _is_capitalised(text, i)


def _is_capitalised(text: str, i: int) -> bool:
    """Whether a small letter follows the capital at `i`, other than the `s` of `URLs`."""
    following = [_kind(c) for c in text[i + 1 : i + 3]]
    return following[:1] == ["l"] and not (text[i + 1] == "s" and following[1:] not in (["l"], ["c"]))


def _lower(word: str) -> str:
    if word.isascii():
        return word.lower()
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in word)


def _upper(word: str) -> str:
    if word.isascii():
        return word.upper()
    return "".join(c.upper() if len(c.upper()) == 1 and c.upper().lower() == _lower(c) else c for c in word)


def _capital(word: str) -> str:
    return _upper(word[:1]) + _lower(word[1:])


def _joined(text: str) -> list[str]:
    """Words as camel and pascal set them side by side, such that splitting the result gives them again.

    Initials that stand side by side are one word (`x_y_position` has `xy` and `position`), and so are digits at the
    start with what follows them.
    """
    if text[1:2].islower() and _WORDS_ONLY.fullmatch(text):
        return list(words(text))  # none is an initial
    return _merged(words(text))


def _merged(separate: tuple[str, ...]) -> list[str]:
    merged: list[str] = []
    for word in separate:
        if merged and (_is_initial(merged[-1], word) or (len(merged) == 1 and merged[0].isdigit())):
            merged[-1] += word
        else:
            merged.append(word)
    return merged


def _is_initial(before: str, word: str) -> bool:
    before, word = _capital(before), _capital(word)
    return {_kind(c) for c in before} <= {"U", "9"} and _kind(word[0]) == "U" and not _is_capitalised(word, 0)


@lru_cache(maxsize=_CACHE)
def snake(text: str) -> str:
    """`HTTPServer` becomes `http_server`."""
    return "_".join(map(_lower, words(text)))


@lru_cache(maxsize=_CACHE)
def kebab(text: str) -> str:
    """`HTTPServer` becomes `http-server`."""
    return "-".join(map(_lower, words(text)))


@lru_cache(maxsize=_CACHE)
def screaming(text: str) -> str:
    """`HTTPServer` becomes `HTTP_SERVER`."""
    name = "_".join(word.upper() for word in words(text))
    return (
        name if words(name) == tuple(name.split("_")) or not name else screaming(name)
    )  # a letter without a capital splits


@lru_cache(maxsize=_CACHE)
def pascal(text: str) -> str:
    """`http_server` and `HTTPServer` become `HttpServer`."""
    return unicodedata.normalize("NFC", "".join(map(_capital, _joined(text))))


@lru_cache(maxsize=_CACHE)
def camel(text: str) -> str:
    """`http_server` and `HTTPServer` become `httpServer`."""
    first, *rest = _joined(text) or [""]
    return unicodedata.normalize("NFC", _lower(first) + "".join(map(_capital, rest)))


@lru_cache(maxsize=_CACHE)
def title_words(text: str) -> str:
    """`HTTPServer_name` becomes `HTTP Server Name`: words with a capital, the rest of each as it stands."""
    return " ".join(_upper(word[:1]) + word[1:] for word in words(text))


@lru_cache(maxsize=_CACHE)
def sentence(text: str) -> str:
    """`birthDate` becomes `birth date`; `HTTPServer` becomes `HTTP server`: acronyms keep their case."""
    return " ".join(word if len(word) > 1 and word.rstrip("s").isupper() else _lower(word) for word in words(text))


STYLES = {
    "snake": snake,
    "kebab": kebab,
    "screaming": screaming,
    "pascal": pascal,
    "camel": camel,
    "title": title_words,
}
