"""Comparing two files or two folders: what `regen diff` is made of."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from regen.dataset.compare import Comparison, compare
from regen.dataset.parse import OXIGRAPH_FORMATS, parse
from regen.dataset.patch import write_patch
from regen.errors import GraphError, UsageError
from regen.model.change import graph_events
from regen.model.graphfile import GraphFile, Loaded
from regen.stages.diff import Settled, diff_documents, diff_lines, find_change

HEAD = "@prefix ex: <urn:ex:> .\n"
pytestmark = pytest.mark.anyio


async def load(file: GraphFile) -> Loaded | None:
    return parse(file) if file.format in OXIGRAPH_FORMATS else None


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def lines(found: Comparison) -> list[str]:
    change = find_change(found.delta, Settled(found.delta, found.dataset))
    return [" ".join(line) for line in diff_lines(graph_events(change, found.origins, 1, 0.0), found.prefixes)]


async def test_two_files_are_two_states_of_one_graph(tmp_path: Path) -> None:
    old = write(tmp_path / "a", one_ttl=HEAD + "<#x> a ex:C ; ex:p 1 .") / "one.ttl"
    new = write(tmp_path / "b", two_ttl=HEAD + "<#x> a ex:C ; ex:p 2 . ex:y ex:q <#x> .") / "two.ttl"
    found = await compare(old, new, load)
    assert lines(found) == [
        "~ <file:///graph#x>  (two.ttl)",
        "-   ex:p 1",
        "+   ex:p 2",
        "+ ex:y  (two.ttl)",
        "+   ex:q <file:///graph#x>",
    ]
    assert (len(found.delta.merged_added), len(found.delta.merged_removed)) == (2, 1)
    change = find_change(found.delta, Settled(found.delta, found.dataset))
    first = diff_documents(graph_events(change, found.origins, 1, 0.0))[0]
    assert first == {
        "type": "node.changed",
        "source": "two.ttl",
        "subject": "<file:///graph#x>",
        "data": {
            "subject": "<file:///graph#x>",
            "graph": "<file:///graph>",
            "gained": [{"predicate": "<urn:ex:p>", "object": '"2"^^<http://www.w3.org/2001/XMLSchema#integer>'}],
            "lost": [{"predicate": "<urn:ex:p>", "object": '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'}],
        },
    }


async def test_spelling_order_blank_labels_and_compression_are_no_difference(tmp_path: Path) -> None:
    old = write(tmp_path, a_ttl=HEAD + "ex:x ex:p 01 , [ ex:q 'a' ] . <#y> ex:p ex:x .") / "a.ttl"
    new = tmp_path / "b.ttl.gz"
    new.write_bytes(gzip.compress(b"@prefix e: <urn:ex:> . <#y> e:p e:x . _:n e:q 'a' . e:x e:p _:n, 1 ."))
    found = await compare(old, new, load)
    assert not found.delta
    assert lines(found) == []
    assert write_patch(found.patch) == 'TX .\nPD "ex" .\nPA "e" "urn:ex:" .\nTC .\n'


async def test_a_folder_that_moved_is_no_difference(tmp_path: Path) -> None:
    old = write(tmp_path / "old", a_ttl="<#x> <urn:p> [ <urn:q> <> ] .", b_nt="<urn:a> <urn:p> _:x .")
    shutil.copytree(old, tmp_path / "else" / "where")
    found = await compare(old, tmp_path / "else" / "where", load)
    assert not found.delta
    assert write_patch(found.patch) == "TX .\nTC .\n"


async def test_a_triple_that_moves_between_files_is_an_event_and_no_patch(tmp_path: Path) -> None:
    old = write(tmp_path / "old", a_ttl="<urn:x> <urn:p> 1 .", b_ttl="<urn:y> <urn:p> 1 .")
    new = write(tmp_path / "new", a_ttl="", b_ttl="<urn:x> <urn:p> 1 . <urn:y> <urn:p> 1 .")
    found = await compare(old, new, load)
    assert lines(found) == ["~ <urn:x>  (a.ttl)", "-   <urn:p> 1", "~ <urn:x>  (b.ttl)", "+   <urn:p> 1"]
    assert len(found.delta) == 0
    assert write_patch(found.patch) == "TX .\nTC .\n"


async def test_files_come_and_go_and_named_graphs_keep_their_names(tmp_path: Path) -> None:
    old = write(tmp_path / "old", gone_ttl="<urn:x> <urn:p> <urn:y> .")
    new = write(tmp_path / "new", came_trig="<urn:g> { <urn:z> <urn:p> <urn:y> }")
    found = await compare(old, new, load)
    assert lines(found) == [
        "- <urn:x>  (gone.ttl)",
        "-   <urn:p> <urn:y>",
        "+ <urn:z>  (graph)",
        "+   <urn:p> <urn:y>",
    ]
    assert write_patch(found.patch) == (
        "TX .\nD <urn:x> <urn:p> <urn:y> .\nA <urn:z> <urn:p> <urn:y> <urn:g> .\nTC .\n"
    )


async def test_a_broken_file_is_named_as_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "old", a_ttl="")
    write(tmp_path / "new", a_ttl="\n<urn:x> oops .")
    monkeypatch.chdir(tmp_path)
    for old, new in ((Path("old"), Path("new")), (Path("old/a.ttl"), Path("new/a.ttl"))):
        with pytest.raises(GraphError) as caught:
            await compare(old, new, load)
        assert str(caught.value.where).startswith("new/a.ttl:2:")


async def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "old", a_ttl="", b_txt="")
    with pytest.raises(UsageError, match="does not exist"):
        await compare(folder, tmp_path / "none", load)
    with pytest.raises(UsageError, match="a file and a folder"):
        await compare(folder, folder / "a.ttl", load)
    with pytest.raises(GraphError, match="no plugin reads"):
        await compare(folder / "a.ttl", folder / "b.txt", load)


async def test_two_releases_of_a_real_vocabulary(tmp_path: Path) -> None:
    data = os.environ.get("REGEN_TEST_DATA")
    if data is None:
        pytest.skip("REGEN_TEST_DATA does not name the folder with real histories")
    releases = Path(data) / "data" / "schemaorg"
    old, new = releases / "29.4.ttl", releases / "30.0.ttl"
    there = await compare(old, new, load)
    back = await compare(new, old, load)
    assert (there.delta.added, there.delta.removed) == (back.delta.removed, back.delta.added)
    assert there.delta
    assert lines(there)
