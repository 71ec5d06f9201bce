"""Needs: templates that use others stand in strata; a stratum sees keys and paths of the lower ones as facts.

Why nothing of it waits in the stale set: what needs a template is looked at in every cycle that touches one of its
artifacts, in the same plan, and both are released together or not at all. So an entry that stands there for this
reason alone says that its views give what they gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from regen.errors import TemplateError
from regen.model.artifact import ArtifactId, Because
from regen.model.rows import Rows
from regen.model.template import NEEDS, OUTPUT_COLUMNS, Template
from regen.model.term import Literal
from regen.orchestrator.assemble import Work
from regen.orchestrator.chunk import Made
from regen.orchestrator.pending import Unit
from regen.orchestrator.session import Place, Session
from regen.state.records import key_term, key_text


def with_needs(template: Template, extra: Iterable[str]) -> Template:
    """The template with further needs, beside those of its front matter."""
    more = tuple(need for need in dict.fromkeys(extra) if need not in template.needs)
    if not more:
        return template
    digest = _hash([template.digest, *more])
    return replace(template, needs=(*template.needs, *more), digest=digest)


def check_needs(units: Mapping[str, Unit]) -> None:
    """Raises TemplateError where a need is not there, or templates need each other in a circle."""
    for _, unit in sorted(units.items()):
        for need in unit.template.needs:
            if need not in units:
                raise TemplateError(
                    f"`needs` names the template {need!r}, which is not there",
                    where=unit.template.where,
                    hint=f"templates are: {', '.join(sorted(units))}",
                )
    done: set[str] = set()
    for name in sorted(units):
        _check_circle(units, name, [], done)


def _check_circle(units: Mapping[str, Unit], name: str, way: list[str], done: set[str]) -> None:
    if name in way:
        circle = [*way[way.index(name) :], name]
        raise TemplateError(
            f"templates need each other in a circle: {' needs '.join(circle)}",
            where=units[name].template.where,
            hint="take one of them out of `needs`: no order gives each the files of the other",
        )
    if name not in done:
        for need in units[name].template.needs:
            _check_circle(units, need, [*way, name], done)
        done.add(name)


def causes(units: Mapping[str, Unit], touched: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(template, one that it needs and that is touched) for all that need a touched template, directly or in turn."""
    reached, waiting = set(touched), {name: unit.template.needs for name, unit in units.items() if unit.template.needs}
    grown = True
    while grown:
        grown = False
        for name in sorted(waiting):
            cause = next((need for need in waiting[name] if need in reached), None)
            if cause is not None:
                del waiting[name]
                reached.add(name)
                grown = True
                yield name, cause


def add_dependents(session: Session, place: Place, entries: dict[ArtifactId, Because]) -> None:
    """Add the standing artifacts of all templates that need one with entries; new keys have entries of their own."""
    for name, cause in causes(session.units, {artifact.template for artifact in entries}):
        because = Because("needs", f"{cause} is rendered again, and this template needs it")
        for key in place.records.keys(name):
            entries.setdefault(ArtifactId(name, key), because)


def strata(
    units: Mapping[str, Unit], entries: Mapping[ArtifactId, Because]
) -> tuple[tuple[dict[ArtifactId, Because], bool], ...]:
    """Entries, the templates that are needed first; with each stratum whether a later one may need it."""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            unit = units.get(name)
            depths[name] = 1 + max(map(depth, unit.template.needs), default=-1) if unit is not None else 0
        return depths[name]

    found: dict[int, dict[ArtifactId, Because]] = {}
    for artifact, because in entries.items():
        found.setdefault(depth(artifact.template), {})[artifact] = because
    last = max(found, default=0)
    return tuple((found[at], at < last) for at in sorted(found))


@dataclass(frozen=True)
class Outputs:
    """Keys and paths of one template's artifacts.

    `paths` gives for each key, as tables spell it, the path relative to the environment's root.
    """

    paths: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """Of all keys and paths."""
        return _hash(part for pair in sorted(self.paths.items()) for part in pair)

    @cached_property
    def rows(self) -> Rows:
        """One row an artifact, sorted by key."""
        keys = {text: key_term(text) for text in self.paths}
        ordered = sorted(keys, key=lambda text: ArtifactId("", keys[text]).sort_key)
        return Rows(OUTPUT_COLUMNS, tuple((keys[text], Literal(self.paths[text])) for text in ordered))


class Lower:
    """What the templates below a stratum give, as a plan leaves them; each is asked once.

    Args:
        place: the environment.
        work: what the plan knows of artifacts; None outside a plan.
        made: what became of those that were made.
    """

    def __init__(self, place: Place, work: Work | None = None, made: Mapping[ArtifactId, Made] | None = None) -> None:
        self._place = place
        self._work = work
        self._made = {} if made is None else made
        self._known: dict[str, Outputs] = {}

    def digests(self, unit: Unit) -> tuple[tuple[str, str], ...]:
        """(name of the rows, digest) for each need of a template."""
        return tuple((NEEDS + need, self._outputs(need).digest) for need in unit.template.needs)

    def rows(self, unit: Unit) -> tuple[tuple[str, Rows], ...]:
        """(name of the rows, rows) for each need of a template."""
        return tuple((NEEDS + need, self._outputs(need).rows) for need in unit.template.needs)

    def _outputs(self, template: str) -> Outputs:
        known = self._known.get(template)
        if known is None:
            known = self._known[template] = Outputs(dict(self._paths(template)))
        return known

    def _paths(self, template: str) -> dict[str, str]:
        found = self._place.records.outputs(template)
        if self._work is not None:
            for record in self._work.gone:
                if record.artifact.template == template:
                    found.pop(key_text(record.artifact.key), None)
        for artifact, value in self._made.items():
            if artifact.template != template:
                continue
            if value.path is None:
                found.pop(key_text(artifact.key), None)
            else:
                found[key_text(artifact.key)] = value.path
        return found


def _hash(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=20).hexdigest()
