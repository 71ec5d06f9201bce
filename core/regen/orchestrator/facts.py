"""Facts: what a receipt says of how its release was made, gathered from the session."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from regen.config import Config
from regen.model.evaluated import Evaluated
from regen.model.receipt import Facts
from regen.orchestrator.session import Place, Session
from regen.state.blobs import digest_of
from regen.state.receipts import Listed


def facts(session: Session, place: Place, gates: Sequence[Evaluated] = ()) -> Facts:
    """What only the session knows of a release that it makes.

    Args:
        gates: what they said, which let it pass.
    """
    return Facts(
        deployer=place.environment.deployer,
        target=place.environment.target,
        dataset=f"{session.sum:032x}",
        configuration=configuration_digest(session.config),
        graphs=_graphs(session).materials(),
        templates=Listed((name, unit.digest) for name, unit in session.units.items()).materials(),
        plugins=session.hooks.manager.fingerprint(),
        gates=tuple(gates),
    )


def _graphs(session: Session) -> Listed:
    if session.listed is None:
        session.listed = Listed((path, row.digest) for path, row in session.files.items())
    return session.listed


def configuration_digest(config: Config) -> str:
    """Digest of the configuration, wherever the project lies."""
    return digest_of(repr(dataclasses.replace(config, root=Path())).encode())
