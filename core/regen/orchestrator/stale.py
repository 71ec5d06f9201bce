"""Stale: what waits to be rendered: the stored stale set, what is pending, and what a person asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regen.dataset.store import Dataset
from regen.errors import UsageError
from regen.model.artifact import ArtifactId, Because
from regen.model.rows import Rows
from regen.model.term import Term
from regen.orchestrator.filling import keep, stored_dataset
from regen.orchestrator.needs import add_dependents
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Place, Session
from regen.orchestrator.survey import changed_conflicts
from regen.state.stale import read_stale
from regen.telemetry import stage


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for beside what is stale.

    Attributes:
        full: render everything.
        languages: only templates of these languages, and what needs them; empty: all. The others stay stale.
    """

    full: bool = False
    languages: tuple[str, ...] = ()


def filled(session: Session) -> Dataset:
    """The session's dataset, filled from the stored quads where nothing asked it before."""
    if session.dataset is None:
        with stage("fill"):
            session.dataset = stored_dataset(session)
            keep(session, session.dataset)
    return session.dataset


def waiting(session: Session, place: Place, wish: Wish) -> dict[ArtifactId, Because]:
    """Every artifact of one environment that has to be looked at, with the first reason."""
    entries = dict(read_stale(session.state.db, place.name))
    for artifact, because in session.pending.stale.get(place.name, {}).items():
        if artifact not in entries or because.outweighs(entries[artifact]):
            entries[artifact] = because
    for artifact, why in changed_conflicts(session, place):
        entries.setdefault(artifact, Because("edited", why))
    if wish.full or not session.config.engine.incremental:
        for artifact in everything(session, place):
            entries.setdefault(artifact, Because("setting", "a full run was asked for"))
    languages = set(wish.languages or session.config.engine.languages)
    if languages:
        _check_languages(session, languages)
        entries = {a: because for a, because in entries.items() if _language(session, place, a) in languages}
    add_dependents(session, place, entries)
    return entries


def _check_languages(session: Session, wanted: set[str]) -> None:
    known = {*session.languages.values(), *(unit.template.language or "" for unit in session.units.values())}
    unknown = sorted(wanted - known)
    if unknown:
        raise UsageError(
            f"no plugin and no template knows the language {unknown[0]!r}",
            hint=f"known are: {', '.join(sorted(filter(None, known)))}",
        )


def everything(session: Session, place: Place) -> list[ArtifactId]:
    """Every artifact that exists or should."""
    found = {record.artifact for record in place.records.all()}
    for unit in session.units.values():
        found.update(every_key(session, unit))
    return sorted(found, key=lambda a: a.sort_key)


def every_key(session: Session, unit: Unit) -> list[ArtifactId]:
    """Every artifact that a template makes of the dataset."""
    name = unit.template.name
    if not unit.views.each:
        return [ArtifactId(name, None)]
    return [ArtifactId(name, key) for key in sorted(each_rows(session, unit), key=lambda key: key.sort_key)]


def each_rows(session: Session, unit: Unit) -> Mapping[Term, Rows]:
    """All rows of a template's view "each"; what makes its artifacts stale and what renders them ask for the same."""
    selector = dict(unit.views.selectors)["each"]
    known = session.each_rows.get(selector.digest)
    if known is None:
        known = session.each_rows[selector.digest] = selector.all_rows(filled(session).store)
    return known


def _language(session: Session, place: Place, artifact: ArtifactId) -> str | None:
    """The language of an artifact: its template's, else what the ending of `to:` says, else that of the file."""
    unit = session.units.get(artifact.template)
    found = session.language(artifact.template, unit.template.to) if unit is not None else None
    if found is not None:
        return found
    record = place.records.get(artifact)
    return session.language(artifact.template, record.path) if record is not None and record.path else None
