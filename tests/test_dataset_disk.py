"""The store on disk: whatever happened to a process, it holds the dataset that the state speaks of, or is made anew."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, World

from regen import Project
from regen.dataset.disk import DiskStore, is_damage, make_store, open_store
from regen.dataset.store import Dataset, GraphChange, named_quads
from regen.dataset.sums import moved_sum
from regen.errors import StateError
from regen.model.delta import Delta
from regen.query.hits import select

EXAMPLES = 12  # each opens several stores, which takes a second
FILES = ("file:///p/a.ttl", "file:///p/b.ttl")
OWN = ox.NamedNode(FILES[1])
TERMS = [ox.NamedNode(f"u:{name}") for name in "abc"]
UNIVERSE = [
    ox.Quad(s, TERMS[0], o, graph)
    for s in TERMS
    for o in [*TERMS, ox.Literal("x")]
    for graph in (ox.DefaultGraph(), ox.NamedNode("u:own"), OWN)
]
Graphs = dict[str, frozenset[ox.Quad]]


def quads_of(numbers: Iterable[int]) -> frozenset[ox.Quad]:
    return frozenset(UNIVERSE[number] for number in numbers)


def graphs_of(state: Iterable[Iterable[int]]) -> Graphs:
    """What files say; one that names its own graph means its default graph, and the other file may name that, too."""
    first, second = map(quads_of, state)
    own = {ox.Quad(q.subject, q.predicate, q.object) if q.graph_name == OWN else q for q in second}
    return {FILES[0]: first, FILES[1]: frozenset(own)}


def in_memory(graphs: Graphs) -> set[ox.Quad]:
    dataset = Dataset()
    dataset.fill(graphs.items())
    return set(dataset.store)


def sum_of(graphs: Graphs) -> int:
    return moved_sum(0, Delta(frozenset(named_quads(graphs.items()))))


def states_one_twice(graphs: Graphs) -> bool:
    """Whether two files state one quad, which only a store in memory counts."""
    quads = list(named_quads(graphs.items()))
    return len(set(quads)) < len(quads)


def made(folder: Path, graphs: Graphs) -> Dataset:
    dataset = Dataset(make_store(folder))
    dataset.fill(graphs.items())
    if dataset.can_be_kept:
        disk_of(dataset).mark(sum_of(graphs))
    else:
        disk_of(dataset).sum = sum_of(graphs)
    return dataset


def disk_of(dataset: Dataset) -> DiskStore:
    assert dataset.disk is not None
    return dataset.disk


def move(dataset: Dataset, old: Graphs, new: Graphs) -> Delta:
    delta = dataset.insert([GraphChange(iri, set(new[iri] - old[iri]), set(old[iri] - new[iri])) for iri in FILES])
    dataset.settle(delta)
    return delta


states = st.lists(
    st.tuples(*[st.frozensets(st.integers(0, len(UNIVERSE) - 1), max_size=6) for _ in FILES]), min_size=2, max_size=5
)


@settings(max_examples=300, deadline=None)
@given(states)
def test_a_dataset_that_follows_deltas_is_the_one_that_is_filled(wanted: list[tuple[frozenset[int], ...]]) -> None:
    """Whichever files state a quad, in their own graph or by its name: it is there as long as one of them does."""
    history = [graphs_of(state) for state in wanted]
    dataset = Dataset()
    dataset.fill(history[0].items())
    for old, new in itertools.pairwise(history):
        before = set(dataset.store)
        delta = move(dataset, old, new)
        assert set(dataset.store) == in_memory(new)
        assert len(delta.added) + len(delta.merged_added) == len(set(dataset.store) - before)
        assert len(delta.removed) + len(delta.merged_removed) == len(before - set(dataset.store))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states, st.integers(0, 4), st.integers(0, 4))
def test_a_store_that_was_left_anywhere_is_brought_to_what_the_state_says(
    tmp_path: Path, wanted: list[tuple[frozenset[int], ...]], kept: int, asked: int
) -> None:
    """RocksDB may have kept any part of the steps after the marker; the state may speak of any dataset on the way."""
    tmp_path = Path(tempfile.mkdtemp(dir=tmp_path))  # each example has its own: one that failed holds its store open
    history = [graphs_of(state) for state in wanted]
    dataset = made(tmp_path / "d", history[0])
    kept, asked = kept % len(history), asked % len(history)
    sums = [disk_of(dataset).sum]
    for number, (old, new) in enumerate(itertools.pairwise(history)):
        if number == kept:
            disk_of(dataset).store.backup(tmp_path / "early")
        move(dataset, old, new)
        sums.append(disk_of(dataset).sum)
        assert set(dataset.store) == in_memory(new)
        assert sums[-1] == sum_of(new) or not dataset.can_be_kept
    dataset.close()
    del dataset
    if (tmp_path / "early").exists():
        (store,) = (tmp_path / "d").glob("store-*")
        shutil.rmtree(store)
        shutil.move(tmp_path / "early", store)
    for _ in range(2):
        found = open_store(tmp_path / "d", sums[asked])
        if found is not None:
            assert set(found.store) == in_memory(history[asked])
            assert found.sum == sums[asked]
        else:
            assert any(states_one_twice(h) for h in history), "no quad was stated twice"
        del found


ONE: Graphs = {FILES[0]: quads_of([0, 2]), FILES[1]: quads_of([4])}
TWO: Graphs = {FILES[0]: quads_of([0, 6]), FILES[1]: quads_of([])}


def test_a_step_that_was_cut_off_while_it_was_written_was_never_taken(tmp_path: Path) -> None:
    dataset = made(tmp_path / "d", ONE)
    number = disk_of(dataset).sum
    del dataset
    shutil.copytree(tmp_path / "d", tmp_path / "before")
    dataset = made(tmp_path / "d", ONE)
    move(dataset, ONE, TWO)
    dataset.close()
    del dataset
    (journal,) = (tmp_path / "d").glob("journal-*")
    data = journal.read_bytes()
    (token,) = [name for name in (tmp_path / "before" / "marker.json").read_text().split('"') if len(name) == 16]
    for length in (0, 1, 40, len(data) // 2, len(data) - 1):
        (tmp_path / "before" / f"journal-{token}").write_bytes(data[:length])
        found = open_store(tmp_path / "before", number)
        assert found is not None
        assert set(found.store) == in_memory(ONE)
        del found


def test_a_long_journal_is_folded_when_the_state_has_recorded_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regen.dataset.disk._COMPACT_FROM", 1)
    dataset = made(tmp_path / "d", ONE)
    move(dataset, ONE, TWO)
    dataset.recorded(sum_of(TWO))
    assert not list((tmp_path / "d").glob("journal-*"))
    dataset.close()
    del dataset
    found = open_store(tmp_path / "d", sum_of(TWO))
    assert found is not None
    assert set(found.store) == in_memory(TWO)


def test_what_was_taken_in_can_be_taken_back(tmp_path: Path) -> None:
    dataset = made(tmp_path / "d", ONE)
    move(dataset, ONE, TWO)
    assert dataset.back_to(sum_of(ONE))
    assert set(dataset.store) == in_memory(ONE)
    assert not dataset.back_to(12345)
    dataset.close()
    del dataset
    assert open_store(tmp_path / "d", sum_of(ONE)) is not None


@pytest.mark.parametrize("spoil", ["version", "marker", "store", "sum"])
def test_what_does_not_fit_is_made_anew(tmp_path: Path, spoil: str) -> None:
    dataset = made(tmp_path / "d", ONE)
    dataset.close()
    del dataset
    marker = tmp_path / "d" / "marker.json"
    if spoil == "version":
        marker.write_text(marker.read_text().replace(ox.__version__, "0.0.1"))
    elif spoil == "marker":
        marker.write_text("{")
    elif spoil == "store":
        (store,) = (tmp_path / "d").glob("store-*")
        for file in store.iterdir():
            file.write_bytes(b"no store")
    assert open_store(tmp_path / "d", sum_of(ONE) + (spoil == "sum")) is None


def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = made(tmp_path / "d", ONE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("regen.dataset.disk.write_all", full)
        with pytest.raises(StateError, match="No space left"):
            move(dataset, ONE, TWO)
    assert set(dataset.store) == in_memory(ONE)
    move(dataset, ONE, TWO)
    assert set(dataset.store) == in_memory(TWO)


def test_a_journal_that_was_open_in_another_boot_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not flushed step by step; one that was closed is good in any boot."""
    dataset = made(tmp_path / "d", ONE)
    move(dataset, ONE, TWO)
    shutil.copytree(tmp_path / "d", tmp_path / "cut off")
    dataset.close()
    del dataset
    assert open_store(tmp_path / "cut off", sum_of(TWO)) is not None
    monkeypatch.setattr("regen.dataset.disk.boot_id", lambda: "another")
    assert open_store(tmp_path / "cut off", sum_of(TWO)) is None
    found = open_store(tmp_path / "d", sum_of(TWO))
    assert found is not None
    assert set(found.store) == in_memory(TWO)


def test_where_boots_are_not_told_apart_each_step_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regen.dataset.disk.boot_id", lambda: None)
    flushed: list[int] = []
    monkeypatch.setattr("regen.dataset.disk.os.fdatasync", flushed.append)
    dataset = made(tmp_path / "d", ONE)
    move(dataset, ONE, TWO)
    move(dataset, TWO, ONE)
    assert len(flushed) == 2


def test_a_store_that_is_damaged_ends_one_command_and_is_made_anew(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("regen.toml", '[engine]\ndataset = "disk"\n')
    world.write("graphs/many.nt", "".join(f'<u:s{n}> <u:p> "value {n}" .\n' for n in range(3000)))
    with Project.open_sync(tmp_path) as project:
        project.apply()
    (store,) = (tmp_path / ".regen" / "dataset").glob("store-*")
    for file in store.glob("*.sst"):
        data = bytearray(file.read_bytes())
        for at in range(200, len(data) // 2, 400):
            data[at] ^= 0x5A
        file.write_bytes(data)
    world.graph(PEOPLE.replace('"Ada"', '"Ada L."'))
    try:
        with Project.open_sync(tmp_path) as project:
            found = project.apply()
    except StateError:  # where the engine opens it all the same, a query meets the damage
        with Project.open_sync(tmp_path) as project:
            found = project.apply()
    assert [item.path for item in found.plan.items] == ["ada.txt"]


def test_damage_is_no_fault_of_a_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine may meet it in the midst of the solutions, and has one class of error for that and for others."""

    class Solutions:
        def __iter__(self) -> Solutions:
            return self

        def __next__(self) -> object:
            raise RuntimeError("Corruption: block checksum mismatch")

    class Damaged:
        def query(self, text: str, prefixes: dict[str, str]) -> Solutions:
            return Solutions()

    monkeypatch.setattr("regen.query.hits.ox", SimpleNamespace(QuerySolutions=Solutions))
    with pytest.raises(RuntimeError, match="Corruption") as caught:
        list(select(Damaged(), "SELECT * { ?s ?p ?o }", {}))  # type: ignore[arg-type]
    assert is_damage(caught.value)
