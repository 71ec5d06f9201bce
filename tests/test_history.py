"""The history: equal before and after a restart, replayed from any revision that is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.errors import StateError
from regen.events import GraphChangeNotifier, Position
from regen.model.change import Change, Origins
from regen.model.delta import Delta, Quad
from regen.model.event import CycleStarted, Event, NodeAdded, NodeChanged, Other, Payload, SettingChanged
from regen.model.term import XSD, Blank, Iri, Literal, Term, TripleTerm
from regen.state.blobs import BlobStore
from regen.state.db import Database
from regen.state.history import StateHistory, decode, encode

DAY_S = 86_400.0
A, LABEL = Iri("urn:a"), Iri("urn:label")
PEOPLE = Iri("urn:people")
ORIGINS = Origins("api", (("urn:people", "graphs/people.ttl"),))


@dataclass
class Opened:
    """A history and the database that it is in."""

    database: Database
    history: StateHistory


@contextmanager
def opened(folder: Path, *, keep_revisions: int = 10_000, keep_days: float = 90.0) -> Iterator[Opened]:
    database = Database(folder / "state.db")
    try:
        blobs = BlobStore(folder / "blobs", database)
        yield Opened(database, StateHistory(database, blobs, keep_revisions=keep_revisions, keep_days=keep_days))
    finally:
        database.close()


def label(text: str, came: frozenset[Term] = frozenset()) -> Change:
    quad = Quad(A, LABEL, Literal(text), PEOPLE)
    return Change(Delta(frozenset({quad}), merged_added=frozenset({quad._replace(graph=None)})), came)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
iris = st.sampled_from(["urn:a", "https://example.org/é", "urn:people"]).map(Iri)
nodes: st.SearchStrategy[Term] = iris | st.sampled_from(["b1", "b.2"]).map(Blank)
literals = st.one_of(
    texts.map(Literal),
    st.builds(Literal, texts, st.just(XSD + "date")),
    st.builds(Literal, texts, st.none(), st.just("en"), st.sampled_from([None, "rtl"])),
)
terms: st.SearchStrategy[Term] = nodes | literals | st.builds(TripleTerm, nodes, iris, literals)
quads = st.builds(Quad, nodes, iris, terms, iris)
merged = quads.map(lambda quad: quad._replace(graph=None))
changes = st.builds(
    Change,
    st.builds(Delta, *[st.frozensets(one, max_size=3) for one in (quads, quads, merged, merged)]),
    st.frozensets(nodes, max_size=2),
    st.frozensets(nodes, max_size=2),
)
others: st.SearchStrategy[Payload] = st.one_of(
    st.builds(CycleStarted, texts, texts),
    st.builds(SettingChanged, texts, texts, texts, texts),
    st.just(Other("stranger.came", "x", '{"a":1}')),
)


@given(changes)
def test_a_change_comes_back_from_its_blob(change: Change) -> None:
    blob = encode(change)
    assert decode(blob) == change
    assert encode(decode(blob)) == blob


@settings(max_examples=25, deadline=None)
@given(st.lists(changes | st.lists(others, min_size=1, max_size=3), max_size=6), st.integers(0, 7))
def test_the_history_after_a_restart_is_what_was_published(steps: list[Change | list[Payload]], start: int) -> None:
    """Subscribers, a replay and a replay after reopening the database see equal events in equal order."""

    async def run(folder: Path) -> list[Event]:
        with opened(folder) as state:
            bus = GraphChangeNotifier(state.history, clock=lambda: 7.25)
            async with bus.subscribe(size=10_000) as events:
                for step in steps:
                    if isinstance(step, Change):
                        await bus.announce(state.history.advance(step, ORIGINS, 1.5))
                    else:
                        await bus.publish(step, origin="watch")
                bus.close()
                live = [event async for event in events]
            assert list(state.history.replay(0)) == live
            return live

    with tempfile.TemporaryDirectory() as folder:
        live = anyio.run(run, Path(folder))
        with opened(Path(folder)) as state:
            again = list(state.history.replay(start))
            assert state.history.position() == GraphChangeNotifier(state.history)._position
    wanted = [event for event in live if event.revision >= start]
    assert again == wanted
    assert repr(again) == repr(wanted)


def test_nodes_that_came_are_told_from_nodes_that_changed_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as state:
        state.history.advance(label("a", came=frozenset({A})), ORIGINS, 1.0)
        state.history.advance(label("b"), ORIGINS, 2.0)
    with opened(tmp_path) as state:
        first, second = state.history.replay(1)
    assert isinstance(first.data, NodeAdded)
    assert isinstance(second.data, NodeChanged)
    assert (first.origin, first.at, first.id) == ("graphs/people.ttl", 1.0, "1.1")


def advance_and_fail(state: Opened) -> None:
    with state.database.transaction():
        assert state.history.advance(label("a"), ORIGINS, 1.0) == 1
        raise RuntimeError("the stale set could not be written")


def test_a_revision_of_a_transaction_that_failed_was_never_there(tmp_path: Path) -> None:
    with opened(tmp_path) as state:
        with pytest.raises(RuntimeError, match="the stale set"):
            advance_and_fail(state)
        assert state.history.position() == Position(0, 0)
        assert state.history.advance(label("b"), ORIGINS, 1.0) == 1


@pytest.mark.parametrize(
    ("keep_revisions", "keep_days", "days", "first"),
    [
        (3, 90.0, [0, 1, 2, 3, 4], 3),
        (100, 2.0, [0, 1, 2, 3, 4], 3),
        (100, 90.0, [0, 1, 2, 3, 4], 0),
        (2, 3.5, [0, 1, 2, 3, 4], 4),
        (1, 0.0, [0, 1, 2], 3),
        (100, 1.0, [0, 1, 400], 3),
    ],
)
def test_retention_is_by_count_and_by_age_and_says_where_it_starts(
    tmp_path: Path, keep_revisions: int, keep_days: float, days: list[int], first: int
) -> None:
    with opened(tmp_path, keep_revisions=keep_revisions, keep_days=keep_days) as state:
        for number, day in enumerate(days, start=1):
            state.history.advance(label(str(day)), ORIGINS, day * DAY_S)
            state.history.append([CycleStarted("dev", str(day))], number, day * DAY_S, "watch")
        assert state.history.first() == first
        kept = range(max(first, 1), len(days) + 1)
        assert [(event.revision, event.type) for event in state.history.replay(first)] == [
            (number, kind) for number in kept for kind in ("node.changed", "cycle.started")
        ]
        if first:
            with pytest.raises(StateError, match=f"starts at revision {first}") as caught:
                state.history.replay(first - 1)
            assert f"replay from {first}" in str(caught.value.hint)
        newest = state.history.append([CycleStarted("dev", "x")], len(days), 0.0, "watch")
    assert [event.id for event in newest] == [f"e{len(days) + 1}"], "a number is never given twice"


def test_a_damaged_or_missing_delta_is_an_error_that_names_the_way_out(tmp_path: Path) -> None:
    with opened(tmp_path) as state:
        for text in "abc":
            state.history.advance(label(text), ORIGINS, 1.0)
        digest = BlobStore(tmp_path / "blobs", state.database).put(b"A this is no quad\n")
        state.database.execute("UPDATE revision SET delta = ? WHERE number = 2", (digest,))
        replay = state.history.replay(1)
        assert next(replay).revision == 1
        with pytest.raises(StateError, match="delta of revision 2 cannot be read") as caught:
            next(replay)
        assert "replay from revision 3" in str(caught.value.hint)
        state.database.execute("DELETE FROM revision WHERE number = 2")
        with pytest.raises(StateError, match="revision 2 is not in the history"):
            list(state.history.replay(1))
        assert state.history.change(3) == label("c")


def test_an_event_whose_class_changed_its_fields_is_an_error(tmp_path: Path) -> None:
    with opened(tmp_path) as state:
        state.history.append([CycleStarted("dev", "x")], 0, 1.0, "watch")
        state.database.execute("""UPDATE event SET data = '{"other":1}'""")
        with pytest.raises(StateError, match="an event of revision 0 cannot be read"):
            list(state.history.replay(0))


def test_a_bus_replays_from_the_database_and_goes_on_live(tmp_path: Path, each_backend: Callable[..., None]) -> None:
    with opened(tmp_path) as state:
        for text in "ab":
            state.history.advance(label(text), ORIGINS, 1.0)

        async def run() -> None:
            bus = GraphChangeNotifier(state.history)
            start = bus.revision
            async with bus.subscribe(from_revision=1) as events:
                await bus.announce(state.history.advance(label("c"), ORIGINS, 1.0))
                bus.close()
                assert [event.revision async for event in events] == list(range(1, start + 2))

        each_backend(run)


@pytest.fixture
def each_backend() -> Callable[..., None]:
    def run(function: Callable[[], object]) -> None:
        for backend in ("asyncio", "trio"):
            anyio.run(function, backend=backend)  # type: ignore[arg-type]

    return run


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[3].split(os.pathsep)
from pathlib import Path
from regen.model.change import Change, Origins
from regen.model.delta import Delta, Quad
from regen.model.event import CycleStarted
from regen.model.term import Iri, Literal
from regen.state.blobs import BlobStore
from regen.state.db import Database
from regen.state.history import StateHistory
folder, count = Path(sys.argv[1]), int(sys.argv[2])
database = Database(folder / "state.db")
history = StateHistory(database, BlobStore(folder / "blobs", database))
for number in range(1, count + 1):
    quad = Quad(Iri("urn:a"), Iri("urn:p"), Literal(str(number)), Iri("urn:g"))
    history.advance(Change(Delta(frozenset({quad}))), Origins("api"), float(number))
    history.append([CycleStarted("dev", str(number))], number, float(number), "watch")
for event in history.replay(0):
    print(event.id, event)
sys.stdout.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_history_after_a_kill_is_what_it_was_before(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "5", os.pathsep.join(sys.path)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with opened(tmp_path) as state:
        after = "".join(f"{event.id} {event}\n" for event in state.history.replay(0))
    assert after == done.stdout
    assert after.count("\n") == 10
