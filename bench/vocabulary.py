"""Vocabularies of any size in OWL: classes in a tree, properties with domains and ranges, some enumerations."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

PACKS = ("python", "typescript", "rust", "go", "sql", "markdown")
_PREFIXES = """\
@prefix : <https://example.org/vocabulary/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_DATATYPES = ("string", "integer", "decimal", "boolean", "date", "dateTime", "anyURI")
_WORDS = (  # noqa: SIM905 - a list of them would take 160 lines
    "account address agent amount archive asset batch branch budget carrier cell channel charge claim cluster code"
    " contract country course credit currency device district document domain driver edge energy event factor field"
    " file forest frame grade group harbour holder image index invoice island item journal kernel label lease ledger"
    " level licence limit line loan lock market matrix measure member meter method model module node note offer office"
    " order organ owner package panel part payment period person phase place plan plant point policy port price"
    " process product profile project proof quality query queue range rate record region report request resource"
    " result review right river role route rule sample scale schedule scope section sector sensor series service"
    " session share signal site source stage state station stock store stream subject supply surface survey system"
    " table target task tax term test ticket token tool track trade unit user value vehicle vendor version vessel"
    " volume voucher wage warrant water weight window work zone"
).split()
_A_CLASS_OF_VALUES = 20  # one class in so many is an enumeration, of four values
_VALUES = 4
_LINK_SHARE = 0.4  # of properties: their range is a class


def vocabulary(classes: int, properties: int, seed: int = 1) -> Iterator[str]:
    """The vocabulary in Turtle, a statement a node; equal for equal arguments."""
    chance = random.Random(seed)
    names = [_name(chance, number) for number in range(classes)]
    values = names[::_A_CLASS_OF_VALUES]
    things = sorted(set(names) - set(values))
    yield _PREFIXES
    for number, name in enumerate(names):
        yield _class(chance, name, names[number // 3] if number else None, values=number % _A_CLASS_OF_VALUES == 0)
    for number in range(properties):
        yield _property(chance, f"{chance.choice(_WORDS)}{number}", things, names)


def make_project(folder: Path, classes: int, properties: int, *, workers: int | str, executor: str = "auto") -> Path:
    """Write a project of the vocabulary and all packs."""
    (folder / "graphs").mkdir(parents=True)
    (folder / "graphs" / "vocabulary.ttl").write_text("".join(vocabulary(classes, properties)), encoding="utf-8")
    packs = ", ".join(f'"pack:{pack}"' for pack in PACKS)
    count = workers if isinstance(workers, int) else f'"{workers}"'
    (folder / "regen.toml").write_text(
        f"[project]\ntemplates = [{packs}]\n[engine]\ndebounce_ms = 0\n"
        f'workers = {count}\nexecutor = "{executor}"\n[evaluate]\nshacl = "never"\n',
        encoding="utf-8",
    )
    return folder


def _name(chance: random.Random, number: int) -> str:
    return "".join(word.capitalize() for word in chance.sample(_WORDS, 2)) + str(number)


def _class(chance: random.Random, name: str, above: str | None, *, values: bool) -> str:
    comment = _sentence(chance)
    if values:
        members = " , ".join(f":{name}Value{at}" for at in range(_VALUES))
        labels = "".join(f':{name}Value{at} a :{name} ; rdfs:label "value {at}" .\n' for at in range(_VALUES))
        return f':{name} a owl:Class ; rdfs:comment "{comment}" ; owl:oneOf ( {members.replace(" ,", "")} ) .\n{labels}'
    parent = f" ; rdfs:subClassOf :{above}" if above is not None else ""
    return f':{name} a owl:Class ; rdfs:label "{name}" ; rdfs:comment "{comment}"{parent} .\n'


def _property(chance: random.Random, name: str, domains: list[str], ranges: list[str]) -> str:
    link = chance.random() < _LINK_SHARE
    kind = "ObjectProperty" if link else "DatatypeProperty"
    target = f":{chance.choice(ranges)}" if link else f"xsd:{chance.choice(_DATATYPES)}"
    functional = ", owl:FunctionalProperty" if chance.random() < 0.5 else ""
    return (
        f":{name} a owl:{kind}{functional} ; rdfs:domain :{chance.choice(domains)} ; rdfs:range {target} ;"
        f' rdfs:comment "{_sentence(chance)}" .\n'
    )


def _sentence(chance: random.Random) -> str:
    return f"The {' '.join(chance.choices(_WORDS, k=chance.randint(4, 14)))}."
