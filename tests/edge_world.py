"""A hub and an edge in folders, and a way between them that can be cut, bent and listened to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.cycle_world import World

from regen.errors import HubError, UsageError
from regen.fleet import hub as hubs
from regen.fleet.deployment import Back, roll_back
from regen.fleet.edits import Looks
from regen.fleet.opening import Held, Ready, held, make_ready
from regen.fleet.round import Round, meet
from regen.hooks import hookimpl
from regen.model.fleet import Ack, Hub, Manifest, ManifestDelta, Message, Node, Offers, Report
from regen.state import edges
from regen.state.opening import State, read_state

Bend = Callable[[str, object], object]
"""What the way makes of an answer: (the method's name, what the hub answered) → what the edge gets, or it raises."""


def straight(method: str, answer: object) -> object:
    """Nothing is bent."""
    del method
    return answer


@dataclass
class Way:
    """A transport without a network: it calls what the routes call.

    Attributes:
        folder: `.regen` of the hub's project.
        bend: what becomes of answers.
        calls: (method, arguments in short) in their order.
        piece: bytes that a fetch gets at the most before the line breaks; None: all.
        bundles, deltas: whether many small files come at once, and lists of files by what changed.
    """

    folder: Path
    bend: Bend = straight
    calls: list[str] = field(default_factory=list)
    piece: int | None = None
    bundles: bool = False
    deltas: bool = False
    name: str = "way"

    @contextmanager
    def _state(self) -> Iterator[State]:
        with read_state(self.folder) as state:
            assert state is not None
            yield state

    def report(self, report: Report) -> None:
        self.calls.append("report")
        self.bend("report", None)
        refused = hubs.meet(self.folder, report)
        if refused is not None:
            raise HubError(refused, hint="", status=409)

    def offers(self, environment: str | None, since: int) -> Offers:
        self.calls.append(f"offers {since}")
        with self._state() as state:
            found = self.bend("offers", hubs.offers(state, environment or "dev", since))
        assert isinstance(found, Offers)
        return found

    def manifest(self, environment: str, number: int) -> Manifest:
        self.calls.append(f"manifest {number}")
        with self._state() as state:
            found = self.bend("manifest", hubs.manifest(state, environment, number))
        assert isinstance(found, Manifest)
        return found

    def fetch(self, environment: str, number: int, digest: str, into: Path) -> None:
        there = into.stat().st_size if into.exists() else 0
        self.calls.append(f"fetch {digest[:6]} {there}")
        with self._state() as state:
            try:
                found: bytes | None = hubs.blob(state, environment, number, digest)
            except UsageError:
                found = None
        data = self.bend("fetch", found)
        if data is None:
            raise HubError("there is nothing here", hint="", status=404)
        assert isinstance(data, bytes)
        rest = data[there:]
        with into.open("ab") as file:
            file.write(rest if self.piece is None else rest[: self.piece])
        if self.piece is not None and len(rest) > self.piece:
            raise HubError("the answer was cut off", hint="")

    def delta(self, environment: str, number: int, since: int) -> ManifestDelta:
        if not self.deltas:
            raise HubError("there is no such thing", hint="", status=404)
        self.calls.append(f"delta {since} {number}")
        with self._state() as state:
            found = self.bend("delta", hubs.delta(state, environment, number, since))
        assert isinstance(found, ManifestDelta)
        return found

    def bundle(self, environment: str, number: int, digests: Sequence[str]) -> Sequence[bytes]:
        if not self.bundles:
            return []
        self.calls.append(f"bundle {len(digests)}")
        with self._state() as state:
            found = self.bend("bundle", hubs.bundle(state, environment, number, digests))
        assert isinstance(found, list)
        return found

    def send(self, edge: str, id: str, messages: Sequence[Message]) -> Sequence[Ack]:  # noqa: A002
        self.calls.append(f"send {len(messages)}")
        self.bend("asked", messages)
        acks = hubs.receive(self.folder, edge, id, messages)
        if isinstance(acks, str):
            raise HubError(acks, hint="", status=409)
        found = self.bend("send", acks)
        assert isinstance(found, list)
        return found


class WayPlugin:
    """The plugin that knows the way."""

    def __init__(self, way: Way) -> None:
        self._way = way

    @hookimpl
    def regen_sync(self, hub: Hub) -> Way | None:
        return self._way if hub.url.startswith("way:") else None


@dataclass
class Fleet:
    """A hub, an edge, and the way between them."""

    hub: World
    edge: Path
    way: Way

    @property
    def site(self) -> Path:
        """What is read on the edge."""
        return self.edge / "site" / "current"

    def stands(self) -> dict[str, bytes]:
        """Files that are read on the edge, by path."""
        root = self.site.resolve()
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

    def settings(self, edge: str = "", environment: str = 'deployer = "releases"') -> None:
        """Write `edge.toml`."""
        self.edge.mkdir(parents=True, exist_ok=True)
        head = f'[edge]\nname = "e1"\nhub = "way:"\n{edge}\n[[environment]]\nname = "dev"\n{environment}\n'
        (self.edge / "edge.toml").write_text(head)

    async def ready(self) -> Ready:
        """The edge without its state."""
        return await make_ready(self.edge, [("way", WayPlugin(self.way))])

    async def sync(self) -> Round:
        """One round by a process of its own."""
        with held(await self.ready(), "edge sync") as work:
            return await meet(work, Looks())

    async def work(self, call: Callable[[Held], object]) -> object:
        """Something else on the edge."""
        with held(await self.ready(), "edge") as work:
            return call(work)

    async def back(self, to: int | None = None, **options: bool) -> Back:
        """Roll back by hand."""
        found = await self.work(lambda work: roll_back(work, Looks(), to, why="by hand", **options))
        assert isinstance(found, Back)
        return found

    def node(self) -> Node:
        """The edge as the hub knows it."""
        with read_state(self.hub.root / ".regen") as state:
            assert state is not None
            (node,) = edges.nodes(state.db)
            return node

    def kinds(self) -> list[str]:
        """Kinds of the messages that the hub has, in their order."""
        with read_state(self.hub.root / ".regen") as state:
            assert state is not None
            return [kind for _, _, kind, *_ in reversed(edges.messages(state.db, "e1", limit=10_000))]

    async def release(self, label: str) -> None:
        """Another release on the hub: Ada is called so."""
        self.hub.graph(f':ada a :Person ; rdfs:label "{label}" ; :knows :bob .\n:bob a :Person ; rdfs:label "Bob" .\n')
        await self.hub.apply()

    def refusing(self, status: int | None, method: str = "asked") -> None:
        """Let the hub say no to what is sent."""

        def bend(name: str, answer: object) -> object:
            if name == method:
                raise HubError("no", hint="", status=status)
            return answer

        self.way.bend = bend

    def bent(self, method: str, change: Callable[[object], object]) -> None:
        """Let answers of a method come bent."""
        self.way.bend = partial(_bent, method, change)


def _bent(method: str, change: Callable[[object], object], name: str, answer: object) -> object:
    return change(answer) if name == method else answer


async def make_fleet(folder: Path) -> Fleet:
    """A hub with one release, and an edge that has none."""
    hub = World(folder / "hub")
    await hub.apply()
    fleet = Fleet(hub, folder / "edge", Way(hub.root / ".regen"))
    fleet.settings()
    return fleet
