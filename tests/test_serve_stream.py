"""Streams of events: nothing is missed, nothing comes twice, and nobody who is slow is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cycle_world import World
from tests.test_cli import regen

from regen.errors import ExitCode
from regen.model.change import Change, Origins
from regen.model.delta import Delta, Quad
from regen.model.event import Payload, SettingChanged
from regen.model.term import Iri, Literal
from regen.serve import live as living
from regen.serve import past
from regen.serve import stream as streaming
from regen.serve.desk import Desk
from regen.serve.live import Live, Message
from regen.serve.past import Place, after, latest, place_of
from regen.serve.stream import Stream
from regen.state.history import StateHistory
from regen.state.opening import open_state
from regen.telemetry import CycleBegan, CycleEnded

ORIGINS = Origins("api", ())


def change(number: int) -> Change:
    """A change of two subjects."""
    quads = [Quad(Iri(f"http://e/{number}-{n}"), Iri("http://e/p"), Literal(str(number)), Iri("g")) for n in range(2)]
    return Change(
        Delta(frozenset(quads), frozenset(), frozenset(q._replace(graph=None) for q in quads), frozenset()),
        frozenset(),
        frozenset(),
    )


def other(number: int) -> Payload:
    """An event that is no graph event."""
    return SettingChanged("x", "0", str(number), "test")


def told(place: Path, steps: Sequence[bool], most: int, at_once: int) -> tuple[list[str], list[str]]:
    """Ids of all events as they were told bit by bit while the history grew, and as they are told at its end."""
    with open_state(place, command="test") as state:
        past._AT_ONCE = at_once
        history = StateHistory(state.db, state.blobs)
        here, heard = Place(0, 0, 0), []
        for number, graph in enumerate(steps):
            if graph:
                history.advance(change(number), ORIGINS, 1.0)
            else:
                history.append([other(number)], max(history.position().revision - number % 2, 0), 1.0, "test")
            found = after(state, here, (), most=most)
            here = found.place
            heard += [one.event.id for one in found.told]
        while found.more if steps else False:
            found = after(state, here, (), most=most)
            here = found.place
            heard += [one.event.id for one in found.told]
        past._AT_ONCE = 500
        whole = [one.event.id for one in after(state, Place(0, 0, 0), (), most=1000).told]
    return heard, whole


@given(steps=st.lists(st.booleans(), max_size=12), most=st.integers(1, 5), at_once=st.integers(1, 4))
def test_whoever_goes_on_misses_nothing_and_gets_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[bool], most: int, at_once: int
) -> None:
    heard, whole = told(tmp_path_factory.mktemp("state") / ".regen", steps, most, at_once)
    assert sorted(heard) == sorted(whole)
    assert len(set(heard)) == len(heard)


@given(revision=st.integers(0, 10**12), graph=st.integers(0, 10**6), event=st.integers(0, 10**12))
def test_a_place_is_spelt_and_read(revision: int, graph: int, event: int) -> None:
    place = Place(revision, graph, event)
    assert place_of(str(place)) == place


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.x", "-1.0.0", "1.2.3.4", "1.2.99999999999999999", "1.2.\u0663"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert place_of(text) is None


def test_a_large_change_is_told_as_one_event(tmp_path: Path) -> None:
    people = "".join(f':p{n} a :Person ; rdfs:label "{n}" .\n' for n in range(1500))
    world = World(tmp_path / "project")
    world.graph(people)
    assert regen(world, "apply") == ExitCode.DONE
    desk = Desk.of(world.root)
    with desk.state() as state:
        found = latest(state, ("node.*", "bus.*"), most=100)
    assert [one.event.type for one in found.told] == ["bus.overflow"]


def test_a_reader_that_does_not_keep_up_is_let_go(tmp_path: Path) -> None:
    """And what waited for it goes with it."""

    async def run() -> None:
        live = Live(Desk.of(tmp_path).readers)
        with live.listening(()) as slow, live.listening(("other",)) as picky:
            for number in range(living.QUEUE + 1):
                live._tell(Message("x", str(number)))
            assert (slow.lost, slow.ended, len(slow.waiting)) == (True, True, 0)
            assert (picky.lost, len(picky.waiting)) == (False, 0)

    asyncio.run(run())


def test_a_reader_that_takes_nothing_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the system would buffer for it for ever."""
    monkeypatch.setattr(streaming, "SLOW_S", 0.001)

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        desk = Desk.of(tmp_path)
        await Stream(desk, (), None)({"type": "http"}, receive, send)  # type: ignore[arg-type]
        assert len(desk.live) == 0

    asyncio.run(run())


def test_a_quiet_stream_says_that_it_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.001)

    async def run() -> None:
        gone, sent = asyncio.Event(), b""

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal sent
            sent += message.get("body", b"")
            if b"event: heartbeat" in sent:
                gone.set()

        desk = Desk.of(tmp_path)
        await Stream(desk, (), None)({"type": "http"}, receive, send)  # type: ignore[arg-type]
        assert len(desk.live) == 0

    asyncio.run(run())


def test_streams_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "STREAMS", 0)
    with pytest.raises(streaming.Problem, match="open already"):
        Stream(Desk.of(tmp_path), (), None)


def test_a_request_waits_for_a_short_cycle_and_not_for_a_long_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("regen.serve.desk.time.time", lambda: now[0])

    async def run() -> None:
        desk = Desk.of(tmp_path)
        telling = asyncio.ensure_future(desk.live.run())
        await desk.calm()
        desk.running.observe(CycleBegan("watch", "x", now[0], "dev"))
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(desk.calm())
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.running.observe(CycleEnded(None))
        await waiting
        desk.running.observe(CycleBegan("watch", "x", now[0] - 10, "dev"))
        await desk.calm()
        telling.cancel()

    asyncio.run(run())
