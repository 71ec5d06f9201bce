"""Graph files: which are found, which are refused, how they are read, and what their prefixes become."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from regen.dataset.files import FoundFile, find_graph_files
from regen.dataset.prefixes import merged_prefixes
from regen.dataset.read import graph_file, no_loader, read_bytes
from regen.errors import GraphError
from regen.model.graphfile import file_iri


def _files(root: Path, *paths: str) -> None:
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"# {path}\n")


def _paths(root: Path, *graphs: str, ignore: tuple[str, ...] = ()) -> list[str]:
    return [found.path for found in find_graph_files(root, graphs, ignore)]


def test_a_folder_gives_files_of_known_formats_sorted(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/b.ttl", "graphs/a/z.nt", "graphs/a.trig", "graphs/README.md", "graphs/c.jsonld.gz")
    _files(tmp_path, "graphs/package.json", "graphs/UPPER.TTL", "other.ttl")
    assert _paths(tmp_path, "graphs") == [
        "graphs/UPPER.TTL",
        "graphs/a.trig",
        "graphs/a/z.nt",
        "graphs/b.ttl",
        "graphs/c.jsonld.gz",
    ]


def test_hidden_files_and_what_editors_leave_are_not_taken(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl", "graphs/.#a.ttl", "graphs/a.ttl~", "graphs/#a.ttl#", "graphs/.a.ttl.swp")
    _files(tmp_path, "graphs/4913", "graphs/a.ttl.tmp", "graphs/.regen/x.ttl", "graphs/.git/y.ttl")
    assert _paths(tmp_path, "graphs") == ["graphs/a.ttl"]
    assert _paths(tmp_path, "graphs/*") == ["graphs/a.ttl"]


def test_globs_reach_as_deep_as_they_say(tmp_path: Path) -> None:
    _files(tmp_path, "x/a.ttl", "x/y/b.ttl", "x/y/c.nt", "d.ttl")
    assert _paths(tmp_path, "x/*.ttl") == ["x/a.ttl"]
    assert _paths(tmp_path, "x/*") == ["x/a.ttl"]
    assert _paths(tmp_path, "x/**/*.ttl") == ["x/a.ttl", "x/y/b.ttl"]
    assert _paths(tmp_path, "*.ttl") == ["d.ttl"]
    assert _paths(tmp_path, "x/[y]/?.*", "d.ttl") == ["d.ttl", "x/y/b.ttl", "x/y/c.nt"]
    assert _paths(tmp_path, "nowhere/*.ttl") == []


def test_a_file_asked_for_twice_is_found_once(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl")
    found = find_graph_files(tmp_path, ["graphs", "graphs/a.ttl", "graphs/*.ttl", "./graphs/"])
    assert [(file.path, file.named) for file in found] == [("graphs/a.ttl", True)]


def test_ignored_files_and_folders_are_left_out(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl", "graphs/drafts/b.ttl", "graphs/old/c.ttl", "graphs/keep.ttl")
    (tmp_path / ".regenignore").write_text("# drafts wait\ndrafts/\n*.ttl\n!keep.ttl\n")
    assert _paths(tmp_path, "graphs") == ["graphs/keep.ttl"]
    assert _paths(tmp_path, "graphs", "graphs/a.ttl") == ["graphs/a.ttl", "graphs/keep.ttl"]
    (tmp_path / ".regenignore").unlink()
    assert _paths(tmp_path, "graphs", ignore=("/graphs/old", "drafts/")) == ["graphs/a.ttl", "graphs/keep.ttl"]


@pytest.mark.parametrize("entry", ["nowhere", "graphs/none.ttl", "../graphs", "/etc"])
def test_an_entry_that_names_nothing_in_the_project_is_refused(tmp_path: Path, entry: str) -> None:
    _files(tmp_path, "graphs/a.ttl")
    with pytest.raises(GraphError) as caught:
        find_graph_files(tmp_path, [entry])
    assert caught.value.where == entry
    assert caught.value.hint


def test_links_inside_are_followed_and_links_outside_refused(tmp_path: Path) -> None:
    root = tmp_path / "project"
    _files(root, "graphs/a.ttl", "shared/b.ttl")
    _files(tmp_path, "outside/c.ttl")
    (root / "graphs/shared").symlink_to(root / "shared")
    (root / "graphs/round").symlink_to(root / "graphs")
    assert _paths(root, "graphs") == ["graphs/a.ttl", "graphs/shared/b.ttl"]
    (root / "graphs/round").unlink()
    (root / "graphs/secret.ttl").symlink_to(tmp_path / "outside/c.ttl")
    with pytest.raises(GraphError, match="leads out of it") as caught:
        _paths(root, "graphs")
    assert caught.value.where == "graphs/secret.ttl"
    assert _paths(root, "graphs", ignore=("secret.ttl",)) == ["graphs/a.ttl", "graphs/shared/b.ttl"]


def test_a_linked_graph_folder_that_leaves_the_project_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, "outside/c.ttl")
    root = tmp_path / "project"
    root.mkdir()
    (root / "graphs").symlink_to(tmp_path / "outside")
    with pytest.raises(GraphError, match="leads out of it"):
        _paths(root, "graphs")


def test_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl")
    (tmp_path / "graphs/gone.ttl").symlink_to("nowhere.ttl")
    with pytest.raises(GraphError, match="leads nowhere"):
        _paths(tmp_path, "graphs")
    (tmp_path / "graphs/gone.ttl").unlink()
    (tmp_path / "graphs/self.ttl").symlink_to("self.ttl")
    with pytest.raises(GraphError, match="in a circle"):
        _paths(tmp_path, "graphs")


def test_the_signature_tells_a_changed_file(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl")
    (before,) = find_graph_files(tmp_path, ["graphs"])
    assert find_graph_files(tmp_path, ["graphs"]) == (before,)
    (tmp_path / "graphs/a.ttl").write_text("# something else\n")
    (after,) = find_graph_files(tmp_path, ["graphs"])
    assert after.signature != before.signature
    _, digest = read_bytes(tmp_path, after)
    assert len(digest) == 64
    assert read_bytes(tmp_path, after)[1] == digest


def test_a_file_that_went_away_is_an_error_with_its_name(tmp_path: Path) -> None:
    _files(tmp_path, "graphs/a.ttl")
    (found,) = find_graph_files(tmp_path, ["graphs"])
    (tmp_path / "graphs/a.ttl").unlink()
    with pytest.raises(GraphError, match="cannot be read") as caught:
        read_bytes(tmp_path, found)
    assert caught.value.where == "graphs/a.ttl"


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


def _read(root: Path, path: str, data: bytes) -> tuple[FoundFile, bytes]:
    target = root / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    (found,) = find_graph_files(root, [path])
    return found, read_bytes(root, found)[0]


@pytest.mark.parametrize("way", _PACKERS)
def test_compressed_files_are_read_as_what_is_in_them(tmp_path: Path, way: str) -> None:
    text = b"\xef\xbb\xbf<http://a> <http://b> <http://c> .\n" * 50
    file = graph_file(*_read(tmp_path, f"graphs/a.ttl.{way}", _PACKERS[way](text)))
    assert file is not None
    assert (file.data, file.format) == (text.removeprefix(b"\xef\xbb\xbf"), "turtle")
    assert file.base_iri == f"file:///graphs/a.ttl.{way}"


@pytest.mark.parametrize("way", _PACKERS)
@pytest.mark.parametrize("damage", ["cut off", "no such archive", "empty"])
def test_damaged_archives_are_refused(tmp_path: Path, way: str, damage: str) -> None:
    whole = _PACKERS[way](bytes(range(256)) * 40)
    data = {"cut off": whole[:-9], "no such archive": b"<http://a> <http://b> 1 .", "empty": b""}[damage]
    found, read = _read(tmp_path, f"graphs/a.nt.{way}", data)
    if damage == "empty" and way in ("gz", "bz2", "zst"):
        file = graph_file(found, read)
        assert file is not None
        assert file.data == b""
        return
    with pytest.raises(GraphError, match=f"cannot be decompressed as {way}") as caught:
        graph_file(found, read)
    assert caught.value.where == found.path


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.owl", '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "rdfxml"),
        ("a.owl", "@prefix owl: <http://www.w3.org/2002/07/owl#> .", "turtle"),
        ("a.owl", "<http://a> <http://b> <http://c> .", "turtle"),
        ("a.owl", "Prefix(:=<http://a/>) Ontology(<http://a>)", "ofn"),
        ("a.owl", '<?xml version="1.0"?><Ontology xmlns="http://www.w3.org/2002/07/owl#"/>', "owlxml"),
        ("a.owl", '[{"@id": "http://a"}]', "jsonld"),
        ("a.xml", '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "rdfxml"),
        ("a.xml", "<project/>", "owlxml"),
        ("a.json", "{}", "jsonld"),
        ("a.csv", "a,b", "csv"),
        ("a", "", ""),
    ],
)
def test_formats_are_told_by_extension_or_content(tmp_path: Path, name: str, text: str, kind: str) -> None:
    file = graph_file(*_read(tmp_path, f"graphs/{name}", text.encode()))
    assert file is not None
    assert file.format == kind


def test_xml_that_is_no_rdf_is_left_out_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs/pom.xml").write_text("<project/>")
    (found,) = find_graph_files(tmp_path, ["graphs"])
    assert graph_file(found, b"<project/>") is None


def test_an_unknown_format_is_named_with_a_way_out(tmp_path: Path) -> None:
    for name, text, said in [("a.csv", b"", "'csv'"), ("a", b"", "without an extension"), ("a.owl", b"Prefix:", "Man")]:
        file = graph_file(*_read(tmp_path, f"graphs/{name}", text))
        assert file is not None
        error = no_loader(file)
        assert said in error.message
        assert error.where == f"graphs/{name}"
        assert error.hint


def test_the_graph_of_a_file_is_named_by_its_path_in_the_project() -> None:
    assert file_iri("graphs/people.ttl") == "file:///graphs/people.ttl"
    assert file_iri("graphs/a b/ü#1?.ttl") == "file:///graphs/a%20b/%C3%BC%231%3F.ttl"


def test_a_configured_base_is_what_relative_iris_are_resolved_against(tmp_path: Path) -> None:
    file = graph_file(*_read(tmp_path, "graphs/a.ttl", b""), base="https://example.org/")
    assert file is not None
    assert file.base_iri == "https://example.org/"


def test_prefixes_of_all_files_and_the_configuration_are_one_table() -> None:
    by_file = {"b.ttl": {"s": "http://s/", "x": "http://x/"}, "a.ttl": {"s": "http://s/"}}
    table = merged_prefixes(by_file, {"z": "http://z/"}, lambda _: b"")
    assert table == {"s": "http://s/", "x": "http://x/", "z": "http://z/"}
    assert list(table) == ["s", "x", "z"]


def test_a_prefix_with_two_meanings_names_both_places() -> None:
    texts = {
        "graphs/a.ttl": b"@prefix o: <http://o/> .\n@prefix s: <http://s/> .\n",
        "graphs/b.rdf": b'<rdf:RDF\n\n xmlns:s="https://s/"/>',
    }
    by_file = {"graphs/b.rdf": {"s": "https://s/"}, "graphs/a.ttl": {"o": "http://o/", "s": "http://s/"}}
    with pytest.raises(GraphError) as caught:
        merged_prefixes(by_file, {}, texts.__getitem__)
    assert caught.value.where == "graphs/b.rdf:3"
    assert "graphs/a.ttl:2" in caught.value.message
    assert merged_prefixes(by_file, {"s": "https://s/"}, texts.__getitem__)["s"] == "https://s/"


def test_the_empty_prefix_is_each_files_own() -> None:
    same = {"a.ttl": {"": "http://a/"}, "b.ttl": {"": "http://a/"}}
    assert merged_prefixes(same, {}, lambda _: b"") == {"": "http://a/"}
    assert merged_prefixes({**same, "c.ttl": {"": "http://c/"}}, {}, lambda _: b"") == {}
