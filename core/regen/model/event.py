"""Events: what happened, as typed frozen values, each in an envelope that says when, where and in which order.

What happened is a payload: a frozen dataclass under a stable dotted name. A later part of regen, or a plugin, adds
its own with `@payload("experiment.created")`; there is no closed list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, TypeVar

from regen.model.term import Iri, Term

P = TypeVar("P", bound="type[Payload]")


class Payload:
    """Base of everything that can happen; subclasses are frozen dataclasses, registered with `@payload`.

    Fields may be strings, numbers, booleans, terms, None, other frozen dataclasses or named tuples of these, and
    tuples of all of them.
    """

    __slots__ = ()
    type: ClassVar[str] = ""
    about_field: ClassVar[str | None] = None

    @property
    def about(self) -> str | None:
        """What the event is about, for filters by subject: the field that `about_field` names; None: nothing."""
        return None if self.about_field is None else str(getattr(self, self.about_field))


_PAYLOADS: dict[str, type[Payload]] = {}


def payload(name: str) -> Callable[[P], P]:
    """Register a payload class under its dotted name.

    Raises:
        ValueError: another class has the name, or the name is not dotted lower case.
    """

    if not all(part.replace("_", "").isalnum() and part == part.lower() for part in name.split(".")):
        raise ValueError(f"{name!r} is no dotted lower-case name")

    def register(kind: P) -> P:
        known = _PAYLOADS.setdefault(name, kind)
        if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"{name} is the event of {known.__module__}.{known.__qualname__}")
        _PAYLOADS[name] = kind
        kind.type = name
        return kind

    return register


def payload_class(name: str) -> type[Payload] | None:
    """The class registered under a name; None where no part that is loaded knows it."""
    return _PAYLOADS.get(name)


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the bus.

    Attributes:
        data: what happened.
        revision: of the dataset when it was published; for a graph event the revision that it belongs to.
        at: seconds since the epoch, UTC.
        origin: where it comes from: a graph file such as "graphs/people.ttl", "api", an endpoint, a source, a part.
        id: unique within the project's history, and the same when the history is read again.
    """

    data: Payload
    revision: int
    at: float
    origin: str
    id: str

    @property
    def type(self) -> str:
        """The dotted name of what happened."""
        return name_of(self.data)


class Property(NamedTuple):
    """One property of a node: a literal, or a class it is of (`rdf:type`)."""

    predicate: Iri
    object: Term


@dataclass(frozen=True, slots=True)
class GraphPayload(Payload):
    """Something that changed in one graph of the dataset.

    Attributes:
        subject: the node that it is seen from.
        graph: the graph of the file, or one that a file names; None where only the merge is known.
    """

    subject: Term
    graph: Term | None

    @property
    def about(self) -> str | None:
        return self.subject.n3()


@payload("node.added")
@dataclass(frozen=True, slots=True)
class NodeAdded(GraphPayload):
    """The subject was in no triple of the dataset before; `gained` are its properties in this graph, sorted."""

    gained: tuple[Property, ...] = ()


@payload("node.removed")
@dataclass(frozen=True, slots=True)
class NodeRemoved(GraphPayload):
    """The subject is in no triple of the dataset any more; `lost` were its properties in this graph, sorted."""

    lost: tuple[Property, ...] = ()


@payload("node.changed")
@dataclass(frozen=True, slots=True)
class NodeChanged(GraphPayload):
    """The subject stays; `gained` and `lost` are the properties that differ in this graph, sorted."""

    gained: tuple[Property, ...] = ()
    lost: tuple[Property, ...] = ()


@payload("edge.added")
@dataclass(frozen=True, slots=True)
class EdgeAdded(GraphPayload):
    """The subject is now linked to another node."""

    predicate: Iri
    object: Term


@payload("edge.removed")
@dataclass(frozen=True, slots=True)
class EdgeRemoved(GraphPayload):
    """The subject is no longer linked to another node."""

    predicate: Iri
    object: Term


@dataclass(frozen=True, slots=True)
class EnvironmentPayload(Payload):
    """Something that happened to one environment."""

    about_field: ClassVar[str | None] = "environment"
    environment: str


@payload("cycle.started")
@dataclass(frozen=True, slots=True)
class CycleStarted(EnvironmentPayload):
    """A cycle began; `because` says what asked for it, such as "graphs/people.ttl changed"."""

    because: str


@payload("cycle.completed")
@dataclass(frozen=True, slots=True)
class CycleCompleted(EnvironmentPayload):
    """A cycle ended well; `release` is None where there was nothing to release."""

    duration_s: float
    release: int | None
    written: int
    conflicts: int


@payload("cycle.failed")
@dataclass(frozen=True, slots=True)
class CycleFailed(EnvironmentPayload):
    """A cycle ended with an error, or a gate said no; `exit_code` is that of the command."""

    duration_s: float
    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class PathPayload(Payload):
    """Something that happened to one generated file."""

    about_field: ClassVar[str | None] = "path"
    environment: str
    path: str


@payload("conflict.opened")
@dataclass(frozen=True, slots=True)
class ConflictOpened(PathPayload):
    """A new render and a hand edit do not merge; `template` and `key` name the artifact."""

    template: str
    key: Term | None
    message: str


@payload("conflict.resolved")
@dataclass(frozen=True, slots=True)
class ConflictResolved(PathPayload):
    """A person settled a conflict; `how` is "ours", "theirs", "merged", or "gone" where its artifact went."""

    how: str


@payload("release.deployed")
@dataclass(frozen=True, slots=True)
class ReleaseDeployed(EnvironmentPayload):
    """A release stands in its environment; counts are of artifacts."""

    number: int
    complete: bool
    created: int = 0
    updated: int = 0
    merged: int = 0
    deleted: int = 0


@payload("rollback.completed")
@dataclass(frozen=True, slots=True)
class RollbackCompleted(EnvironmentPayload):
    """The bytes of an earlier release stand again; `kept_edits` counts hand edits that were set aside.

    `rollback_s` is the time from the breach to verified; None where a person asked.
    """

    release: int
    restored: int
    because: str
    kept_edits: int = 0
    trigger: str = "manual"
    rollback_s: float | None = None


@payload("setting.changed")
@dataclass(frozen=True, slots=True)
class SettingChanged(Payload):
    """A setting has another value, by the feedback loop or by the configuration; values are JSON."""

    about_field: ClassVar[str | None] = "name"
    name: str
    old: str
    new: str
    because: str


@payload("graph.unreadable")
@dataclass(frozen=True, slots=True)
class GraphUnreadable(Payload):
    """A graph file cannot be read; its last good version stays in force."""

    about_field: ClassVar[str | None] = "path"
    path: str
    message: str


@payload("bus.overflow")
@dataclass(frozen=True, slots=True)
class Overflow(Payload):
    """A subscription lost events; only it sees this. Replaying from `replay_from` gives all that it lost again."""

    dropped: int
    replay_from: int


@dataclass(frozen=True, slots=True)
class Other(Payload):
    """An event whose class is not known here: of a plugin that is not loaded, or of one that has no class for it.

    Attributes:
        name: the dotted name.
        subject: see `about`.
        json: its data as JSON.
    """

    name: str
    subject: str | None
    json: str

    @property
    def about(self) -> str | None:
        return self.subject


def name_of(data: Payload) -> str:
    """The dotted name of a payload."""
    return data.name if isinstance(data, Other) else data.type
