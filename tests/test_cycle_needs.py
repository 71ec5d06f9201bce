"""`needs:`: a template is rendered again when one that it needs is."""

from __future__ import annotations

from pathlib import Path

import pytest

from regen.errors import TemplateError
from regen.project import Project

GRAPH = "@prefix : <urn:x:> . :a a :C ; :says 'one' . :b a :C ; :says 'two' .\n"
EACH = """---
to: "{{ this | local_name }}.txt"
each: SELECT ?this ?text WHERE { ?this a <urn:x:C> ; <urn:x:says> ?text }
---
{{ each[0].text }}
"""
INDEX = """---
to: index.txt
needs: [each.txt.j2]
---
an index
"""


def make(folder: Path, index: str = INDEX) -> Path:
    for name, text in (("graphs/a.ttl", GRAPH), ("templates/each.txt.j2", EACH), ("templates/index.txt.j2", index)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.anyio
async def test_what_a_template_needs_makes_it_stale(tmp_path: Path) -> None:
    folder = make(tmp_path)
    async with Project.open(folder) as project:
        await project.apply()
        (folder / "graphs/a.ttl").write_text(GRAPH.replace("one", "1"))
        plan = await project.plan()
    rendered = {item.path: str(item.because[0]) for item in (*plan.items, *plan.nothing)}
    assert "index.txt" in {item.artifact.template.removesuffix(".j2") for item in (*plan.items, *plan.nothing)}
    assert "each.txt.j2 is rendered again" in " ".join(rendered.values())
    assert "b.txt" not in rendered


@pytest.mark.anyio
async def test_a_need_that_is_not_there_is_an_error_that_lists_what_is(tmp_path: Path) -> None:
    folder = make(tmp_path, INDEX.replace("each.txt.j2", "each.j2"))
    async with Project.open(folder) as project:
        with pytest.raises(TemplateError, match=r"each\.txt\.j2"):
            await project.plan()
