"""Packs whose names hold no namespace tell classes apart that differ by the scheme of their namespace alone."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from regen_templates.vocabulary.names import stem_among_schemes, twins_of
from tests.cycle_world import World
from tests.pack_world import project

from regen.model.term import XSD, Iri, Literal
from regen.state.db import Database

_PREFIXES = "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
_BASES = ("https://e.example/a/", "https://e.example/a#", "http://e.example/a/", "http://e.example/a#")
_STEMS = ("car", "car_https_hash", "car_http", "car_http_hash")


def _graph(*bases: str) -> str:
    """A class `Car` in each namespace, and one that refers to all of them."""
    cars = [f"<{base}Car> a owl:Class ." for base in bases]
    links = [
        f"<http://e.example/a#link{at}> a owl:ObjectProperty ;"
        f" rdfs:domain <http://e.example/a#Owner> ; rdfs:range <{base}Car> ."
        for at, base in enumerate(bases)
    ]
    return "\n".join([_PREFIXES, "<http://e.example/a#Owner> a owl:Class .", *cars, *links])


def _files(world: World) -> set[str]:
    names = {path.rpartition("/")[2].partition(".")[0] for path in world.tree()}
    return {name for name in names if "car" in name.split("_")}


@pytest.mark.parametrize("pack", ["go", "rust", "sql"])
def test_the_first_scheme_has_the_plain_name(tmp_path: Path, pack: str) -> None:
    world = project(tmp_path / "one", pack, cars=_graph(*_BASES))
    anyio.run(world.apply)
    assert {name.removeprefix("e_example_a_") for name in _files(world)} == set(_STEMS)

    world.write("graphs/cars.ttl", _graph(*_BASES[1:]))
    anyio.run(world.apply)
    anew = project(tmp_path / "two", pack, cars=_graph(*_BASES[1:]))
    anyio.run(anew.apply)
    assert world.tree() == anew.tree()


@pytest.mark.parametrize("pack", ["go", "rust", "sql"])
def test_no_body_asks_the_graph_for_them(tmp_path: Path, pack: str) -> None:
    world = project(tmp_path, pack, cars=_graph(*_BASES))
    anyio.run(world.apply)
    database = Database(tmp_path / ".regen" / "state.db")
    assert database.execute("SELECT count(*) FROM lookup") == [(0,)]
    database.close()


@given(st.sets(st.sampled_from(_BASES), min_size=1))
@example(set(_BASES[2:]))
def test_names_differ_and_the_first_is_plain(bases: set[str]) -> None:
    ordered = [base for base in _BASES if base in bases]
    first = Literal(str(_BASES.index(ordered[0])), f"{XSD}integer")
    twins = twins_of([(Literal("//e.example/a/Car"), first)] if len(ordered) > 1 else [])
    assert [stem_among_schemes(Iri(f"{base}Car"), twins) for base in ordered] == [
        "car",
        *(_STEMS[_BASES.index(base)] for base in ordered[1:]),
    ]
