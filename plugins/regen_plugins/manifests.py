"""Manifests: what a project says that it depends on, in the manifest that is nearest to a file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

NAMES: Mapping[str, tuple[str, ...]] = {
    "python": ("pyproject.toml", "requirements.txt"),
    "typescript": ("package.json",),
    "tsx": ("package.json",),
    "javascript": ("package.json",),
    "rust": ("Cargo.toml",),
    "go": ("go.mod",),
}
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)")
_GO_MODULE = re.compile(r"(?m)^\s*module\s+(\S+)")
_GO_REQUIRE = re.compile(r"(?m)^\s*(?:require\s+)?([\w.-]+\.[\w.-]+/?[\w./~-]*)\s+(v\S+)")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest.

    Attributes:
        path: as people find it, beside the outputs or in the project.
        name: of the package that it describes; None where it says none.
        packages: names that it depends on, as the ecosystem compares them, with what it says of their versions.
    """

    path: str
    name: str | None
    packages: Mapping[str, str]


class Manifests:
    """Manifests of one candidate, each read once.

    Args:
        read: bytes of a path among the outputs; None where there is no file.
        beside: bytes of a path in the project.
    """

    def __init__(self, read: Callable[[str], bytes | None], beside: Callable[[str], bytes | None]) -> None:
        self._read, self._beside = read, beside
        self._known: dict[tuple[str, str], tuple[Manifest, ...]] = {}

    def of(self, language: str, path: str) -> tuple[Manifest, ...]:
        """Those that hold for a file: of the nearest folder that has any, last the project's own."""
        for folder in PurePosixPath(path).parents:
            found = self._in(language, str(folder), self._read)
            if found:
                return found
        return self._in(language, "", self._beside)

    def _in(self, language: str, folder: str, read: Callable[[str], bytes | None]) -> tuple[Manifest, ...]:
        names = NAMES.get(language, ())
        key = (f"{folder}/" if folder not in {"", "."} else "", "|".join(names) + ("!" if folder == "" else ""))
        if key not in self._known:
            found = ((key[0] + name, read(key[0] + name)) for name in names)
            manifests = (read_manifest(path, content) for path, content in found if content is not None)
            self._known[key] = tuple(one for one in manifests if one is not None)
        return self._known[key]


def read_manifest(path: str, content: bytes) -> Manifest | None:
    """What a manifest says; None where it cannot be read, or says nothing of dependencies."""
    text = content.decode("utf-8", errors="replace")
    try:
        match PurePosixPath(path).name:
            case "package.json":
                return _package_json(path, json.loads(text))
            case "pyproject.toml":
                return _pyproject(path, tomllib.loads(text))
            case "Cargo.toml":
                return _cargo(path, tomllib.loads(text))
            case "go.mod":
                module = _GO_MODULE.search(text)
                return Manifest(path, module[1] if module else None, dict(_GO_REQUIRE.findall(text)))
            case _:
                return Manifest(path, None, dict(_requirements(text.splitlines())))
    except (ValueError, AttributeError, TypeError):
        return None


def normal(name: str) -> str:
    """A name of a Python distribution as they are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        said = line.partition("#")[0].strip()
        found = _REQUIREMENT.match(said)
        if found is not None and not said.startswith("-"):
            yield normal(found[1]), found[3].partition(";")[0].strip()


def _pyproject(path: str, table: Mapping[str, Any]) -> Manifest | None:
    project, tool = table.get("project", {}), table.get("tool", {}).get("poetry", {})
    groups = [*project.get("optional-dependencies", {}).values(), *table.get("dependency-groups", {}).values()]
    if not (project or tool or groups):
        return None
    lines = [*project.get("dependencies", ()), *(line for group in groups for line in group if isinstance(line, str))]
    packages = dict(_requirements(lines))
    tables = [
        tool.get("dependencies", {}),
        *(group.get("dependencies", {}) for group in tool.get("group", {}).values()),
    ]
    packages |= {normal(name): str(said) for one in tables for name, said in one.items()}
    return Manifest(path, project.get("name") or tool.get("name"), packages)


def _package_json(path: str, table: Mapping[str, Any]) -> Manifest:
    kinds = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
    return Manifest(
        path, table.get("name"), {name: str(said) for kind in kinds for name, said in table.get(kind, {}).items()}
    )


def _cargo(path: str, table: Mapping[str, Any]) -> Manifest:
    places = [table, table.get("workspace", {}), *table.get("target", {}).values()]
    kinds = ("dependencies", "dev-dependencies", "build-dependencies")
    packages: dict[str, str] = {}
    for name, said in ((n, s) for place in places for kind in kinds for n, s in place.get(kind, {}).items()):
        version = said.get("version", "") if isinstance(said, Mapping) else said
        packages[name.replace("-", "_")] = str(version)
    own = table.get("package", {}).get("name")
    return Manifest(path, own.replace("-", "_") if own else None, packages)
