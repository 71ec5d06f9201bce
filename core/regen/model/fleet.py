"""Fleet: what an edge and its hub tell each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal as OneOf

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What an edge may be called."""
Kind = OneOf["deployed", "rolled back", "failed", "health", "execution", "edit"]
"""What a message is about: a release that stands now; one that was left; one that could not be deployed; what the
health command said; a program that ran on the edge; what a person made of a deployed file."""

SyncState = OneOf["pending", "synced", "conflict", "error"]
"""Of a message in the outbox: it waits; the hub has it; the hub has another one (409); the hub never takes it: a dead
letter."""


@dataclass(frozen=True, slots=True)
class Hub:
    """Where an edge gets releases from, and sends what happened.

    Attributes:
        url: without a slash at its end.
        edge: the edge's name.
        token: that the hub knows; None: none is sent. It is in no message and no log.
        timeout_s: for each answer.
        most: bytes of one file, and of one answer.
    """

    url: str
    edge: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    most: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Offered:
    """A release that a hub has.

    Attributes:
        receipt: digest of its receipt.
        parent: the release before it; None for the first.
        restores: the release that it brought back; None where it is no rollback.
        at: seconds since the epoch, UTC.
        complete: False while conflicts were left out of it, or a canary has not let it through.
        bad: whether it was rolled back from.
    """

    number: int
    receipt: str
    parent: int | None
    restores: int | None
    at: float
    complete: bool
    bad: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """What a hub has of one environment.

    Attributes:
        environment: its name.
        newest: the number of its newest release; 0: none.
        releases: those from the number that was asked for on, by number; at most 500.
    """

    environment: str
    newest: int
    releases: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a release, as a hub lists it: its path, the digest of its bytes, its permission bits."""

    path: str
    digest: str
    mode: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a release, and the digest of the receipt that vouches for them."""

    environment: str
    number: int
    receipt: str
    files: tuple[HubFile, ...]


@dataclass(frozen=True, slots=True)
class ManifestDelta:
    """How files of a release differ from those of an earlier one: what is new or another, and paths that went."""

    files: tuple[HubFile, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What an edge says of itself whenever it comes.

    Attributes:
        id: drawn once; another edge of the same name has another one.
        release: the hub's number of what stands; None: nothing does.
        pending: messages that wait to be sent.
        version: of regen.
        latency_s: of the last answer; None: there was none.
    """

    edge: str
    id: str
    environment: str
    release: int | None
    pending: int
    version: str
    latency_s: float | None


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that an edge tells its hub; the hub applies it once, however often it comes.

    Attributes:
        id: drawn when it happened.
        sequence: by which the edge's messages are in order.
        at: seconds since the epoch, UTC.
        release: the hub's number of the release that it is about; None: none.
        data: more of it, as JSON; an object.
        content: the bytes of an edit; None for others, and where the file was deleted.
    """

    id: str
    sequence: int
    kind: Kind
    at: float
    release: int | None
    data: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of a message, as a status of HTTP: 2xx once the hub has it for good, be it from before.

    Attributes:
        why: where it is no 2xx, in words.
        retry_after_s: with 429, in seconds; None: not said.
    """

    id: str
    status: int
    why: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """An edge as its hub knows it.

    Attributes:
        id: the first letters of what it is told by from another one of its name.
        release: the hub's number of what stands there; None: nothing does, as far as is known.
        first, seen: when it came first and last; seconds since the epoch, UTC.
        pending: messages that waited there when it came last.
        version: of its regen.
        latency_s: that it saw; None: not known.
        messages: how many were applied.
        healthy: what its health command said of what stands; None: nothing.
        edits: hand edits of it that wait for a person.
    """

    name: str
    id: str
    environment: str
    release: int | None
    first: float
    seen: float
    pending: int
    version: str
    latency_s: float | None
    messages: int
    healthy: bool | None
    edits: int


@dataclass(frozen=True, slots=True)
class EdgeEdit:
    """What a person made of a deployed file on an edge.

    Attributes:
        number: that the hub gave it.
        release: the hub's number of the release that stood there; None: not known.
        base: digest of the file as the hub had released it; None: not known.
        digest: of the person's bytes; None: the file was deleted.
        at, received: when it was found there, and when it came here; seconds since the epoch, UTC.
        outcome: "waits"; "superseded": a later edit of that file there holds it; "taken"; "dropped".
    """

    number: int
    edge: str
    environment: str
    path: str
    release: int | None
    base: str | None
    digest: str | None
    at: float
    received: float
    outcome: OneOf["waits", "superseded", "taken", "dropped"]
