"""Pull: what a hub offers becomes a release that is wholly here and wholly checked, or nothing.

In the order in which it can be refused cheaply: which release; its receipt and those between it and the one that stands
here; its list of files; then the files, each by its digest. What came of a file before the line broke stays, and the
next round goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from regen.errors import HubError, ReleaseError, StateError
from regen.fleet.asking import ask_patiently
from regen.fleet.hub import MANY
from regen.fleet.listing import listed
from regen.fleet.manifest import Keys, Receipt, read_receipt, refuse_unsigned, trusted
from regen.fleet.opening import Held
from regen.fleet.way import make_way
from regen.hooks.transport import Bundles
from regen.model.fleet import Manifest, Offered, Offers
from regen.state import edge, faults, holds, outbox
from regen.state.blobs import digest_of

_MOST_STEPS = 1000  # receipts between two releases; a hub keeps 50 releases unless it is told otherwise
_TOGETHER = 64  # files that are stored at a time
_TOGETHER_BYTES = 8_000_000
_ANEW = "if the hub is another one now, or its state was made anew: `regen edge sync --anew`"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A release that is wholly here: every blob of `manifest` is stored, and `receipt` vouches for all of them.

    Attributes:
        fetched: how many blobs came for it.
        bytes: of them.
        gap: whether receipts between it and the release before it are gone from the hub, so that only a signature says
            that it follows.
    """

    manifest: Manifest
    receipt: Receipt
    fetched: int
    bytes: int
    gap: bool


async def pull(work: Held) -> Pulled | None:
    """Get the newest good release of the hub; None where it stands here already, or the edge went back from it.

    Raises:
        HubError: the hub gave no answer, or said no.
        ReleaseError: what it offers is older, or is not what its receipt says.
        StateError: the disk is full, or the state cannot be written.
    """
    newest = edge.newest(work.state.db)
    transport, environment = work.ready.transport, work.ready.environment
    since = newest.hub if newest is not None else 0
    offers = await ask_patiently(partial(transport.offers, environment, since))
    wanted = _chosen(offers, newest)
    hold = holds.held(work.state.db, environment)
    if wanted is None or (hold is not None and hold.on(wanted.receipt)):
        return None
    keys = trusted(work.ready.root, work.ready.config.edge.trust)
    receipt = read_receipt(await _blob(work, wanted.number, wanted.receipt), keys)
    refuse_unsigned(receipt, keys)
    gap = newest is not None and not await _follows(work, receipt, newest, keys)
    manifest = await listed(work, wanted.number, receipt)
    fetched, size = await _fetch_all(work, manifest)
    return Pulled(manifest, receipt, fetched, size, gap)


def _chosen(offers: Offers, newest: edge.Stands | None) -> Offered | None:
    """The newest release that is good and complete; None where nothing is newer than what the hub was believed."""
    if newest is not None:
        if offers.newest < newest.hub:
            raise ReleaseError(
                f"the hub offers release {offers.newest} of {offers.environment}, and it had release {newest.hub}"
                " before: going back to an older record is refused",
                hint=f"a rollback on the hub is a newer release; {_ANEW}",
            )
        same = next((one for one in offers.releases if one.number == newest.hub), None)
        if same is not None and same.receipt != newest.receipt:
            raise ReleaseError(
                f"release {newest.hub} of {offers.environment} has another receipt on the hub than it had: the history"
                " there was replaced; what stands goes on standing",
                hint=_ANEW,
            )
    since = newest.hub if newest is not None else 0
    good = [one for one in offers.releases if one.number > since and one.complete and not one.bad]
    return max(good, key=lambda one: one.number, default=None)


async def _follows(work: Held, receipt: Receipt, newest: edge.Stands, keys: Keys) -> bool:
    """Walk from a receipt back to the one that was believed last; False where a signature has to do.

    Raises ReleaseError where it does not follow from that one.
    """
    here = receipt
    for _ in range(_MOST_STEPS):
        if here.parent == newest.receipt:
            return True
        if here.parent is None or here.number <= newest.hub:
            raise ReleaseError(
                f"release {receipt.number} of {receipt.environment} does not follow from release {newest.hub}, which"
                " stands here: the history on the hub was replaced; what stands goes on standing",
                hint=_ANEW,
            )
        try:
            before = read_receipt(await _blob(work, receipt.number, here.parent), keys)
        except HubError as error:
            if error.status != 404:
                raise
            break
        if before.number != here.number - 1 or before.environment != here.environment:
            raise ReleaseError(
                f"the receipt of release {here.number} follows from one of release {before.number}", hint=_ANEW
            )
        here = before
    if receipt.signed_by:
        return False
    raise ReleaseError(
        f"whether release {receipt.number} follows from release {newest.hub} cannot be told: the hub has forgotten the"
        " receipts between them, and no trusted key signs; what stands goes on standing",
        hint=f"let the hub sign, and name its key in `trust` of edge.toml; {_ANEW}",
    )


async def _blob(work: Held, number: int, digest: str) -> bytes:
    """The bytes of a receipt, stored here."""
    if not work.state.blobs.has(digest):
        file = await _fetched(work, number, digest)
        _store(work, [file])
    return work.state.blobs.read(digest)


async def _fetch_all(work: Held, manifest: Manifest) -> tuple[int, int]:
    """Get every blob that is not here; gives how many, and their bytes."""
    lacking = [
        digest for digest in sorted({file.digest for file in manifest.files}) if not work.state.blobs.has(digest)
    ]
    big, total = await _fetch_small(work, manifest.number, lacking)
    waiting: list[Path] = []
    size = 0
    for digest in big:
        file = await _fetched(work, manifest.number, digest)
        waiting.append(file)
        size += file.stat().st_size
        total += file.stat().st_size
        if len(waiting) >= _TOGETHER or size >= _TOGETHER_BYTES:
            _store(work, waiting)
            waiting, size = [], 0
    _store(work, waiting)
    _clear(work)
    return len(lacking), total


async def _fetch_small(work: Held, number: int, lacking: list[str]) -> tuple[list[str], int]:
    """Get those that come many at once; gives those that do not, and the bytes of what came."""
    transport, big, total = work.ready.transport, [], 0
    if not isinstance(transport, Bundles):
        return lacking, 0
    for start in range(0, len(lacking), MANY):
        rest = lacking[start : start + MANY]
        while rest:
            make_way(work)
            faults.point("pull.bundle")
            call = partial(transport.bundle, work.ready.environment, number, rest)
            came = {digest_of(data): data for data in await ask_patiently(call)}
            if not came:
                big += rest
                break
            if not came.keys() <= set(rest):
                raise _changed(number, rest[0])
            size = sum(map(len, came.values()))
            total += size
            outbox.count_traffic(work.state.db, down=size)
            with _room(work):
                faults.point("pull.store")
                work.state.blobs.put_many(list(came.values()))
            rest = [digest for digest in rest if digest not in came]
    return big, total


def _changed(number: int, digest: str) -> ReleaseError:
    return ReleaseError(
        f"the bytes that the hub gave for {digest[:12]} of release {number} have another digest: they were"
        " changed on their way or on the hub; nothing was deployed, and what stands goes on standing",
        hint="`regen verify` on the hub says whether its own are damaged; the next round asks again",
    )


async def _fetched(work: Held, number: int, digest: str) -> Path:
    """The file in `incoming` that holds a blob, checked against its digest.

    Raises ReleaseError where other bytes came.
    """
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ReleaseError(f"{digest[:80]!r} is no digest", hint="is it `regen serve` that answers there?")
    transport, environment, file = work.ready.transport, work.ready.environment, work.incoming / digest
    with _room(work):
        work.incoming.mkdir(exist_ok=True)
        before = file.stat().st_size if file.exists() else 0
        if not before or _digest(file) != digest:
            make_way(work)
            faults.point("pull.fetch")
            try:
                await ask_patiently(partial(transport.fetch, environment, number, digest, file))
            finally:
                came = (file.stat().st_size if file.exists() else 0) - before
                outbox.count_traffic(work.state.db, down=max(came, 0))
            faults.point("pull.fetched")
            if not file.exists() or _digest(file) != digest:
                file.unlink(missing_ok=True)
                raise _changed(number, digest)
    return file


def _digest(file: Path) -> str:
    return digest_of(file.read_bytes())


def _store(work: Held, files: list[Path]) -> None:
    """Make blobs of files that came, durably; then they go."""
    with _room(work):
        faults.point("pull.store")
        work.state.blobs.put_many([file.read_bytes() for file in files])
        for file in files:
            faults.point("pull.stored")
            file.unlink(missing_ok=True)


def _clear(work: Held) -> None:
    """What is left in `incoming` is of releases that nobody wants any more."""
    for file in work.incoming.glob("*") if work.incoming.is_dir() else ():
        file.unlink(missing_ok=True)


@contextmanager
def _room(work: Held) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{work.incoming} cannot be written: {error.strerror}; nothing was deployed, and what stands goes on"
            " standing",
            hint="free some space or make it writable; the next round goes on where this one ended",
        ) from error
