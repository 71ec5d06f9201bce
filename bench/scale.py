"""Projects of any size: N triples in files of 100, four kinds of view, and a pack on a vocabulary that stays small."""

from __future__ import annotations

import re
from pathlib import Path

A_FILE = 100  # triples
_SUBJECTS = 10  # a file
_KEYS_EVERY = 50  # one subject in so many has an artifact of each template
_PREFIXES = """\
@prefix : <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""
_OWL = """\
@prefix : <https://example.org/vocabulary#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TEMPLATES = {
    "plain": """\
---
to: "plain/{{ this | local_name }}.txt"
each: "SELECT ?this ?label { ?this a :Key ; rdfs:label ?label }"
with:
  friends: "SELECT ?this ?name { ?this :knows/rdfs:label ?name }"
---
{{ each[0].label }}
{% for friend in friends %}
knows {{ friend.name }}
{% endfor %}
""",
    "minus": """\
---
to: "minus/{{ this | local_name }}.txt"
each: "SELECT ?this { ?this a :Key }"
with:
  alone: "SELECT ?this ?label { ?this rdfs:label ?label MINUS { ?this :knows ?other . ?other a :Closed } }"
---
{% for row in alone %}
{{ row.label }}
{% endfor %}
""",
    "grouped": """\
---
to: "grouped/{{ this | local_name }}.txt"
each: "SELECT ?this { ?this a :Key }"
with:
  counts: |
    SELECT ?this ?n ?label {
      ?this rdfs:label ?label { SELECT ?this (COUNT(?o) AS ?n) { ?this :knows ?o } GROUP BY ?this } }
---
{% for row in counts %}
{{ row.label }} {{ row.n }}
{% endfor %}
""",
}
# Shapes are what the pack is made from. Checking a million triples against them is what an `apply` does beside.
_CONFIGURATION = """\
[project]
templates = ["templates", "pack:python"]
prefixes = { "" = "https://example.org/" }
[engine]
debounce_ms = 0
[evaluate]
shacl = "never"
"""
CLASSES = 50  # of the vocabulary, whatever the size


def make_project(folder: Path, triples: int) -> Path:
    """Write a project of so many triples beside its vocabulary; gives the file in which `change` changes one."""
    files = triples // A_FILE
    for number in range(files):
        place = folder / "graphs" / f"{number // 100:04d}" / f"{number:06d}.ttl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_PREFIXES + "".join(_subject(n, files) for n in _numbers(number)), encoding="utf-8")
    (folder / "graphs" / "vocabulary.ttl").write_text(_vocabulary(), encoding="utf-8")
    (folder / "templates").mkdir(exist_ok=True)
    for name, text in TEMPLATES.items():
        (folder / "templates" / f"{name}.j2").write_text(text, encoding="utf-8")
    (folder / "regen.toml").write_text(_CONFIGURATION, encoding="utf-8")
    return folder / "graphs" / "0000" / "000000.ttl"


def change(file: Path, turn: int) -> None:
    """Give the first subject another label: one triple goes, one comes, and each template has one file to render."""
    text = re.sub('"Thing 0[^"]*"', f'"Thing 0, {turn}"', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")


def change_vocabulary(file: Path, turn: int) -> None:
    """Give a class of the vocabulary another comment: the pack has one file to render, and those that quote it."""
    file.write_text(_vocabulary(f"Class 0, said in turn {turn}."), encoding="utf-8")


def _numbers(file: int) -> range:
    return range(file * _SUBJECTS, (file + 1) * _SUBJECTS)


def _subject(number: int, files: int) -> str:
    kind = ":Key" if number % _KEYS_EVERY == 0 else ":Closed" if number % 7 == 0 else ":Thing"
    return f':s{number} a {kind} ; rdfs:label "Thing {number}" ; {_rest(number, files * _SUBJECTS)}\n'


def _rest(number: int, subjects: int) -> str:
    others = ", ".join(f":s{(number * 7 + step) % subjects}" for step in (1, 2, 3))
    return (
        f':knows {others} ; :size {number % 13} ; :note "n{number}" ; :code "c{number % 97}" ; :at {number} ; :of :g .'
    )


def _vocabulary(first: str = "Class 0.") -> str:
    parts = [_OWL]
    for number in range(CLASSES):
        comment = first if number == 0 else f"Class {number}."
        above = f" ; rdfs:subClassOf :Class{number // 2}" if number > 1 else ""
        parts.append(f':Class{number} a owl:Class ; rdfs:label "Class {number}" ; rdfs:comment "{comment}"{above} .\n')
        parts += [
            f":p{number}x{at} a owl:DatatypeProperty ; rdfs:domain :Class{number} ; rdfs:range xsd:string ;"
            f' rdfs:comment "Property {at} of class {number}." .\n'
            for at in range(4)
        ]
        parts.append(
            f":Shape{number} a sh:NodeShape ; sh:targetClass :Class{number} ;"
            f" sh:property [ sh:path :p{number}x0 ; sh:minCount 1 ; sh:maxCount 1 ] .\n"
        )
    return "".join(parts)
