"""Listing: the list of files of a release is made of the one before and what changed, where that gives the right root.

Why a file beside the state: it is a cache. Whatever stands in it, the list that is made of it has to have the root that
the receipt names; else the whole list is asked for.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from regen.errors import HubError, ReleaseError
from regen.fleet.asking import ask_patiently
from regen.fleet.manifest import Receipt, check_manifest
from regen.fleet.opening import Held
from regen.hooks.transport import Deltas
from regen.model.fleet import HubFile, Manifest
from regen.state.durably import write_durably

_KEPT = "manifest.json"


async def listed(work: Held, number: int, receipt: Receipt) -> Manifest:
    """All files of a release, held against its receipt.

    Raises HubError as the transport does; ReleaseError where the receipt does not vouch for them.
    """
    made = await _made(work, number, receipt)
    if made is not None:
        return made
    found = await ask_patiently(partial(work.ready.transport.manifest, work.ready.environment, number))
    if (found.environment, found.number, found.receipt) != (work.ready.environment, number, receipt.digest):
        raise HubError("the hub answered with another release than it was asked for", hint="the next round asks again")
    check_manifest(found, receipt)
    return found


async def _made(work: Held, number: int, receipt: Receipt) -> Manifest | None:
    """The list before, with what changed; None where the whole list has to be asked for."""
    before, transport = _kept(work.state.folder / _KEPT), work.ready.transport
    if before is None or before.environment != work.ready.environment or not isinstance(transport, Deltas):
        return None
    if before.number >= number:
        return None
    try:
        delta = await ask_patiently(partial(transport.delta, before.environment, number, before.number))
    except HubError as error:
        if error.status != 404:  # else the hub has forgotten the release before
            raise
        return None
    files = {file.path: file for file in before.files}
    for path in delta.removed:
        files.pop(path, None)
    files.update((file.path, file) for file in delta.files)
    made = replace(before, number=number, receipt=receipt.digest, files=tuple(files.values()))
    with suppress(ReleaseError):
        check_manifest(made, receipt)
        return made
    return None


def keep(work: Held, manifest: Manifest) -> None:
    """Remember the list of what was just deployed; nothing is lost where that fails."""
    data = json.dumps(asdict(manifest), ensure_ascii=False, separators=(",", ":")).encode()
    with suppress(OSError):
        write_durably(work.state.folder / _KEPT, data, flush=False, alone=True)


def _kept(file: Path) -> Manifest | None:
    try:
        found = json.loads(file.read_bytes())
        files = tuple(HubFile(one["path"], one["digest"], one["mode"]) for one in found["files"])
        return Manifest(found["environment"], found["number"], found["receipt"], files)
    except (OSError, ValueError, KeyError, TypeError):
        return None
