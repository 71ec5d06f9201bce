"""Idle: a watch with nothing to do asks one view anew as a whole, and compares with what artifacts were rendered from.

Why: what a delta affects is derived from the views. A fault in that would leave an artifact behind without a word; a
look at one view at a time finds it, and costs nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from regen.hooks.protocols import Selector
from regen.model.artifact import ArtifactId, Because
from regen.model.event import EnvironmentPayload, payload
from regen.model.finding import Finding
from regen.model.release import Standing
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Place, Session
from regen.orchestrator.shared import Shared
from regen.orchestrator.stale import every_key, filled
from regen.state.records import Record
from regen.state.stale import add_stale, read_stale

_CHANCE = Random()  # noqa: S311 - which view is looked at is no secret
_NAMED = 20  # keys that the event names; all of them are rendered again anyway


@payload("view.mismatch")
@dataclass(frozen=True, slots=True)
class ViewMismatch(EnvironmentPayload):
    """An idle watch found a view that has other rows than artifacts were rendered from; `keys` names the first ones."""

    template: str
    view: str
    artifacts: int
    keys: tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A view that gives other rows than artifacts were rendered from.

    Attributes:
        environment: whose artifacts.
        unit: the template.
        view: its name.
        keys: of the artifacts, sorted; None for a template without `each`.
    """

    environment: str
    unit: Unit
    view: str
    keys: tuple[Term | None, ...]

    def finding(self) -> Finding:
        """What a person is told."""
        where, count = self.unit.template.where, len(self.keys)
        first = ArtifactId(self.unit.template.name, self.keys[0])
        more = f" and {count - 1} more" if count > 1 else ""
        return Finding(
            "idle check",
            "warning",
            f"the view {self.view!r} has other rows than {first}{more} was rendered from",
            where,
            hint="all artifacts of the template are rendered again; this is a fault of regen: please report the view",
        )

    def event(self) -> ViewMismatch:
        """What the bus is told."""
        return ViewMismatch(self.environment, self.unit.template.name, self.view, len(self.keys), self.keys[:_NAMED])


async def look(session: Session, environment: str, chance: Random | None = None) -> Finding | None:
    """Check one view of one template, both chosen by chance; a mismatch makes all artifacts of the template stale.

    Waits for the session's turn, and has it for one step.

    Args:
        session: the open project.
        environment: its name.
        chance: chooses; the process's own for None.

    Returns:
        What was found, told to the bus too; None where all is well, or there is nothing to look at.
    """
    async with session.turn:
        session.found.clear()  # an event may have been lost, too: the next cycle lists all graph files
        place = session.place(environment)
        found = check(session, place, chance or _CHANCE)
        if found is not None:
            _repair(session, place, found)
    if found is None:
        return None
    await session.notifier.publish(found.event(), origin="watch")
    return found.finding()


def check(session: Session, place: Place, chance: Random) -> Mismatch | None:
    """Compare one view with the records of artifacts that are not stale; changes nothing."""
    views = [(name, view) for name, unit in sorted(session.units.items()) for view, _ in unit.views.selectors]
    if not views:
        return None
    template, view = chance.choice(views)
    unit = session.units[template]
    stale = {*read_stale(session.state.db, place.name), *session.pending.stale.get(place.name, {})}
    waiting = {artifact.key for artifact in stale if artifact.template == template}
    records = place.records.of(template)
    known = {key: record for key, record in records.items() if key not in waiting and _comparable(record, unit)}
    selector = dict(unit.views.selectors)[view]
    if selector.keyed and unit.views.each:
        rows = selector.all_rows(filled(session).store)
        empty = Rows(selector.variables, ()).digest()
        now = {key: value.digest() for key, value in rows.items()}
        keys: list[Term | None]
        keys = [key for key, record in known.items() if key is not None and now.get(key, empty) != _was(record, view)]
        if view == "each":
            keys += [key for key in now if key not in records and key not in waiting]
    else:
        keys = _together(selector, session, known.items(), view)
    ordered = sorted(keys, key=lambda key: ArtifactId(template, key).sort_key)
    return Mismatch(place.name, unit, view, tuple(ordered)) if ordered else None


def _together(
    selector: Selector, session: Session, known: Iterable[tuple[Term | None, Record]], view: str
) -> list[Term | None]:
    digest = selector.global_rows(filled(session).store).digest()
    return [key for key, record in known if _was(record, view) != digest]


def _comparable(record: Record, unit: Unit) -> bool:
    """Whether its rows are those of this template as it is, and of a key that should stand."""
    return record.template_digest == unit.digest and record.state != Standing.ORPHAN


def _was(record: Record, view: str) -> str:
    return dict(record.rows).get(view, "")


def _repair(session: Session, place: Place, found: Mismatch) -> None:
    name = found.unit.template.name
    session.each_rows.clear()
    session.rows = Shared()  # kept by the same derivation that has just been found at fault
    artifacts = {*every_key(session, found.unit), *(record.artifact for record in place.records.of(name).values())}
    because = Because("repair", f"the view {found.view!r} was found to differ", where=found.unit.template.where)
    entries = dict.fromkeys(sorted(artifacts, key=lambda artifact: artifact.sort_key), because)
    with session.state.db.transaction():
        add_stale(session.state.db, place.name, entries, session.revision)
