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
        graphs=tuple((path, session.files[path].digest) for path in sorted(session.files)),
        templates=tuple((name, session.units[name].digest) for name in sorted(session.units)),
        plugins=session.hooks.manager.fingerprint(),
        gates=tuple(gates),
    )


def configuration_digest(config: Config) -> str:
    """Digest of the configuration, wherever the project lies."""
    return digest_of(repr(dataclasses.replace(config, root=Path())).encode())
