"""Every message of an edge counts once on its hub, whatever the way between them loses, doubles and mixes up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.deploy_world import scratch

from regen.errors import HubError
from regen.fleet import hub as hubs
from regen.fleet.opening import Held
from regen.fleet.push import push
from regen.fleet.round import pause_s
from regen.model.fleet import Ack, Message
from regen.state import edges, outbox
from regen.state.blobs import BlobStore, digest_of
from regen.state.db import NAME, Database

PATHS = ("a.txt", "b.txt")


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """What happened on an edge, in its order."""
    found = []
    for sequence in range(1, draw(st.integers(1, 12)) + 1):
        kind = draw(st.sampled_from(["deployed", "rolled back", "health", "execution", "edit"]))
        release = draw(st.integers(1, 5))
        data: dict[str, object] = {"healthy": draw(st.booleans())} if kind == "health" else {}
        content = None
        if kind == "edit":
            content = draw(st.one_of(st.none(), st.binary(max_size=5)))
            digest = None if content is None else digest_of(content)
            data = {"path": draw(st.sampled_from(PATHS)), "base": None, "digest": digest, "environment": "dev"}
        text = json.dumps(data, sort_keys=True)
        found.append(Message(f"m{sequence:07}", sequence, kind, float(sequence), release, text, content))  # type: ignore[arg-type]
    return found


def seen(folder: Path) -> tuple[object, ...]:
    """All that a hub knows of its edge, but for when it learnt it."""
    database = Database(folder / NAME, read_only=True)
    try:
        (node,) = edges.nodes(database)
        told = edges.messages(database, "e", limit=1000)
        rows = database.execute("SELECT sequence, path, digest, content, outcome FROM edge_edit ORDER BY sequence")
    finally:
        database.close()
    return node.release, node.messages, node.edits, told, rows


@settings(max_examples=30)
@given(histories(), st.data())
def test_in_any_order_and_any_number_of_times_is_as_each_once(history: list[Message], data: st.DataObject) -> None:
    batches = data.draw(st.lists(st.lists(st.sampled_from(history), min_size=1, max_size=5), max_size=12))
    rest = data.draw(st.permutations(history))
    with scratch() as folder:
        for place, sent in (("mixed", [*batches, *([one] for one in rest)]), ("once", [[one] for one in history])):
            (folder / place).mkdir()
            Database(folder / place / NAME).close()
            for batch in sent:
                acks = hubs.receive(folder / place, "e", "id", batch, now=1.0)
                assert [ack.status for ack in acks if isinstance(ack, Ack)] == [200] * len(batch)
        mixed, once = seen(folder / "mixed"), seen(folder / "once")
    assert mixed[1] == len(history)
    assert mixed == once


@dataclass
class Lossy:
    """A way that loses requests and answers, by a plan: "ok", "request", "answer", or a status; "ok" at its end."""

    folder: Path
    plan: list[str | int]
    applied: list[str] = field(default_factory=list)

    def send(self, edge: str, id: str, messages: Sequence[Message]) -> Sequence[Ack]:  # noqa: A002
        what = self.plan.pop(0) if self.plan else "ok"
        if what == "request":
            raise HubError("lost", hint="")
        if isinstance(what, int):
            raise HubError("no", hint="", status=what, retry_after_s=0.0)
        acks = hubs.receive(self.folder, edge, id, messages)
        assert not isinstance(acks, str)
        if what == "answer":
            raise HubError("lost", hint="")
        return acks if what == "ok" else list(reversed(acks))


STEPS = st.lists(st.sampled_from(["ok", "request", "answer", "reversed", 429, 503, 500, 401]), max_size=25)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["note", "push"]), min_size=1, max_size=20), STEPS)
def test_what_waits_reaches_the_hub_once_however_the_line_breaks(turns: list[str], plan: list[str | int]) -> None:
    plan = [step for index, step in enumerate(plan) if step != 500 or plan[:index].count(500) < outbox.ATTEMPTS - 1]
    with scratch() as folder:
        (folder / "hub").mkdir()
        Database(folder / "hub" / NAME).close()
        database = Database(folder / NAME)
        way = Lossy(folder / "hub", list(plan))
        ready = SimpleNamespace(config=SimpleNamespace(edge=SimpleNamespace(name="e")), transport=way)
        state = SimpleNamespace(folder=folder, db=database, blobs=BlobStore(folder / "blobs", database))
        work = cast("Held", SimpleNamespace(ready=ready, state=state, id="id"))
        noted = 0

        def pushed() -> None:
            database.execute("UPDATE outbox SET due = 0")  # time goes by
            with suppress(HubError):
                anyio.run(push, work)

        for turn in [*turns, "note"]:
            if turn == "note":
                noted += 1
                outbox.note(database, "execution", {"number": noted}, at=float(noted), release=None)
            else:
                pushed()
            acknowledged = {
                name
                for (name,) in database.execute(
                    "SELECT id FROM edge_record JOIN outbox USING (sequence) WHERE state = 'synced'"
                )
            }
            hub = Database(folder / "hub" / NAME, read_only=True)
            assert acknowledged <= {name for name, *_ in edges.messages(hub, "e", limit=1000)}
            hub.close()
        way.plan.clear()
        pushed()
        assert outbox.counts(database) == {"pending": 0, "synced": noted, "conflict": 0, "error": 0}
        database.close()
        release, messages, _, told, _ = seen(folder / "hub")
        assert (release, messages) == (None, noted)
        numbers = [json.loads(data)["number"] for *_, data in cast("list[tuple[str]]", told)]
        assert sorted(numbers) == list(range(1, noted + 1))


@given(st.floats(1, 3600), st.floats(1, 300), st.booleans(), st.integers(0, 1000))
def test_a_loop_waits_shorter_with_a_backlog_and_longer_alone(
    usual: float, before: float, reached: bool, waiting: int
) -> None:
    pause = pause_s(usual, before, reached=reached, waiting=waiting)
    if not reached:
        assert usual <= pause <= max(300, usual)
    elif waiting:
        assert pause <= min(5, usual)
    else:
        assert pause == usual
