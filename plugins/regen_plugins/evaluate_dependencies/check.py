"""Check: the imports of a candidate's changes, and those of files that import what it removes.

Why hints: a file that goes may be imported by files that do not change, which nobody wants to read one and all. Who
imports what is noted when a file is written; a note may be of a file that imports it no more, so it is looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from regen.model.candidate import Candidate
from regen.model.evaluated import Evaluated
from regen.model.finding import Finding, Severity
from regen_plugins.evaluate_dependencies.imports import Import, confirmed, imports_of, names_in
from regen_plugins.evaluate_dependencies.resolve import Found, Tree, resolve
from regen_plugins.manifests import NAMES, Manifests

_GATE = "dependencies"
_LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    ".tsx": "tsx",
    ".rs": "rust",
    ".go": "go",
    ".java": "java",
}
_NAMED = frozenset(("python", "typescript", "tsx", "javascript"))  # imports that say which names they take
_SEVERITIES: dict[str, Severity] = {"warn": "warning", "error": "error"}


class Check:
    """One candidate.

    Args:
        undeclared: what a package is that no manifest names: "warn", "error" or "allow".
    """

    def __init__(self, candidate: Candidate, undeclared: str) -> None:
        self._candidate = candidate
        self._undeclared = undeclared
        self._hints = candidate.hints(_GATE)
        self._manifests = Manifests(candidate.read, candidate.beside)
        self._tree = Tree(candidate.has, candidate.inside, self._manifests.of)
        self._earlier = Tree(self._had, lambda folder: True, self._manifests.of)
        self._written = {item.path for item in candidate.changes if item.content is not None}
        self._looked = False
        self._names: dict[str, frozenset[str] | None] = {}
        self._packages: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)

    def evaluated(self) -> list[Evaluated]:
        """What is wrong, by place; nothing at all of files without an import."""
        found = tuple(self._findings())
        failed = any(finding.severity == "error" for finding in found)
        return [Evaluated(_GATE, "fail" if failed else "pass", found)] if self._looked or found else []

    def _findings(self) -> list[Finding]:
        for path in self._hints.behind():
            if path not in self._written:
                for _ in self._resolved(path, self._earlier):
                    pass  # it is noted
        found = [finding for path in sorted(self._written) for finding in self._file(path)]
        found += [finding for path in self._left() for finding in self._importers(path)]
        return [*found, *self._undeclared_packages()]

    def _read(self, path: str) -> tuple[str, str] | None:
        """Language and text of a file whose imports are known."""
        language = _LANGUAGES.get(PurePosixPath(path).suffix)
        content = self._candidate.read(path) if language is not None else None
        if language is None or content is None:
            return None
        return language, content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")

    def _resolved(self, path: str, tree: Tree | None = None) -> Iterator[tuple[str, str, Import, Found]]:
        """Imports of a file with where they lead; they are noted."""
        read = self._read(path)
        if read is None:
            return
        language, text = read
        for one in imports_of(language, text):
            self._looked = True
            found = resolve(tree or self._tree, language, path, one, text)
            if found.where == "file":
                for name in one.names or ("",):
                    self._hints.add(f"{found.path}#{name}", path)
            yield language, text, one, found

    def _had(self, path: str) -> bool:
        """Whether there is a file, or was one before this cycle: what went with it is to be found, too."""
        return self._candidate.has(path) or self._candidate.before(path) is not None

    def _file(self, path: str) -> Iterator[Finding]:
        for language, text, one, found in self._resolved(path):
            match found.where:
                case "nowhere":
                    if confirmed(language, text, one):
                        lost = self._leaves(language, path, one, text, found) is not None
                        severity: Severity = "error" if lost or not self._stood(language, path, one) else "warning"
                        yield _finding(path, one, f"`{one.name}` leads to {found.path}, which is not there", severity)
                case "undeclared" if (gone := self._leaves(language, path, one, text, found)) is not None:
                    yield _finding(path, one, f"`{one.name}` leads to {gone}, which this cycle removes")
                case "undeclared":
                    self._packages[language, found.package].append((path, one.line))
                case "file" if found.path in self._written and language in _NAMED:
                    yield from self._taken(path, one, found, confirmed_by=(language, text))

    def _stood(self, language: str, path: str, one: Import) -> bool:
        """Whether the file on disk has the import already: then it is a person's, and not of this cycle's making."""
        before = self._candidate.before(path)
        if before is None:
            return False
        text = before.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        return any(other.name == one.name for other in imports_of(language, text))

    def _taken(self, path: str, one: Import, found: Found, *, confirmed_by: tuple[str, str]) -> Iterator[Finding]:
        """Names that are taken from a file that changes, too, and has them not."""
        there = self._given(found.path)
        for name in one.names if there is not None else ():
            missing = there is not None and name not in there and not self._submodule(found.path, name)
            if missing and confirmed(*confirmed_by, one):
                yield _finding(path, one, f"`{name}` is taken from {found.path}, which has no such name")

    def _given(self, path: str) -> frozenset[str] | None:
        if path not in self._names:
            read = self._read(path)
            self._names[path] = names_in(*read) if read is not None and read[0] in _NAMED else None
        return self._names[path]

    def _submodule(self, path: str, name: str) -> bool:
        """Python: `from package import module`."""
        place = PurePosixPath(path)
        base = f"{place.parent}/{name}" if str(place.parent) != "." else name
        held = self._candidate.has(f"{base}.py") or self._candidate.has(f"{base}/__init__.py")
        return held and place.suffix == ".py"

    def _left(self) -> list[str]:
        """Keys of what is there no more: files as a whole, and names that a file had."""
        gone = {path for item in self._candidate.changes for path in (item.path, item.moved_from) if path}
        keys = [path for path in gone if not self._candidate.has(path)]
        keys += [f"{folder}/" for folder in map(_folder, keys) if not self._candidate.inside(folder)]
        return sorted({f"{key}#" for key in keys} | {key for path in self._written for key in self._lost(path)})

    def _lost(self, path: str) -> Iterator[str]:
        """Names that a file had before this cycle, and others may take."""
        language = _LANGUAGES.get(PurePosixPath(path).suffix)
        before = self._candidate.before(path) if language in _NAMED else None
        if before is None or language is None:
            return
        had, has = names_in(language, before.decode("utf-8", errors="replace")), self._given(path)
        if had is not None and has is not None:
            yield from (f"{path}#{name}" for name in had - has)

    def _importers(self, key: str) -> Iterator[Finding]:
        """Files that do not change and import what goes."""
        target, _, name = key.partition("#")
        for path in self._hints.find(key, whole=bool(name)):
            if path in self._written or not self._candidate.has(path):
                continue
            for language, text, one, found in self._resolved(path):
                if name and name in one.names and found.path == target and not self._submodule(target, name):
                    yield _finding(path, one, f"`{name}` is taken from {target}, which this cycle takes it out of")
                elif not name and self._leaves(language, path, one, text, found) == target:
                    yield _finding(path, one, f"`{one.name}` leads to {target}, which this cycle removes")

    def _leaves(self, language: str, path: str, one: Import, text: str, found: Found) -> str | None:
        """Where an import led before this cycle, and leads no more; None where it still leads somewhere, or is none."""
        if found.where not in {"nowhere", "undeclared", "unknown"}:
            return None
        earlier = resolve(self._earlier, language, path, one, text)
        return earlier.path if earlier.where == "file" and confirmed(language, text, one) else None

    def _undeclared_packages(self) -> Iterator[Finding]:
        """Packages that no manifest names, each once; where there is no manifest, that nobody can say."""
        untold: set[str] = set()
        for (language, package), places in sorted(self._packages.items()):
            path, line = places[0]
            manifests = self._manifests.of(language, path)
            names = " or ".join(NAMES.get(language, ()))
            if not manifests:
                untold.add(names)
            elif self._undeclared != "allow":
                more = f", and {len(places) - 1} files more" if len(places) > 1 else ""
                text = f"the package `{package}` is in no manifest{more}"
                hint = f'add it to {manifests[0].path}, or set `undeclared = "allow"` under [evaluate]'
                yield Finding(_GATE, _SEVERITIES[self._undeclared], text, path, line, hint=hint)
        for names in sorted(untold):
            if not self._hints.find(f"{names}#"):
                self._hints.add(f"{names}#", "")
                text = (
                    f"no {names} says which packages the generated files may import: only their own imports are checked"
                )
                yield Finding(_GATE, "note", text)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _finding(path: str, one: Import, text: str, severity: Severity = "error") -> Finding:
    hint = f"`regen why {path}:{one.line}` names the template and the data behind it"
    return Finding(_GATE, severity, text, path, one.line, hint=hint)
