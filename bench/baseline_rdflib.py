"""The script that an engineer writes in an hour: rdflib parses and queries, Jinja renders, every run makes everything.

One query a class, six templates a class. It is the baseline of `test_full.py`; it is meant to be ordinary, not slow.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import Environment
from rdflib import RDF, RDFS, Graph, Namespace, URIRef

SCHEMA = Namespace("https://schema.org/")
QUERY = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
SELECT ?property ?range ?comment WHERE {
  ?property schema:domainIncludes ?class .
  OPTIONAL { ?property schema:rangeIncludes ?range }
  OPTIONAL { ?property rdfs:comment ?comment }
} ORDER BY ?property ?range
"""
TEMPLATES = {
    "python/{}.py": '''from __future__ import annotations

from pydantic import BaseModel, Field


class {{ name }}({{ bases | join(", ") or "BaseModel" }}):
    """{{ comment }}"""
{% for p in properties %}

    {{ p.name }}: {{ p.ranges | join(" | ") or "str" }} | None = Field(None, description={{ p.comment | tojson }})
{% endfor %}
''',
    "typescript/{}.ts": """import { z } from "zod";

/** {{ comment }} */
export const {{ name }} = z.object({
{% for p in properties %}
  /** {{ p.comment }} */
  {{ p.name }}: z.union([{{ p.ranges | join(", ") }}]).optional(),
{% endfor %}
});
export type {{ name }} = z.infer<typeof {{ name }}>;
""",
    "rust/{}.rs": """use serde::{Deserialize, Serialize};

/// {{ comment }}
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct {{ name }} {
{% for p in properties %}
    /// {{ p.comment }}
    pub r#{{ p.name }}: Option<{{ p.ranges | first | default("String") }}>,
{% endfor %}
}
""",
    "go/{}.go": """package model

// {{ name }}: {{ comment }}
type {{ name }} struct {
{% for p in properties %}
	// {{ p.comment }}
	{{ p.name | capitalize }} *{{ p.ranges | first | default("string") }} `json:"{{ p.name }},omitempty"`
{% endfor %}
}
""",
    "sql/{}.sql": """-- {{ comment }}
CREATE TABLE "{{ name }}" (
  id text PRIMARY KEY{% for p in properties %},
  "{{ p.name }}" text{% endfor %}
);
""",
    "markdown/{}.md": """# {{ name }}

{{ comment }}

| property | range | meaning |
| --- | --- | --- |
{% for p in properties %}
| {{ p.name }} | {{ p.ranges | join(", ") }} | {{ p.comment }} |
{% endfor %}
""",
}


def main(source: Path, out: Path) -> int:
    """Write all files; returns how many."""
    graph = Graph().parse(source)
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    templates = {path: environment.from_string(text) for path, text in TEMPLATES.items()}
    count = 0
    for node in sorted(graph.subjects(RDF.type, RDFS.Class)):
        if not str(node).startswith(str(SCHEMA)):
            continue
        values = _values(graph, node)
        for path, template in templates.items():
            target = out / path.format(values["name"])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(template.render(values), encoding="utf-8")
            count += 1
    return count


def _values(graph: Graph, node: URIRef) -> dict[str, object]:
    properties: dict[str, dict[str, object]] = {}
    for row in graph.query(QUERY, initBindings={"class": node}):
        name = str(row.property).rpartition("/")[2]
        found = properties.setdefault(name, {"name": name, "ranges": [], "comment": " ".join(str(row.comment).split())})
        if row.range is not None:
            found["ranges"].append(str(row.range).rpartition("/")[2])
    return {
        "name": str(node).rpartition("/")[2],
        "comment": " ".join(str(graph.value(node, RDFS.comment)).split()),
        "bases": [str(base).rpartition("/")[2] for base in sorted(graph.objects(node, RDFS.subClassOf))],
        "properties": list(properties.values()),
    }


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path(sys.argv[2])), "files")
