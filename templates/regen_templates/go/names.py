"""Names of files, types and fields. All types stand in one package, for packages may not import each other in a circle.

A type's name never depends on how many classes there are: it is the local name, and for a class of a namespace that is
no home the namespace's name with it. A home asks the graph whether a home before it has a class of the same local name;
such a look-up is traced, so only names that asked for nothing are kept from one render to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from regen.model.term import RDF_TYPE, Iri, Term
from regen.templating.identifiers import unique_names
from regen.templating.iris import local_name, namespace
from regen.templating.names import pascal, snake, words
from regen.templating.walk import GRAPH, current

from ..vocabulary.names import checksum, letter_first, module_name, stem, stem_among_schemes, twins_of

# https://go.dev/wiki/CodeReviewComments#initialisms, as golint had them
_INITIALISMS = """
    api ascii cpu css dns html http https id ip json rpc sku sql ssh tls ttl udp ui uid uuid uri url utf8 vm xml xss
"""
# Ends of file names that the go command reads: tests, and the systems and processors of go/build/syslist.go.
_READ_BY_GO = """
    test aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows
    zos 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64
    ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm unix
"""
_INITIALISM_WORDS = frozenset(_INITIALISMS.split())
_READ_ENDS = frozenset(_READ_BY_GO.split())
_SCHEMA_ORG = ("https://schema.org/", "http://schema.org/")
_TYPE = Iri(RDF_TYPE)

Homes = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Types:
    """Names of the types of one package.

    Attributes:
        homes: the namespaces whose types have no prefix, in order; each with all the ways in which its IRI may end.
        modules: `[vars] modules`: what stands for a namespace.
        twins: classes that are told apart from others by their scheme.
        identifier: makes a name that Go takes.
    """

    homes: Homes
    modules: Mapping[str, str]
    twins: Mapping[str, int]
    identifier: Callable[[str], str]
    _kept: dict[str, str] = field(default_factory=dict)

    def name(self, iri: str) -> str:
        """The name of a type: the local name where it can be one (`DVD`), else in Pascal case (`X3DModel`)."""
        found = self._kept.get(iri)
        if found is None:
            render = current()
            reads = render.reads if render else 0
            found = _type_name(local_name(iri), pascal(self._prefix(iri)), self._stem(iri))
            if render and render.reads == reads:
                self._kept[iri] = found
        return found

    def file(self, iri: str) -> str:
        """The name of a type's file; one whose end the go command reads gets a last `_`."""
        before, own = self._prefix(iri), self._stem(iri)
        name = f"{before}_{own}" if before else own
        return f"{name}_" if name.rpartition("_")[2] in _READ_ENDS else name

    def _stem(self, iri: str) -> str:
        return letter_first(stem(iri) if self.modules else stem_among_schemes(iri, self.twins))

    def _prefix(self, iri: str) -> str:
        """What stands before the names of a class: nothing at home, unless a home before it has the same name."""
        space, local = namespace(iri), local_name(iri)
        at = next((at for at, home in enumerate(self.homes) if space in home), None)
        if at is not None:
            before = [base for home in self.homes[:at] for base in home]
            if not any(GRAPH.exists(Iri(base + local), _TYPE) for base in before):
                return ""
        return module_name(space, self.modules, self.identifier)


def homes(named: str | Iterable[str], ontologies: Iterable[tuple[Term | None, ...]]) -> Homes:
    """The namespaces of `[vars] home`, else of the first four ontologies that the graph declares, then schema.org's."""
    given = [named] if isinstance(named, str) else list(named)
    if given:
        return tuple((str(base),) for base in given)
    found: list[tuple[str, ...]] = []
    for row in list(ontologies)[:4]:
        base = str(row[0])
        found.append((base,) if base[-1] in "#/" else (f"{base}#", f"{base}/"))
    return (*found, *((base,) for base in _SCHEMA_ORG if (base,) not in found))


@lru_cache(maxsize=16)
def types_of(
    homes: Homes,
    modules: tuple[tuple[str, str], ...],
    twins: tuple[tuple[Term | None, ...], ...],
    identifier: Callable[[str], str],
) -> Types:
    """The names under these settings, the same object for all renders, so that what it keeps is kept."""
    return Types(homes, dict(modules), twins_of(twins), identifier)


def unlike_names(iris: Sequence[Iri], identifier: Callable[[str], str]) -> list[str]:
    """A name in Pascal case for each property or member; no two are alike, whatever their case.

    Most local names are unlike all others, and need no more than a look at that.
    """
    names = [_spelled(local_name(str(iri)), identifier) for iri in iris]
    if len({name.casefold() for name in names}) == len(names):
        return names
    told_apart = unique_names(iris, lambda text: _spelled(text, identifier), ignore_case=True)
    return [told_apart[iri] for iri in iris]


@lru_cache(maxsize=16_384)
def field_name(name: str, iri: str, base: str) -> str:
    """The name of a field: `BirthDate`, `ISBN` as it is written, `URL`; no embedded type's, and not `ID`.

    Args:
        name: what no other field of the struct is called, in Pascal case.
        iri: the property.
        base: the embedded type; empty where there is none.
    """
    parts = [word.upper() if word.lower() in _INITIALISM_WORDS else word[0].upper() + word[1:] for word in words(name)]
    found = exported("".join(parts))
    if found == "X":
        return f"X_{checksum(iri)}"
    return f"{found}_" if found in ("ID", base) else found


@lru_cache(maxsize=16_384)
def exported(text: str) -> str:
    """What Go takes for an exported name: letters and digits only, a capital first."""
    name = text if text.isascii() else "".join(sign for sign in text if sign.isalpha() or sign.isdecimal())
    name = name.lstrip("_")
    first = name[:1].upper()
    if len(first) == 1:
        name = first + name[1:]
    return name if name[:1].isupper() else f"X{name}"


@lru_cache(maxsize=16_384)
def _spelled(text: str, identifier: Callable[[str], str]) -> str:
    return identifier(pascal(text))


@lru_cache(maxsize=16_384)
def _type_name(local: str, before: str, own: str) -> str:
    """The name of a type, of the local name, the prefix in Pascal case and the stem of its class."""
    usual = snake(local)
    if local.isascii() and local.isalnum() and (local[0].isupper() or (before and local[0].isdigit())):
        scheme = pascal(own)[len(pascal(usual)) :] if own.startswith(f"{usual}_http") else ""
        return exported(before + local) + scheme
    if local[:1].isdigit():
        return exported(f"{before or 'X'}{pascal(local)}")
    return exported(before + pascal(own))
