"""Accounts: what happens to a project without a person's command goes into the audit: recoveries, other settings."""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections.abc import Sequence
from typing import cast

from regen.config import Environment
from regen.orchestrator.apply import remerger
from regen.orchestrator.session import Place, Session
from regen.stages import deploy
from regen.state import audit
from regen.state.db import Database

_LOG = logging.getLogger("regen.deploy")
_ENVIRONMENTS = "environments"  # the row of `meta` with what the configuration said of environments last


def recover(session: Session, place: Place) -> None:
    """Bring what was cut off in an environment to its end; see `regen.stages.deploy.recover`."""
    database = session.state.db
    with audit.attempting(database, "recover", environment=place.name):
        done = deploy.recover(session.state, place.target, at=time.time(), remerge=remerger(session))
    if done is None:
        return
    end = "brought to its end" if done.forward else f"put back: {done.why}" if done.why else "settled"
    wrong = done.verified is not None and not done.verified.passed
    if done.verified is not None and wrong:
        end += f", and does not stand as it should: {done.verified}"
        _LOG.warning("%s", deploy.mismatch(place.name, done.release, done.verified))
    audit.note(
        database,
        "recover",
        outcome="done" if done.why is None and not wrong else "failed",
        environment=place.name,
        why=f"what was cut off at release {done.release} was {end}",
        before=done.release,
        after=session.parent(place),
    )


def note_environments(session: Session) -> None:
    """Note what the configuration says of environments where it said something else before."""
    database = session.state.db
    now = {environment.name: _settings(environment) for environment in session.config.environments}
    text = json.dumps(now, sort_keys=True, ensure_ascii=False)
    known = _known(database)
    if known == text:
        return
    before: dict[str, dict[str, object]] = json.loads(known) if known is not None else {}
    with database.transaction(durable=False):
        for name in sorted({*before, *now}):
            why = _difference(before.get(name), now.get(name))
            if why:
                standing = session.parent_of(name)
                audit.note(database, "configure", environment=name, why=why, before=standing, after=standing)
        database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_ENVIRONMENTS, text))


def _known(database: Database) -> str | None:
    row = database.one("SELECT value FROM meta WHERE name = ?", (_ENVIRONMENTS,))
    return str(row[0]) if row is not None else None


def _settings(environment: Environment) -> dict[str, object]:
    """What is not left at its default: a key that a later version adds is no change."""
    return {
        field.name: value
        for field in dataclasses.fields(environment)
        if field.name != "name" and (value := getattr(environment, field.name)) != field.default
    }


def _difference(before: dict[str, object] | None, now: dict[str, object] | None) -> str:
    if now is None:
        return "it is not in the configuration any more"
    new = _shown(now)
    if before is None:
        keys = ", ".join(f"{key} {text}" for key, text in sorted(new.items()))
        return f"it is new: {keys}" if keys else "it is new"
    old = _shown(before)
    return "; ".join(
        f"{key}: {old.get(key, 'unset')} → {new.get(key, 'unset')}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    )


def _shown(settings: dict[str, object]) -> dict[str, str]:
    """Each key with its value as JSON; a deployer's own keys, which come as pairs of that, beside the others."""
    found = {key: json.dumps(value, ensure_ascii=False) for key, value in settings.items() if key != "options"}
    return found | dict(cast("Sequence[tuple[str, str]]", settings.get("options", ())))
