"""A small project on disk to run cycles in, and what to compare after them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from regen import Project
from regen.model.plan import Action
from regen.orchestrator.outcome import Applied

PREFIXES = """\
@prefix : <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

PEOPLE = """\
:ada a :Person ; rdfs:label "Ada" ; :knows :bob .
:bob a :Person ; rdfs:label "Bob" .
"""

PERSON = """\
---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?label WHERE { ?this a :Person ; rdfs:label ?label }
with:
  friends: SELECT ?this ?friend WHERE { ?this :knows ?friend }
---
name: {{ each[0].label }}
{% for row in friends %}
knows {{ row.friend | local_name }}
{% endfor %}

one
two
three
"""


class World:
    """A project in a folder.

    Args:
        root: made where it is missing.
        files: path to text; without any, a graph of two people and a template for each.
    """

    def __init__(self, root: Path, files: Mapping[str, str] | None = None) -> None:
        self.root = root
        given = {"graphs/people.ttl": PREFIXES + PEOPLE, "templates/person.j2": PERSON} if files is None else files
        for path, text in given.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> Path:
        """Write one file, so that a watch sees the old text or the new one."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.tmp")
        temporary.write_text(text, "utf-8")
        return temporary.replace(place)

    def graph(self, text: str, name: str = "people") -> None:
        """Write a Turtle file with the usual prefixes."""
        self.write(f"graphs/{name}.ttl", PREFIXES + text)

    def read(self, path: str) -> str:
        """The text of an output."""
        return (self.root / "out" / path).read_text("utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change an output by hand."""
        text = self.read(path)
        assert old in text
        (self.root / "out" / path).write_text(text.replace(old, new), "utf-8")

    def tree(self) -> dict[str, bytes]:
        """Outputs by path."""
        out = self.root / "out"
        return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}

    def stamps(self) -> dict[str, tuple[int, int]]:
        """(mtime in ns, inode) of outputs by path."""
        out = self.root / "out"
        found = {p.relative_to(out).as_posix(): p.stat() for p in sorted(out.rglob("*")) if p.is_file()}
        return {path: (stat.st_mtime_ns, stat.st_ino) for path, stat in found.items()}

    @asynccontextmanager
    async def open(self, **options: Any) -> AsyncIterator[Project]:
        """The project, held."""
        async with Project.open(self.root, **options) as project:
            yield project

    async def apply(self) -> Applied:
        """One cycle by a process of its own."""
        async with self.open() as project:
            return await project.apply()


def actions(applied: Applied) -> dict[str, Action]:
    """What a plan did, by path."""
    return {item.path: item.action for item in applied.plan.items}
