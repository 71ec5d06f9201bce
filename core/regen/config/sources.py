"""Sources: what several keys of `[[source]]` and `[[learn]]`, or one beyond its type, have to be."""

from __future__ import annotations

import re

from regen.config.check import Place
from regen.config.keys import Pairs
from regen.config.lines import KeyPath
from regen.config.settings import Config
from regen.config.source import Source
from regen.config.urls import check_url

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2: a token
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADERS = 'write `headers = { Authorization = "VARIABLE" }`; the variable holds `Basic …` or `Bearer …`'
_PLACES = ("endpoint", "graph_store", "url")


def check_sources(config: Config, place: Place) -> None:
    """Check every `[[source]]`, and where deltas are kept.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    _check_names("source", [source.name for source in config.sources], place)
    for index, source in enumerate(config.sources):
        _check_place(source, place, index)
        _check_headers(source.headers, place, ("source", index))
    published = config.project.published
    if published is not None and not published.endswith(".nq"):
        raise place.error(
            ("project", "published"), f"{{key}} cannot be {published!r}", "it is N-Quads: name a `.nq` file"
        )


def check_learning(config: Config, place: Place) -> None:
    """Check every `[[learn]]`; keys that belong to a channel are checked by its plugin.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    _check_names("learn", [table.name for table in config.learning], place)
    for index, table in enumerate(config.learning):
        if table.url is not None:
            check_url(place, ("learn", index, "url"), table.url, secret=_HEADERS)
        _check_headers(table.headers, place, ("learn", index))


def _check_names(table: str, names: list[str], place: Place) -> None:
    known: dict[str, str] = {}
    for index, name in enumerate(names):
        at = (table, index, "name")
        if not _NAME.fullmatch(name):
            raise place.error(at, f"{{key}} cannot be {name!r}", "use letters, digits, `-` and `_`, a letter first")
        # Names become names of files, which some systems tell apart by more than their case only.
        if known.setdefault(name.casefold() if table == "learn" else name, name) != name or name in names[:index]:
            raise place.error(at, f"there are two [[{table}]] named {name!r}", "rename one of them")


def _check_place(source: Source, place: Place, index: int) -> None:
    at = ("source", index)
    given = [key for key in _PLACES if getattr(source, key) is not None]
    if len(given) != 1:
        what = f"has both `{given[0]}` and `{given[1]}`" if given else "does not say where it is"
        hint = "give one of `endpoint`, `graph_store` and `url`"
        raise place.error(at, f"the source {source.name!r} {what}", hint)
    kind = given[0]
    if source.query is not None and kind != "endpoint":
        raise place.error((*at, "query"), "{key} is for an `endpoint`", "take it out, or name the endpoint")
    if source.graph is not None and kind == "url":
        raise place.error((*at, "graph"), "{key} is for an `endpoint` or a `graph_store`", "take it out")
    check_url(place, (*at, kind), getattr(source, kind), web=kind != "url", secret=_HEADERS)


def _check_headers(headers: Pairs, place: Place, table: KeyPath) -> None:
    for name, variable in headers:
        at = (*table, "headers", name)
        if not _HEADER.fullmatch(name):
            raise place.error(at, f"{name!r} is no name of a header", "such as Authorization")
        if not _VARIABLE.fullmatch(variable):
            # It is not repeated: it may be the secret itself.
            hint = f'write {name} = "VARIABLE", and set the variable before regen runs'
            raise place.error(at, "{key} has to name an environment variable, not hold the value", hint)
