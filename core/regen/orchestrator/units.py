"""Units: templates with their compiled views, read anew only when a template, a setting or a prefix changed."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regen.errors import QueryError, TemplateError
from regen.hooks.protocols import Selector
from regen.model.artifact import Because
from regen.model.template import Template
from regen.orchestrator.session import Session, Unit
from regen.stages.select import Views
from regen.state.db import Database
from regen.templating.discover import TemplateFile, discover, parse_templates
from regen.version import __version__

_UNITS = "units:"  # starts the keys of whole sets of templates in the table of compiled views
Recorded = tuple[str, tuple[tuple[str, str], ...]]
_SETTLED_NS = 2_000_000_000
_DECLARED = re.compile(r"\bPREFIX\s+([A-Za-z][\w.-]*)?:", re.IGNORECASE)
_PREFIX = re.compile(r"([A-Za-z][\w.-]*)?:")


async def read_units(session: Session, prefixes: Mapping[str, str]) -> dict[str, Unit]:
    """Every template with its views.

    Raises:
        TemplateError: front matter or body is wrong, or two templates have one name.
        QueryError: a view is wrong.
    """
    project = session.config.project
    found = discover(session.config.root, project.templates, project.ignore)
    signature = (found.signature, session.config, tuple(sorted(prefixes.items())))
    if session.units_signature == signature:
        return session.units
    young = _young(found.files)
    key = _UNITS + _hash([repr(signature), *session.hooks.manager.fingerprint(), *_code()])
    units = None if young else _cached(session, key)
    if units is None:
        languages = await session.hooks.languages()
        templates = parse_templates(found, settings=session.config.vars, prefixes=prefixes, languages=languages)
        units = {template.name: await _unit(session, template, prefixes) for template in templates}
        if not young:
            session.compiled[key] = pickle.dumps(units)
    _check_needs(units)
    session.units_signature = None if young else signature
    return units


def _check_needs(units: Mapping[str, Unit]) -> None:
    for unit in units.values():
        for need in unit.template.needs:
            if need not in units:
                raise TemplateError(
                    f"`needs` names the template {need!r}, which is not there",
                    where=unit.template.where,
                    hint=f"templates are: {', '.join(sorted(units))}",
                )


def _cached(session: Session, key: str) -> Any:
    """What an earlier process compiled, so that an idle start need load neither Jinja nor a SPARQL parser."""
    row = session.state.db.one("SELECT code FROM selector WHERE digest = ?", (key,))
    return pickle.loads(row[0]) if row is not None else None  # noqa: S301 - written by this program into its own state


@lru_cache(maxsize=1)
def _code() -> tuple[str, ...]:
    """What compiled values are good for: this version of regen and of Oxigraph, in these very source files."""
    found = [__version__, version("pyoxigraph")]
    for package in ("model", "query", "stages"):
        files = sorted((Path(__file__).parents[1] / package).glob("*.py"))
        found += [f"{file.name} {stat.st_size} {stat.st_mtime_ns}" for file in files for stat in [file.stat()]]
    return tuple(found)


def write_compiled(session: Session) -> None:
    """Keep what was compiled for the next process; older sets of templates go."""
    for key, code in session.compiled.items():
        if key.startswith(_UNITS):
            session.state.db.execute("DELETE FROM selector WHERE digest LIKE ?", (f"{_UNITS}%",))
        session.state.db.execute("INSERT OR REPLACE INTO selector VALUES (?, ?)", (key, code))
    session.compiled.clear()


def _young(files: Iterable[TemplateFile]) -> bool:
    """Whether a file is so young that its next change may look the same by size and time."""
    return any(time.time_ns() - file.signature[1] < _SETTLED_NS for file in files)


async def _unit(session: Session, template: Template, prefixes: Mapping[str, str]) -> Unit:
    selectors = []
    for view, text in template.views:
        selectors.append((view, await _selector(session, text, prefixes, template.place(view))))
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


async def _selector(session: Session, text: str, prefixes: Mapping[str, str], where: str) -> Selector:
    """A compiled view, from the state's cache where one with this text and these prefixes is there."""
    used = {name: prefixes[name] for name in set(_PREFIX.findall(text)) if name in prefixes}
    key = _hash([text, json.dumps(used, sort_keys=True), *session.hooks.manager.fingerprint(), *_code()])
    known = session.selectors.get(key)
    if known is not None:
        return known
    selector: Selector | None = _cached(session, key)
    if selector is None:
        try:
            selector = await session.hooks.select(text, prefixes, where)
        except QueryError as error:
            raise _with_prefix(error, text, prefixes) from error
        if selector is None:
            raise QueryError("no plugin knows this query language", where=where, hint="enable the plugin select_sparql")
        session.compiled[key] = pickle.dumps(selector)
    session.selectors[key] = selector
    return selector


def _with_prefix(error: QueryError, text: str, prefixes: Mapping[str, str]) -> QueryError:
    """The same error, naming the prefix where one is bound nowhere: SPARQL's parser does not say which it is."""
    unbound = sorted(set(_PREFIX.findall(text)) - set(prefixes) - set(_DECLARED.findall(text)))
    if "prefix" not in error.message.lower() or not unbound:
        return error
    return QueryError(
        f"{error.message}: {unbound[0]}:",
        where=error.where,
        hint="bind it in a graph file, or under `prefixes` in the configuration",
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


def recorded_units(database: Database, environment: str) -> dict[str, Recorded]:
    """What is recorded of an environment's templates: digest and ingredients by name."""
    rows = database.execute("SELECT name, digest, views FROM template WHERE environment = ?", (environment,))
    return {name: (digest, tuple((p, d) for p, d in json.loads(parts))) for name, digest, parts in rows}


def _hash(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=20).hexdigest()
