"""Stale: what waits to be rendered: the stored stale set, what is pending, and what a person asked for."""

from __future__ import annotations

from dataclasses import dataclass

from regen.dataset.store import Dataset
from regen.model.artifact import ArtifactId, Because
from regen.orchestrator.session import Place, Session, Unit
from regen.state.stale import read_stale
from regen.telemetry import stage


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for beside what is stale.

    Attributes:
        full: render everything.
        languages: only templates of these languages; empty: all. The others stay stale.
    """

    full: bool = False
    languages: tuple[str, ...] = ()


def filled(session: Session) -> Dataset:
    """The session's dataset, filled from the stored quads where nothing asked it before."""
    if session.dataset is None:
        with stage("fill"):
            session.dataset = Dataset()
            for path in session.files:
                session.dataset.load(session.graph_iri(path), session.quads_of(path))
    return session.dataset


def waiting(session: Session, place: Place, wish: Wish) -> dict[ArtifactId, Because]:
    """Every artifact of one environment that has to be looked at, with the first reason."""
    entries = dict(read_stale(session.state.db, place.name))
    for artifact, because in session.pending.stale.get(place.name, {}).items():
        entries.setdefault(artifact, because)
    if wish.full or not session.config.engine.incremental:
        for artifact in everything(session, place):
            entries.setdefault(artifact, Because("setting", "a full run was asked for"))
    languages = set(wish.languages or session.config.engine.languages)
    if languages:
        entries = {
            a: because for a, because in entries.items() if _language(session.units.get(a.template)) in languages
        }
    return entries


def everything(session: Session, place: Place) -> list[ArtifactId]:
    """Every artifact that exists or should."""
    found = {record.artifact for record in place.records.all()}
    for unit in session.units.values():
        found.update(every_key(filled(session), unit))
    return sorted(found, key=lambda a: a.sort_key)


def every_key(dataset: Dataset, unit: Unit) -> list[ArtifactId]:
    """Every artifact that a template makes of a dataset."""
    name = unit.template.name
    if not unit.views.each:
        return [ArtifactId(name, None)]
    each = dict(unit.views.selectors)["each"]
    return [ArtifactId(name, key) for key in sorted(each.all_rows(dataset.store), key=lambda k: k.sort_key)]


def _language(unit: Unit | None) -> str | None:
    return None if unit is None else unit.template.language
