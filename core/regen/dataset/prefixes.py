"""Dataset: the prefixes of all graph files become one table, or an error that names two places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from regen.errors import GraphError


def merged_prefixes(
    by_file: Mapping[str, Mapping[str, str]], configured: Mapping[str, str], text_of: Callable[[str], bytes]
) -> dict[str, str]:
    """Prefix to IRI, sorted by prefix; what the configuration binds goes before what files bind.

    The empty prefix is each file's own shorthand: where files differ in it, it is left out.

    Args:
        by_file: path of a graph file to its prefixes.
        configured: `prefixes` of the configuration.
        text_of: gives the text of a graph file by its path; asked only when there is an error to place.

    Raises:
        GraphError: two files bind a prefix differently.
    """
    bound: dict[str, tuple[str, str]] = {}
    ambiguous = False
    for path in sorted(by_file):
        for prefix, iri in by_file[path].items():
            first_iri, first_path = bound.setdefault(prefix, (iri, path))
            if first_iri == iri or prefix in configured:
                continue
            if prefix:
                raise _two_meanings(prefix, (first_path, first_iri), (path, iri), text_of)
            ambiguous = True
    table = {prefix: iri for prefix, (iri, _) in bound.items() if prefix or not ambiguous} | dict(configured)
    return dict(sorted(table.items()))


def _two_meanings(
    prefix: str, one: tuple[str, str], other: tuple[str, str], text_of: Callable[[str], bytes]
) -> GraphError:
    places = [f"{path}:{_line(text_of(path), prefix, iri)}" for path, iri in (one, other)]
    return GraphError(
        f"the prefix {prefix}: is bound to <{other[1]}> here and to <{one[1]}> in {places[0]}",
        where=places[1],
        hint=f'bind it alike in both files, or write under [project]: prefixes = {{ {prefix} = "{one[1]}" }}',
    )


def _line(text: bytes, prefix: str, iri: str) -> int:
    """The line where a file binds the prefix: `@prefix p: <…>`, `xmlns:p="…"` or `"p": "…"`; 1 if it is not seen."""
    name, value = re.escape(prefix.encode()), re.escape(iri.encode())
    pattern = rb"(?:prefix\s+%s:\s*<|xmlns:%s\s*=\s*[\"']|\"%s\"\s*:\s*\")%s" % (name, name, name, value)
    found = re.search(pattern, text, re.IGNORECASE) or re.search(pattern.removesuffix(value), text, re.IGNORECASE)
    return text.count(b"\n", 0, found.start()) + 1 if found else 1
