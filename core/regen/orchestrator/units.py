"""Units: templates with their compiled views, read anew only when a template, a setting or a prefix changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from importlib.metadata import version

import anyio.lowlevel

from regen.errors import TemplateError
from regen.hooks.protocols import Selector
from regen.model.artifact import Because
from regen.model.template import Template
from regen.orchestrator.needs import check_needs, with_needs
from regen.orchestrator.pending import Unit
from regen.orchestrator.selectors import compiled, keep_units, stored_units
from regen.orchestrator.session import Session
from regen.stages.select import Views
from regen.state.db import Database
from regen.templating.discover import TemplateFile, discover, parse_templates
from regen.version import __version__

Recorded = tuple[str, tuple[tuple[str, str], ...]]
_SETTLED_NS = 2_000_000_000


async def read_units(session: Session, prefixes: Mapping[str, str]) -> dict[str, Unit]:
    """Every template with its views.

    Raises:
        TemplateError: front matter or body is wrong, two templates have one name, or `needs` cannot be met.
        QueryError: a view is wrong.
    """
    project = session.config.project
    found = discover(session.config.root, project.templates, project.ignore)
    extra = session.extra_needs
    signature = (found.signature, session.config, tuple(sorted(prefixes.items())), tuple(sorted(extra.items())))
    if session.units_signature == signature:
        return session.units
    young = _young(found.files)
    made_from = [repr(signature), *session.hooks.manager.fingerprint()]
    units = None if young else stored_units(session, made_from)
    if units is None:
        languages = await session.hooks.languages()
        templates = parse_templates(found, settings=session.config.vars, prefixes=prefixes, languages=languages)
        needing = [with_needs(template, extra.get(template.name, ())) for template in templates]
        units = {template.name: await _unit(session, template, prefixes) for template in needing}
        if not young:
            keep_units(session, made_from, units)
    check_needs(units)
    session.units_signature = None if young else signature
    return units


def _young(files: Iterable[TemplateFile]) -> bool:
    """Whether a file is so young that its next change may look the same by size and time."""
    return any(time.time_ns() - file.signature[1] < _SETTLED_NS for file in files)


async def _unit(session: Session, template: Template, prefixes: Mapping[str, str]) -> Unit:
    selectors = []
    for view, text in template.views:
        await anyio.lowlevel.checkpoint()
        selectors.append((view, await compiled(session, text, prefixes, template.place(view))))
    _check_each(template, dict(selectors))
    parts = _parts(session, template, selectors)
    digest = _hash(part for pair in parts for part in pair)
    return Unit(template, Views(template.name, template.each, tuple(selectors)), digest, parts)


def _check_each(template: Template, selectors: Mapping[str, Selector]) -> None:
    if template.each and not selectors["each"].keyed:
        raise TemplateError(
            "`each` has to select ?this: an artifact is made for each of its values",
            where=template.where,
            hint="each: SELECT ?this WHERE { ?this a rdfs:Class }",
        )


def _parts(
    session: Session, template: Template, selectors: Iterable[tuple[str, Selector]]
) -> tuple[tuple[str, str], ...]:
    """What an artifact depends on beside facts, each with a digest; a view counts by its algebra."""
    front = (
        template.to,
        template.language,
        template.engine,
        template.when,
        template.skip_if,
        template.unless_exists,
        template.force,
        template.inject,
        template.shape,
        template.needs,
        template.sandboxed,
    )
    parts = {template.where: _hash([template.body, repr(front)])}
    for source in (*template.sources, *template.modules):
        if source.where != template.where:
            parts[source.where] = _hash([source.text])
    for view, selector in selectors:
        parts[f"the view {view!r} of {template.where}"] = selector.digest
    parts["[vars] of the configuration"] = _hash([json.dumps(template.settings)])
    parts["prefixes that the body uses"] = _hash([json.dumps(template.prefixes)])
    parts["[format] of the configuration"] = _hash([json.dumps(session.config.format)])
    parts["plugins"] = _hash(["\n".join(session.hooks.manager.fingerprint()), __version__, version("jinja2")])
    return tuple(sorted(parts.items()))


def difference(name: str, known: Recorded | None, unit: Unit | None) -> Because:
    """Why a template's artifacts are affected: what came, went or changed of its ingredients."""
    if unit is None:
        return Because("template", f"the template {name} is gone")
    if known is None:
        return Because("new", "first run of this template", where=unit.template.where)
    before, after = dict(known[1]), dict(unit.parts)
    changed = sorted(part for part in {*before, *after} if before.get(part) != after.get(part))
    text = ", ".join(changed) or unit.template.where
    kind = "setting" if all("configuration" in part for part in changed) and changed else "template"
    return Because("setting" if kind == "setting" else "template", f"{text} changed")


def write_unit(database: Database, environment: str, name: str, unit: Unit | None) -> None:
    """Record a template's digest and its ingredients for an environment; None forgets it."""
    if unit is None:
        database.execute("DELETE FROM template WHERE environment = ? AND name = ?", (environment, name))
        return
    database.execute(
        "INSERT OR REPLACE INTO template (environment, name, digest, views) VALUES (?, ?, ?, ?)",
        (environment, name, unit.digest, json.dumps(unit.parts, ensure_ascii=False)),
    )


def recorded_units(database: Database, environment: str) -> Mapping[str, Recorded]:
    """What is recorded of an environment's templates: digest and ingredients by name."""
    return database.known(f"templates {environment}", lambda: _recorded(database, environment))


def _recorded(database: Database, environment: str) -> dict[str, Recorded]:
    rows = database.execute("SELECT name, digest, views FROM template WHERE environment = ?", (environment,))
    return {name: (digest, tuple((p, d) for p, d in json.loads(parts))) for name, digest, parts in rows}


def _hash(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=20).hexdigest()
