"""Merge: the name of a manifest becomes what reads it, and the rules by which its packages settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from regen_plugins.keyed.formats import format_of
from regen_plugins.keyed.merge import Format
from regen_plugins.keyed.node import Data, Path
from regen_plugins.keyed.rules import Clash, Items, Names, Rules, Settled
from regen_plugins.keyed.words import called
from regen_plugins.merge_manifest import gomod, python, read_gomod, read_requirements, semver

# Tables of npm's package.json whose values are ranges.
_NPM = frozenset(("dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "engines"))
# The Cargo book, "Specifying Dependencies"; also inside of `workspace` and `target.…`.
_CARGO = frozenset(("dependencies", "dev-dependencies", "build-dependencies"))
Settle = Callable[[str | None, str, str], str | None]


def known(name: str) -> tuple[Format, Rules]:
    """How a manifest of this file name is read, and its rules."""
    match name:
        case "package.json":
            return format_of("json"), _Npm()
        case "Cargo.toml":
            return format_of("toml"), _Cargo()
        case "pyproject.toml":
            return format_of("toml"), _Pyproject()
        case "go.mod":
            return Format(read_gomod.tree, read_gomod.parsed, read_gomod.says), _Go()
    return Format(read_requirements.tree, read_requirements.parsed), _Requirements()


class _Manifest(Rules):
    """What the rules of all manifests have in common; `path` is that of a value.

    `versions` are paths of a project's own release number.
    """

    versions: frozenset[Path] = frozenset()

    def ranges(self, path: Path) -> Settle | None:
        """How two ranges of a package settle; None where the value is none."""
        return None

    def settle(self, path: Path, base: Data, ours: Data, theirs: Data) -> Settled | Clash | None:
        before, mine, other = (_text(value) for value in (base, ours, theirs))
        if path in self.versions:
            return Clash("version", f"your edit and the template both set {called(path)}: {mine} here, {other} there")
        intersect = self.ranges(path)
        if intersect is None:
            return None
        found = intersect(before, mine, other) if mine is not None and other is not None else None
        if found is not None:
            return Settled(("str", found))
        return Clash(
            "dependency", f"{called(path)} is {mine} in your file and {other} in the template, which exclude each other"
        )


def _text(value: Data) -> str | None:
    return str(value[1]) if isinstance(value, tuple) and value[0] == "str" else None


class _Npm(_Manifest):
    versions = frozenset((("version",),))

    def ranges(self, path: Path) -> Settle | None:
        return semver.npm if len(path) == 2 and path[0] in _NPM else None


class _Cargo(_Manifest):
    versions = frozenset((("package", "version"), ("workspace", "package", "version")))

    def names(self, path: Path, sides: Sequence[Items]) -> list[Names] | None:
        """Features are a set: each is known by itself."""
        if path[-1:] == ("features",) and all(len(set(items)) == len(items) for items in sides):
            return [list(items) for items in sides]
        return super().names(path, sides)

    def ranges(self, path: Path) -> Settle | None:
        place = path[:-1] if path[-1:] == ("version",) else path
        return semver.cargo if len(place) > 1 and place[-2] in _CARGO else None

    def lifted(self, path: Path) -> str | None:
        """A dependency that is written as a text alone means its version."""
        return "version" if len(path) > 1 and path[-2] in _CARGO else None


class _Requirements(_Manifest):
    def ranges(self, path: Path) -> Settle | None:
        is_option = not path or (isinstance(path[0], tuple) and path[0][0] == "option")
        return None if is_option else python.requirement


class _Pyproject(_Manifest):
    versions = frozenset((("project", "version"),))

    def names(self, path: Path, sides: Sequence[Items]) -> list[Names] | None:
        """Requirements are known by their package, and by their marker where a package stands twice."""
        if not _requirements(path):
            return super().names(path, sides)
        plain = [[_package(item, with_marker=False) for item in items] for items in sides]
        if all(len(set(side)) == len(side) for side in plain):
            return plain
        named = [[_package(item, with_marker=True) for item in items] for items in sides]
        return named if all(len(set(side)) == len(side) for side in named) else None

    def ranges(self, path: Path) -> Settle | None:
        if path == ("project", "requires-python"):
            return python.specifiers
        return python.requirement if _requirements(path[:-1]) else None


def _requirements(path: Path) -> bool:
    """Whether this is the path of a list of requirements (PEP 621, PEP 735, PEP 518)."""
    if path in {("project", "dependencies"), ("build-system", "requires")}:
        return True
    return path[:-1] in {("project", "optional-dependencies"), ("dependency-groups",)}


def _package(item: Data, *, with_marker: bool) -> Data:
    """What a requirement is of; an item that is none is known by itself."""
    try:
        found = Requirement(_text(item) or "")
    except InvalidRequirement:
        return item
    name = canonicalize_name(found.name)
    return f"{name} ; {found.marker}" if with_marker and found.marker else name


class _Go(_Manifest):
    def ranges(self, path: Path) -> Settle | None:
        return gomod.higher if path[:1] in {("require",), ("go",), ("toolchain",)} else None
