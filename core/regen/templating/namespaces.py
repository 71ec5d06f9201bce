"""Namespaces: `RDFS.label` in a body is an IRI; so is `prefixes.schema.Person`."""

from __future__ import annotations

from collections.abc import Iterator

from regen.model.term import Iri

# Namespaces that every body knows, as their specifications name them.
STANDARD = {
    "DCTERMS": "http://purl.org/dc/terms/",
    "OWL": "http://www.w3.org/2002/07/owl#",
    "RDF": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "RDFS": "http://www.w3.org/2000/01/rdf-schema#",
    "SH": "http://www.w3.org/ns/shacl#",
    "SKOS": "http://www.w3.org/2004/02/skos/core#",
    "XSD": "http://www.w3.org/2001/XMLSchema#",
}


class Namespace:
    """Makes IRIs: by attribute, or by item where a local name is no word (`SCHEMA["3DModel"]`); prints as its IRI."""

    __slots__ = ("_iri",)

    def __init__(self, iri: str) -> None:
        self._iri = iri

    def term(self, name: str) -> Iri:
        """The IRI of a local name."""
        return Iri(self._iri + name)

    def __str__(self) -> str:
        return self._iri


class Prefixes:
    """All prefixes: `prefixes.schema` is a namespace; loops give the prefixes, sorted."""

    __slots__ = ("_namespaces",)

    def __init__(self, prefixes: tuple[tuple[str, str], ...]) -> None:
        self._namespaces = {prefix: Namespace(iri) for prefix, iri in sorted(prefixes)}

    def __getitem__(self, prefix: str) -> Namespace:
        return self._namespaces[prefix]

    def __iter__(self) -> Iterator[str]:
        return iter(self._namespaces)

    def __len__(self) -> int:
        return len(self._namespaces)


def namespaces(prefixes: tuple[tuple[str, str], ...]) -> dict[str, Namespace]:
    """Names of bodies: the standard ones, and each prefix in capitals (`schema` is `SCHEMA`)."""
    own = {variable(prefix): iri for prefix, iri in prefixes if prefix}
    return {name: Namespace(iri) for name, iri in {**own, **STANDARD}.items()}


def variable(prefix: str) -> str:
    """The name under which a body knows a prefix: `my-shop` is `MY_SHOP`."""
    return prefix.upper().replace("-", "_").replace(".", "_")
