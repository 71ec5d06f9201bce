"""Identifiers: a name becomes one that a language allows; names that clash are told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count

from blake3 import blake3

from regen.model.language import Language
from regen.model.term import Iri, Term
from regen.templating.iris import local_name, namespace

_WORD = re.compile(r"[^\W\d_][^\W_]*")
# Parts of a namespace that tell nobody apart.
_EMPTY_WORDS = frozenset({"http", "https", "www", "org", "com", "net", "ns", "core", "terms", "vocab", "ontology"})
_ANY_CASE = frozenset({"sql"})  # languages whose keywords are keywords in every case


def identifier(text: str, language: Language | None) -> str:
    """A name that the language takes as an identifier.

    What no identifier holds becomes `_`, a digit at the start gets `_` before it, a keyword the language's suffix.
    Letters of all scripts stay, in the normal form in which Python compares them.
    """
    name = text
    if not (text.isascii() and text.isidentifier()):
        name = "".join(c if f"a{c}".isidentifier() else "_" for c in unicodedata.normalize("NFKC", text))
    if not name[:1].isidentifier():
        name = f"_{name}"
    if language is None:
        return name
    compared = name.lower() if language.name in _ANY_CASE else name
    return name + language.keyword_suffix if compared in language.keywords else name


class Names(Mapping[str, str]):
    """Names by the term or text that they stand for: `names[p.property]`."""

    __slots__ = ("_names",)

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __getitem__(self, thing: str) -> str:
        return self._names[_key(thing)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def unique_names(things: Iterable[str], naming: Callable[[str], str], ignore_case: bool = False) -> Names:
    """Give each thing a name of its own.

    A name that only one thing wants is its name. Where several want one, the first of them in the order of terms has
    it, and each other one adds a word of its namespace, else a digest of its IRI: so what a thing is called depends
    on those that want the same name only, and a new thing renames another one only where it comes before it.
    """
    ordered = sorted({_key(thing): thing for thing in things}.items(), key=lambda item: _order(item[1]))
    names: dict[str, str] = {}
    taken: set[str] = set()
    waiting: list[tuple[str, str]] = []
    for key, thing in ordered:
        name = naming(_spoken(thing))
        if _folded(name, ignore_case) in taken:
            waiting.append((key, thing))
        else:
            taken.add(_folded(name, ignore_case))
            names[key] = name
    for key, thing in waiting:
        names[key] = next(name for name in map(naming, _alternatives(thing)) if _folded(name, ignore_case) not in taken)
        taken.add(_folded(names[key], ignore_case))
    return Names({key: names[key] for key, _ in ordered})


def _alternatives(thing: str) -> Iterator[str]:
    local = _spoken(thing)
    for word in reversed(_WORD.findall(namespace(thing)) if isinstance(thing, Term) else []):
        if word.lower() not in _EMPTY_WORDS:
            yield f"{local} {word}"
            break
    digest = blake3(_key(thing).encode("utf-8", "surrogatepass")).hexdigest()
    yield from (f"{local} {digest[:size]}" for size in (4, 6, 8))
    for number in count(2):
        yield f"{local} {digest[:8]} {number}"


def _spoken(thing: str) -> str:
    return local_name(thing) if isinstance(thing, Iri) else str(thing)


def _key(thing: str) -> str:
    return thing.n3() if isinstance(thing, Term) else str(thing)


def _order(thing: str) -> tuple[int, str, str, str]:
    return thing.sort_key if isinstance(thing, Term) else (-1, str(thing), "", "")


def _folded(name: str, ignore_case: bool) -> str:
    return name.casefold() if ignore_case else name
