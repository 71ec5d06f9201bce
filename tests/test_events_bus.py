"""The bus: order, filters, full queues, replay that goes on live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from regen.errors import StateError, UsageError
from regen.events import Filter, GraphChangeNotifier, OverflowPolicy, Position, SlowSubscriberError
from regen.model.change import Change, Origins, delta_of, graph_events
from regen.model.delta import Delta, Quad
from regen.model.event import (
    CycleStarted,
    EdgeAdded,
    Event,
    GraphPayload,
    NodeAdded,
    Overflow,
    Payload,
    Property,
    SettingChanged,
)
from regen.model.term import RDF_TYPE, Iri, Literal

BACKENDS = ["asyncio", "trio"]
A, B = Iri("urn:a"), Iri("urn:b")
KNOWS, LABEL = Iri("urn:knows"), Iri("urn:label")
PEOPLE = Iri("urn:people")


@dataclass
class MemoryHistory:
    """A history in a list; the first `forgotten` revisions cannot be replayed."""

    events: list[Event] = field(default_factory=list)
    forgotten: int = 0
    recorded: int = 0

    def position(self) -> Position:
        return Position(self.recorded, sum(not isinstance(event.data, GraphPayload) for event in self.events))

    def append(self, payloads: Sequence[Payload], revision: int, at: float, origin: str) -> list[Event]:
        start = self.position().event
        new = [Event(data, revision, at, origin, f"e{start + n}") for n, data in enumerate(payloads, start=1)]
        self.events += new
        return new

    def advance(self, delta: Delta, origin: str) -> int:
        self.recorded += 1
        self.events += graph_events(Change(delta), Origins(origin), self.recorded, float(self.recorded))
        return self.recorded

    def replay(self, from_revision: int, until: Position) -> Iterator[Event]:
        if from_revision < self.forgotten:
            raise StateError(f"the history starts at revision {self.forgotten}")
        return iter(
            [
                event
                for event in sorted(self.events, key=order)
                if from_revision <= event.revision and within(event, until)
            ]
        )


def order(event: Event) -> tuple[int, bool, int]:
    """The order that the bus promises: by revision, graph events first, then by their numbers."""
    other = not isinstance(event.data, GraphPayload)
    return (event.revision, other, int(event.id.removeprefix("e").rpartition(".")[2]))


def within(event: Event, until: Position) -> bool:
    graph = isinstance(event.data, GraphPayload)
    return event.revision <= until.revision if graph else int(event.id.removeprefix("e")) <= until.event


def make_bus(history: MemoryHistory | None = None) -> tuple[GraphChangeNotifier, MemoryHistory]:
    history = history or MemoryHistory()

    async def intake(delta: Delta, origin: str) -> int:
        await checkpoint()
        return history.advance(delta, origin)

    return GraphChangeNotifier(history, intake, clock=lambda: 12.5), history


def label(text: str) -> Delta:
    return Delta(frozenset({Quad(A, LABEL, Literal(text), PEOPLE)}))


@pytest.mark.anyio
async def test_a_delta_comes_out_as_graph_events_with_its_revision_and_origin() -> None:
    bus, _ = make_bus()
    async with bus.subscribe() as events:
        await bus.publish(label("x"), origin="https://example.org/inbox")
        event = await anext(events)
    assert (event.type, event.revision, event.origin) == ("node.changed", 1, "https://example.org/inbox")
    assert bus.revision == 1


@pytest.mark.anyio
async def test_change_events_are_taken_in_as_the_delta_that_they_describe() -> None:
    bus, history = make_bus()
    edge = EdgeAdded(A, PEOPLE, KNOWS, B)
    node = NodeAdded(A, PEOPLE, (Property(LABEL, Literal("a")),))
    async with bus.subscribe() as events:
        await bus.publish([CycleStarted("dev", "test"), edge, node])
        found = [await anext(events) for _ in range(3)]
    assert [event.type for event in found] == ["node.changed", "edge.added", "cycle.started"]
    assert [event.revision for event in found] == [1, 1, 1]
    graph = [event.data for event in history.events if isinstance(event.data, GraphPayload)]
    assert delta_of(graph) == delta_of([edge, node])


@pytest.mark.anyio
async def test_other_events_carry_clock_origin_and_revision() -> None:
    bus, _ = make_bus()
    async with bus.subscribe(types="cycle.*") as events:
        await bus.publish(label("x"))
        await bus.publish(CycleStarted("dev", "test"), origin="watch")
        event = await anext(events)
    assert (event.revision, event.at, event.origin, event.id) == (1, 12.5, "watch", "e1")


@pytest.mark.anyio
async def test_a_bus_without_intake_refuses_deltas() -> None:
    bus = GraphChangeNotifier(MemoryHistory())
    with pytest.raises(UsageError, match="takes no deltas in"):
        await bus.publish(label("x"))


@pytest.mark.anyio
async def test_what_a_transaction_recorded_is_announced_once() -> None:
    bus, history = make_bus()
    async with bus.subscribe() as events:
        history.advance(label("x"), "api")
        second = history.advance(label("y"), "api")
        await bus.announce(second)
        await bus.announce(second)
        await bus.announce(1)
        bus.close()
        assert [event.revision async for event in events] == [1, 2]


@pytest.mark.anyio
async def test_what_is_recorded_and_not_announced_is_not_replayed_before_it_comes_live() -> None:
    bus, history = make_bus()
    history.advance(label("x"), "api")
    async with bus.subscribe(from_revision=0) as events:
        await bus.announce(1)
        bus.close()
        assert [event.id async for event in events] == ["1.1"]


# Filters


def everything() -> list[Event]:
    data: list[Payload] = [
        CycleStarted("dev", "x"),
        CycleStarted("urn:a", "x"),
        SettingChanged("workers", "1", "2", "x"),
    ]
    for subject, graph in product((A, B), (PEOPLE, None)):
        data += [
            NodeAdded(subject, graph, (Property(LABEL, Literal("l")), Property(Iri(RDF_TYPE), B))),
            NodeAdded(subject, graph),
            EdgeAdded(subject, graph, KNOWS, B),
        ]
    return [Event(one, 1, 0.0, "api", str(number)) for number, one in enumerate(data)]


@given(
    types=st.lists(
        st.sampled_from(["*", "node.*", "edge.added", "cycle.*", "setting.?hanged", "[ns]*", "node"]), max_size=2
    ),
    subject=st.sampled_from([None, "urn:a", A, B, "dev", Literal("urn:a"), "workers"]),
    predicate=st.sampled_from([None, "urn:knows", LABEL, RDF_TYPE, "urn:none"]),
    graph=st.sampled_from([None, PEOPLE, "urn:people", "urn:none"]),
)
def test_a_filter_passes_what_brute_force_passes(
    types: list[str], subject: str | None, predicate: str | None, graph: str | None
) -> None:
    matching = {
        "*": ["node.added", "edge.added", "cycle.started", "setting.changed"],
        "node.*": ["node.added"], "edge.added": ["edge.added"], "cycle.*": ["cycle.started"],
        "setting.?hanged": ["setting.changed"], "[ns]*": ["node.added", "setting.changed"], "node": [],
    }  # fmt: skip
    allowed = {name for pattern in types or ["*"] for name in matching[pattern]}
    expected = []
    for event in everything():
        data = event.data
        if event.type not in allowed:
            continue
        if isinstance(data, GraphPayload):
            spoken = (
                [data.predicate] if isinstance(data, EdgeAdded) else [p.predicate for p in getattr(data, "gained", ())]
            )
            about = data.subject
        else:
            spoken, about = [], data.about  # type: ignore[assignment]
        if subject is not None and about != subject:
            continue
        if predicate is not None and predicate not in [str(one) for one in spoken]:
            continue
        if graph is not None and getattr(data, "graph", None) != graph:
            continue
        expected.append(event)
    assert [event for event in everything() if Filter(tuple(types), subject, predicate, graph)(event)] == expected


# Full queues


@pytest.mark.anyio
async def test_block_makes_publishers_wait_and_loses_nothing() -> None:
    bus, _ = make_bus()
    published = 0

    async def publish_all() -> None:
        nonlocal published
        for number in range(8):
            await bus.publish(CycleStarted("dev", str(number)))
            published = number + 1
        bus.close()

    async with anyio.create_task_group() as tasks, bus.subscribe(size=3) as events:
        tasks.start_soon(publish_all)
        await anyio.wait_all_tasks_blocked()
        assert published == 3
        seen = []
        async for event in events:
            seen.append(event)
            await anyio.wait_all_tasks_blocked()
            assert published - len(seen) <= 3
    assert [event.data for event in seen] == [CycleStarted("dev", str(number)) for number in range(8)]
    assert events.dropped == 0


@pytest.mark.anyio
async def test_a_cancelled_publisher_has_published_nothing() -> None:
    bus, history = make_bus()
    async with bus.subscribe(size=1) as events:
        await bus.publish(CycleStarted("dev", "first"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bus.publish, CycleStarted("dev", "second"))
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert len(history.events) == 1
        await anext(events)
        await bus.publish(CycleStarted("dev", "third"))
        assert (await anext(events)).data == CycleStarted("dev", "third")


@pytest.mark.anyio
async def test_a_subscriber_that_leaves_frees_the_publishers() -> None:
    bus, history = make_bus()
    async with anyio.create_task_group() as tasks, bus.subscribe(size=1):
        await bus.publish(CycleStarted("dev", "1"))
        tasks.start_soon(bus.publish, CycleStarted("dev", "2"))
        await anyio.wait_all_tasks_blocked()
    assert len(history.events) == 2


@pytest.mark.anyio
async def test_drop_oldest_tells_how_many_went_and_where_to_replay_from() -> None:
    bus, _ = make_bus()
    async with bus.subscribe(size=2, overflow="drop_oldest", types="node.*") as events:
        for text in "abcde":
            await bus.publish(label(text))
        first, *rest = [await anext(events) for _ in range(3)]
        assert first.data == Overflow(dropped=3, replay_from=1)
        assert [event.revision for event in rest] == [4, 5]
        assert events.dropped == 3
        await bus.publish(label("f"))
        assert (await anext(events)).revision == 6
        async with bus.subscribe(from_revision=1, types="node.*") as again:
            assert [(await anext(again)).revision for _ in range(6)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.anyio
async def test_disconnect_gives_what_waited_and_then_raises() -> None:
    bus, _ = make_bus()
    async with bus.subscribe(size=2, overflow="disconnect") as events:
        for text in "abcd":
            await bus.publish(label(text))
        assert [(await anext(events)).revision for _ in range(2)] == [1, 2]
        for _ in range(2):
            with pytest.raises(SlowSubscriberError, match="revision 3") as caught:
                await anext(events)
        assert "from_revision=3" in str(caught.value.hint)


@pytest.mark.anyio
async def test_one_slow_subscriber_that_may_lose_events_holds_nobody_up() -> None:
    bus, _ = make_bus()
    async with (
        bus.subscribe(size=1, overflow="drop_oldest"),
        bus.subscribe(size=1, overflow="disconnect"),
        bus.subscribe() as fast,
    ):
        for text in "abc":
            await bus.publish(label(text))
        assert [(await anext(fast)).revision for _ in range(3)] == [1, 2, 3]


@pytest.mark.anyio
async def test_a_queue_that_holds_nothing_is_refused() -> None:
    bus, _ = make_bus()
    with pytest.raises(UsageError, match="holds none"):
        async with bus.subscribe(size=0):
            pass


@pytest.mark.anyio
async def test_publishing_after_the_end_is_kept_and_reaches_nobody() -> None:
    bus, history = make_bus()
    async with bus.subscribe() as events:
        bus.close()
        await bus.publish(CycleStarted("dev", "late"))
        assert [event async for event in events] == []
    assert len(history.events) == 1


# Replay


@pytest.mark.anyio
async def test_a_replay_from_before_the_history_fails_when_subscribing() -> None:
    bus, _ = make_bus(MemoryHistory(forgotten=5, recorded=9))
    with pytest.raises(StateError, match="starts at revision 5"):
        async with bus.subscribe(from_revision=4):
            pass


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=30, deadline=None)
@given(
    before=st.integers(0, 4),
    publishers=st.lists(st.lists(st.booleans(), max_size=5), min_size=1, max_size=3),
    readers=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12), st.integers(1, 4)), min_size=1, max_size=3),
)
def test_replay_goes_on_live_without_gap_or_repeat(
    backend: str, before: int, publishers: list[list[bool]], readers: list[tuple[int, int, int]]
) -> None:
    """Publishers and subscribers run side by side; every reader sees the history from its revision on."""
    seen: list[tuple[int, list[Event]]] = []
    history = MemoryHistory()

    async def publish(bus: GraphChangeNotifier, name: int, kinds: list[bool]) -> None:
        for number, is_delta in enumerate(kinds):
            await bus.publish(label(f"{name}.{number}") if is_delta else CycleStarted("dev", f"{name}.{number}"))

    async def read(bus: GraphChangeNotifier, start: int, patience: int, size: int) -> None:
        for _ in range(patience):
            await checkpoint()
        async with bus.subscribe(from_revision=start, size=size) as events:
            found: list[Event] = []
            seen.append((start, found))
            async for event in events:
                found.append(event)
                await checkpoint()

    async def run() -> None:
        bus, _ = make_bus(history)
        for number in range(before):
            await bus.publish([CycleStarted("dev", f"before {number}")])
            await bus.publish(label(f"before {number}"))
        async with anyio.create_task_group() as tasks:
            for reader in readers:
                tasks.start_soon(read, bus, *reader)
            async with anyio.create_task_group() as inner:
                for name, kinds in enumerate(publishers):
                    inner.start_soon(publish, bus, name, kinds)
            await anyio.wait_all_tasks_blocked()
            bus.close()

    anyio.run(run, backend=backend)
    assert len(seen) == len(readers)
    for start, found in seen:
        assert found == [event for event in sorted(history.events, key=order) if event.revision >= start]


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=30, deadline=None)
@given(
    policy=st.sampled_from(["drop_oldest", "disconnect", "block"]),
    size=st.integers(1, 4),
    steps=st.lists(st.integers(0, 3), max_size=12),
)
def test_whatever_the_policy_what_is_read_and_what_is_said_to_be_lost_is_everything(
    backend: str, policy: OverflowPolicy, size: int, steps: list[int]
) -> None:
    """Each step publishes one event and reads some; `block` reads before it would wait."""

    async def run() -> None:
        bus, history = make_bus()
        read: list[Event] = []
        lost, waiting = 0, 0
        async with bus.subscribe(size=size, overflow=policy) as events:
            for number, count in enumerate(steps):
                if policy == "block" and waiting >= size:
                    read.append(await anext(events))
                    waiting -= 1
                await bus.publish(label(str(number)))
                waiting += 1
                for _ in range(min(count, waiting) if policy == "block" else 0):
                    read.append(await anext(events))
                    waiting -= 1
            bus.close()
            try:
                async for event in events:
                    if isinstance(event.data, Overflow):
                        lost += event.data.dropped
                        assert event.data.replay_from == len(read) + 1
                    else:
                        read.append(event)
            except SlowSubscriberError:
                lost += len(history.events) - len(read)
                assert len(read) == size
        assert lost + len(read) == len(history.events)
        assert read == history.events[lost:] or (policy == "disconnect" and read == history.events[:size])

    anyio.run(run, backend=backend)
