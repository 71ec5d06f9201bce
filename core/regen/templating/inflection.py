"""English nouns: the last word of a name becomes its plural or its singular, in the case in which it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_IRREGULAR_WORDS = """
    ache aches, alias aliases, analysis analyses, appendix appendices, atlas atlases, axis axes,
    bacterium bacteria, base bases, basis bases, bias biases, bonus bonuses, bus buses, cache caches, calf calves,
    campus campuses, canvas canvases, case cases, census censuses, child children, cookie cookies, crisis crises,
    criterion criteria, datum data, diagnosis diagnoses, die dice, echo echoes, emphasis emphases, foot feet,
    gas gases, goose geese, half halves, hero heroes, hypothesis hypotheses, index indices, knife knives,
    leaf leaves, lens lenses, lie lies, life lives, loaf loaves, man men, matrix matrices, medium media, menu menus,
    mouse mice, movie movies, niche niches, oasis oases, ox oxen, parenthesis parentheses, person people,
    phenomenon phenomena, pie pies, potato potatoes, quiz quizzes, self selves, shelf shelves, status statuses,
    synopsis synopses, synthesis syntheses, thesis theses, thief thieves, tie ties, tomato tomatoes, tooth teeth,
    vertex vertices, veto vetoes, virus viruses, wife wives, wolf wolves, woman women
"""
_SAME_WORDS = """
    advice aircraft audio chaos clothing deer equipment evidence feedback fish food furniture hardware information jeans
    knowledge luggage metadata money moose music news offspring police research rice salmon series sheep shorts
    software species traffic weather
"""
_PLURALS = {pair.split()[0]: pair.split()[1] for pair in _IRREGULAR_WORDS.split(",")}
_SINGULARS = {many: one for one, many in reversed(_PLURALS.items())}
_SAME = frozenset(_SAME_WORDS.split())
_LAST_WORD = re.compile(r"(?:[A-Z]{2,}s?|[A-Z]?[a-z]+|[A-Z])\Z")


@lru_cache(maxsize=16_384)
def plural(text: str) -> str:
    """`PostalAddress` becomes `PostalAddresses`; a plural stays as it is."""
    return _on_last_word(text, _plural)


@lru_cache(maxsize=16_384)
def singular(text: str) -> str:
    """`people` becomes `person`; a singular stays as it is."""
    return _on_last_word(text, _singular)


def _on_last_word(text: str, change: Callable[[str], str]) -> str:
    found = _LAST_WORD.search(text)
    if found is None:
        return text
    word = found.group()
    before = text[: found.start()]
    if word[:2].isupper() and len(word) > 1:  # an acronym takes a small s, as people write it: URLs, APIs
        return before + word.removesuffix("s") + ("s" if change is _plural else "")
    changed = change(word.lower())
    return before + (changed[:1].upper() + changed[1:] if word[0].isupper() else changed)


def _plural(word: str) -> str:
    if word in _SAME or word in _SINGULARS:
        return word
    if word in _PLURALS:
        return _PLURALS[word]
    if _singular(word) != word:
        return word
    if word.endswith("is") and len(word) > 3:
        return word[:-2] + "es"
    if re.search(r"[^aeiou]y\Z|quy\Z", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:s|x|z|ch|sh)\Z", word) else "s")


def _singular(word: str) -> str:
    if word in _SAME or word in _PLURALS:
        return word
    if word in _SINGULARS:
        return _SINGULARS[word]
    if len(word) < 3 or not word.endswith("s") or re.search(r"(?:ss|us|is)\Z", word):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|x|zz|ch|sh)es\Z", word):
        return word[:-2]
    return word[:-1]
