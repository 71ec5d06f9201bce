"""Advisories: files in the JSON format of OSV, held against the packages that manifests of changed files name.

https://ossf.github.io/osv-schema: `affected[].package` names the package, `versions` and `ranges[].events` which of its
versions. A manifest that allows an affected version is warned of; one that pins it is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from regen.model.candidate import Candidate
from regen.model.finding import Finding
from regen_plugins.evaluate_security.risk import GATE
from regen_plugins.manifests import NAMES, Manifest, Manifests, normal, read_manifest

_ECOSYSTEMS = {
    "pyproject.toml": "PyPI",
    "requirements.txt": "PyPI",
    "package.json": "npm",
    "Cargo.toml": "crates.io",
    "go.mod": "Go",
}
_LANGUAGES = {".py": "python", ".ts": "typescript", ".tsx": "tsx", ".js": "javascript", ".rs": "rust", ".go": "go"}
_VERSION = re.compile(r"\d+(?:\.\d+)*")


def advised(candidate: Candidate, files: Sequence[str]) -> Iterator[Finding]:
    """Advisories about packages that the candidate depends on."""
    if not files:
        return
    manifests = list(_manifests(candidate))
    for file in files:
        content = candidate.beside(file)
        try:
            advisories = _advisories(json.loads(content if content is not None else b""))
        except ValueError:
            what = "is not there" if content is None else "is no JSON"
            hint = "name files in the JSON format of OSV in `advisories` of [evaluate]"
            yield Finding(GATE, "error", f"the file of advisories {file} {what}", hint=hint)
            continue
        for advisory in advisories:
            yield from (found for manifest in manifests for found in _held(advisory, manifest))


def _advisories(document: Any) -> list[Mapping[str, Any]]:
    """Those of a document: one, a list, or `{"vulns": [...]}` as the OSV service answers.

    Raises:
        ValueError: it is none of these.
    """
    found = document.get("vulns", [document]) if isinstance(document, dict) else document
    if not isinstance(found, list) or not all(isinstance(one, dict) and "affected" in one for one in found):
        raise ValueError("no advisories")
    return found


def _manifests(candidate: Candidate) -> Iterator[Manifest]:
    """Manifests that change, and those that hold for files that do."""
    known: dict[str, Manifest] = {}
    near = Manifests(candidate.read, candidate.beside)
    for item in candidate.changes:
        if item.content is None:
            continue
        place = PurePosixPath(item.path)
        if place.name in _ECOSYSTEMS:
            changed = read_manifest(item.path, item.content)
            known |= {item.path: changed} if changed is not None else {}
        language = _LANGUAGES.get(place.suffix)
        if language in NAMES:
            known |= {manifest.path: manifest for manifest in near.of(str(language), item.path)}
    yield from known.values()


def _held(advisory: Mapping[str, Any], manifest: Manifest) -> Iterator[Finding]:
    ecosystem = _ECOSYSTEMS[PurePosixPath(manifest.path).name]
    for affected in advisory["affected"]:
        package = affected.get("package", {})
        if str(package.get("ecosystem", "")).partition(":")[0] != ecosystem:
            continue
        said = manifest.packages.get(_as_named(ecosystem, str(package.get("name"))))
        if said is None:
            continue
        version = _VERSION.search(said)
        if version is not None and not _is_affected(affected, version[0]):
            continue
        pinned = version is not None and _pins(ecosystem, said)
        text = f"{package['name']} {said or 'of any version'}: {advisory.get('id', 'an advisory')}"
        summary = f", {advisory['summary']}" if advisory.get("summary") else ""
        fixed = _fixed(affected)
        hint = f"ask for {fixed} or newer in {manifest.path}" if fixed else f"take it out of {manifest.path}"
        yield Finding(GATE, "error" if pinned else "warning", text + summary, manifest.path, hint=hint)
        return


def _as_named(ecosystem: str, name: str) -> str:
    """A package as `regen_plugins.manifests` names it."""
    return normal(name) if ecosystem == "PyPI" else name.replace("-", "_") if ecosystem == "crates.io" else name


def _pins(ecosystem: str, said: str) -> bool:
    if ecosystem == "Go":
        return True  # the least version is the one that is taken
    return bool(re.fullmatch(r"={1,3}\s*v?\d[\w.+-]*" if ecosystem != "npm" else r"=?\s*v?\d[\w.+-]*", said.strip()))


def _is_affected(affected: Mapping[str, Any], version: str) -> bool:
    if any(_same(version, one) for one in affected.get("versions", ())):
        return True
    return any(
        _within(one.get("events", ()), version) for one in affected.get("ranges", ()) if one.get("type") != "GIT"
    )


def _within(events: Iterable[Mapping[str, str]], version: str) -> bool:
    """Whether events, sorted by their versions, leave the version affected."""
    number, state = _numbers(version), False
    marks = [(_numbers(value), kind) for event in events for kind, value in event.items()]
    for mark, kind in sorted(marks, key=lambda one: (one[0], one[1] != "introduced")):
        if kind == "introduced" and number >= mark:
            state = True
        elif (kind == "fixed" and number >= mark) or (kind == "last_affected" and number > mark):
            state = False
    return state


def _fixed(affected: Mapping[str, Any]) -> str | None:
    events = [
        event for one in affected.get("ranges", ()) if one.get("type") != "GIT" for event in one.get("events", ())
    ]
    return max((event["fixed"] for event in events if "fixed" in event), key=_numbers, default=None)


def _same(one: str, other: str) -> bool:
    return _numbers(one) == _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    """The release number, without the zeros at its end: 1.0 is 1."""
    found = _VERSION.search(version)
    parts = [int(part) for part in found[0].split(".")] if found is not None else [0]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)
