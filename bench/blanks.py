"""Blank nodes for a vocabulary: restrictions on unions of classes, four each, as OWL ontologies have them."""

from __future__ import annotations

import random
import re

A_RESTRICTION = 4  # blank nodes: the restriction, the union, and two cells of its list
_CLASS = re.compile(r"^schema:(\w+) a rdfs:Class ;", re.MULTILINE)
_PROPERTY = re.compile(r"^schema:(\w+) a rdf:Property ;", re.MULTILINE)


def with_blanks(text: str, count: int, *, changed: bool, seed: int = 1) -> str:
    """A vocabulary with so many blank nodes more.

    Args:
        text: schema.org's vocabulary in Turtle.
        count: of blank nodes, a multiple of four.
        changed: whether one restriction names another class in its union; all else is equal.
        seed: of the choice of classes and properties.
    """
    chance = random.Random(seed)
    classes, properties = sorted(_CLASS.findall(text)), sorted(_PROPERTY.findall(text))
    parts = [text, "\n"]
    for number in range(count // A_RESTRICTION):
        name, one, other, another = chance.sample(classes, 4)
        last = another if changed and number == count // A_RESTRICTION // 2 else other
        parts.append(
            f"schema:{name} rdfs:subClassOf [ a owl:Restriction ; owl:onProperty schema:{chance.choice(properties)} ;"
            f" owl:someValuesFrom [ a owl:Class ; owl:unionOf ( schema:{one} schema:{last} ) ] ] .\n"
        )
    return "".join(parts)
