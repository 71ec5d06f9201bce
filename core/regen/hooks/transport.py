"""Transport: the protocol of the way between an edge and its hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from regen.model.fleet import Ack, Manifest, ManifestDelta, Message, Offers, Report


class Transport(Protocol):
    """The way to one hub.

    Every method blocks, asks once, and may be called from any thread, one at a time. It raises HubError where no answer
    comes (its `status` is None then) or the hub says no. What it gives is as the hub said it: the edge checks it.
    """

    name: str

    def report(self, report: Report) -> None:
        """Tell the hub who comes, and how things stand there."""

    def offers(self, environment: str | None, since: int) -> Offers:
        """Releases of an environment from this number on; of the hub's first environment for None."""

    def manifest(self, environment: str, number: int) -> Manifest:
        """All files of a release."""

    def fetch(self, environment: str, number: int, digest: str, into: Path) -> None:
        """Append to a file what it lacks of a blob: a file of the release, or a receipt of the environment.

        What came before an error stays in the file. Raises OSError where that cannot be written.
        """

    def send(self, edge: str, id: str, messages: Sequence[Message]) -> Sequence[Ack]:  # noqa: A002 - its name
        """Give the hub messages; an answer for each, after what it says of them is durable there.

        Args:
            edge, id: who sends them, as in `Report`.
        """


@runtime_checkable
class Deltas(Protocol):
    """What a transport may offer beside: a list of files by what changed."""

    def delta(self, environment: str, number: int, since: int) -> ManifestDelta:
        """How the files of a release differ from those of an earlier one.

        Raises HubError with the status 404 where the hub does not know that any more.
        """


@runtime_checkable
class Bundles(Protocol):
    """What a transport may offer beside: many small files by one question."""

    def bundle(self, environment: str, number: int, digests: Sequence[str]) -> Sequence[bytes]:
        """Some of these files of a release, in any order: those that are small, as many as one answer holds.

        Files that are not among them are asked for again, or one by one.
        """
