"""Sources: what several keys of `[[source]]`, or one beyond its type, have to be."""

from __future__ import annotations

import re

from regen.config.check import Place
from regen.config.settings import Config, Source
from regen.config.urls import check_url

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2: a token
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACES = ("endpoint", "graph_store", "url")


def check_sources(config: Config, place: Place) -> None:
    """Check every `[[source]]`, and where deltas are kept.

    Raises:
        ConfigError: with file and line, and the key meant.
    """
    names = [source.name for source in config.sources]
    for index, source in enumerate(config.sources):
        at = ("source", index)
        if not _NAME.fullmatch(source.name):
            raise place.error(
                (*at, "name"), f"{{key}} cannot be {source.name!r}", "use letters, digits, `-` and `_`, a letter first"
            )
        if source.name in names[:index]:
            raise place.error((*at, "name"), f"there are two [[source]] named {source.name!r}", "rename one of them")
        _check_place(source, place, index)
        _check_headers(source, place, index)
    published = config.project.published
    if published is not None and not published.endswith(".nq"):
        raise place.error(
            ("project", "published"), f"{{key}} cannot be {published!r}", "it is N-Quads: name a `.nq` file"
        )


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
    hint = 'write `headers = { Authorization = "VARIABLE" }`; the variable holds `Basic …` or `Bearer …`'
    check_url(place, (*at, kind), getattr(source, kind), web=kind != "url", secret=hint)


def _check_headers(source: Source, place: Place, index: int) -> None:
    for name, variable in source.headers:
        at = ("source", index, "headers", name)
        if not _HEADER.fullmatch(name):
            raise place.error(at, f"{name!r} is no name of a header", "such as Authorization")
        if not _VARIABLE.fullmatch(variable):
            # It is not repeated: it may be the secret itself.
            hint = f'write {name} = "VARIABLE", and set the variable before regen runs'
            raise place.error(at, "{key} has to name an environment variable, not hold the value", hint)
