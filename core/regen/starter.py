"""Starter: a project that works at once: a graph, templates, regen.toml."""

from __future__ import annotations

from pathlib import Path

from regen.errors import UsageError
from regen.templating.discover import pack_names

_GRAPH = """\
@prefix : <https://example.org/shop#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:Customer a owl:Class ;
    rdfs:label "Customer"@en ;
    rdfs:comment "Somebody who buys." .

:Order a owl:Class ;
    rdfs:label "Order"@en ;
    rdfs:comment "What a customer bought at one time." .

:name a owl:DatatypeProperty ;
    rdfs:domain :Customer ;
    rdfs:range xsd:string ;
    rdfs:comment "What the customer is called." .

:placedBy a owl:ObjectProperty ;
    rdfs:domain :Order ;
    rdfs:range :Customer ;
    rdfs:comment "Who placed the order." .

:total a owl:DatatypeProperty ;
    rdfs:domain :Order ;
    rdfs:range xsd:decimal ;
    rdfs:comment "The sum of all items, in euros." .
"""

_TEMPLATE = """\
---
to: "docs/{{ this | local_name | kebab }}.md"
language: markdown
each: |
  SELECT ?this ?comment WHERE {
    ?this a owl:Class . OPTIONAL { ?this rdfs:comment ?comment }
  }
with:
  properties: |
    SELECT ?this ?property ?range ?comment WHERE {
      ?property rdfs:domain ?this ; rdfs:range ?range .
      OPTIONAL { ?property rdfs:comment ?comment }
    }
---
# {{ this | local_name }}

{{ each[0].comment }}

| property | range | meaning |
| --- | --- | --- |
{% for p in properties %}
| {{ p.property | local_name }} | {{ p.range | local_name }} | {{ p.comment }} |
{% endfor %}
"""

_IGNORED = ".regen/\n"


def initialise(folder: Path, packs: tuple[str, ...]) -> tuple[str, ...]:
    """Write a project; files that are there already stay as they are.

    Args:
        folder: made where it is missing.
        packs: template packs to use beside the project's own templates.

    Returns:
        The files that were written, relative to `folder`.

    Raises:
        UsageError: a pack does not exist, or the folder is a project already.
    """
    unknown = sorted(set(packs) - set(pack_names()))
    if unknown:
        raise UsageError(f"there is no pack {unknown[0]!r}", hint=f"packs are: {', '.join(pack_names())}")
    if (folder / "regen.toml").exists():
        raise UsageError("this is a project already", where=str(folder / "regen.toml"), hint="run `regen plan`")
    entries = ["templates", *(f"pack:{name}" for name in packs)]
    config = f'[project]\ngraphs = ["graphs"]\ntemplates = {_toml(entries)}\noutput = "out"\n'
    files = {
        "regen.toml": config,
        "graphs/shop.ttl": _GRAPH,
        "templates/class.md.j2": _TEMPLATE,
        ".gitignore": _IGNORED,
    }
    written = []
    has_graphs = (folder / "graphs").is_dir() and any((folder / "graphs").iterdir())
    for name, text in files.items():
        path = folder / name
        if path.exists() or (has_graphs and name == "graphs/shop.ttl"):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(name)
    return tuple(written)


def _toml(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"
