"""Discover: entries of the configuration become files, and files become templates."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from regen.errors import TemplateError
from regen.model.language import Language
from regen.model.template import Source, Template
from regen.templating.modules import ENTRY
from regen.templating.sources import has_front_matter, is_template_name

PACKS = "regen_templates"  # the packs that ship: one folder each
LIBRARY = "vocabulary"  # the folder among them that has no templates, but queries and modules that all of them share
GROUP = "regen.packs"  # entry points of packs from elsewhere: name = "package.with.the.folder"
_ENDINGS = (".j2", ".jinja", ".jinja2")
_IGNORED = re.compile(r"\..*|.*~|#.*#|.*\.(?:bak|orig|rej|swp|swo|tmp|pyc|pyo)|__pycache__|__init__\.py")
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """One file of a templates folder or a pack, as a listing gives it; nothing of it is read.

    Attributes:
        name: full name, such as "python/model.py.j2" or "pack:python/model.py.j2".
        path: where it is read.
        where: for messages: relative to the project, or the name in a pack.
        candidate: whether it is a template if it starts with front matter; else it is for including only.
        sandboxed: whether it comes from a pack that does not ship with regen.
        signature: (size in bytes, modification time in ns, inode): equal for an untouched file.
    """

    name: str
    path: Path
    where: str
    candidate: bool
    sandboxed: bool
    signature: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Root:
    """A folder of templates.

    Attributes:
        prefix: what names start with: "" or "pack:NAME/".
        where: the folder as messages say it, with a "/" at its end.
        glob: names in the folder that are templates; None: all with the right ending.
    """

    folder: Path
    prefix: str
    where: str
    glob: str | None
    sandboxed: bool


@dataclass(frozen=True, slots=True)
class Discovered:
    """All files that templates are, or may take in, sorted by name."""

    files: tuple[TemplateFile, ...]

    @property
    def signature(self) -> tuple[tuple[str, tuple[int, int, int]], ...]:
        """Equal while no file came, went or was touched."""
        return tuple((file.name, file.signature) for file in self.files)


def discover(project: Path, entries: Iterable[str], ignore: Iterable[str] = ()) -> Discovered:
    """List template files; cheap: folders are listed, nothing is read.

    Args:
        project: the project's folder.
        entries: folders, files, globs, or `pack:NAME`, relative to the project.
        ignore: patterns as in `.gitignore`, for files of the project.

    Raises:
        TemplateError: an entry or a pack does not exist, or two files have one name.
    """
    is_ignored = _ignoring(tuple(ignore))
    found: dict[str, TemplateFile] = {}
    for root in _roots(entries, project):
        for file in _walk(root):
            if not root.prefix and is_ignored(file.where):
                continue
            known = found.get(file.name)
            if known is None or (known.path == file.path and file.candidate):
                found[file.name] = file
            elif known.path != file.path:
                raise TemplateError(
                    f"two templates are called {file.name!r}: {known.where} and {file.where}",
                    where=file.where,
                    hint="rename one of the files: names are relative to their templates folder",
                )
    return Discovered(tuple(found[name] for name in sorted(found)))


def _roots(entries: Iterable[str], project: Path) -> Iterator[_Root]:
    """The folders of all entries; packs that ship bring what they share."""
    shared = False
    for entry in entries:
        root = _pack(entry) if entry.startswith("pack:") else _folder(entry, project)
        yield root
        shared = shared or (bool(root.prefix) and not root.sandboxed)
    if shared:
        yield _pack(f"pack:{LIBRARY}")


def parse_templates(
    found: Discovered,
    *,
    settings: tuple[tuple[str, str], ...] = (),
    prefixes: Mapping[str, str] | None = None,
    languages: Iterable[Language] = (),
    salt: str = "",
) -> tuple[Template, ...]:
    """Templates among the files, sorted by name; arguments as in `regen.templating.parse.Surroundings`.

    Raises:
        TemplateError: a file cannot be read, or as `parse_template`.
    """
    from regen.templating.parse import Surroundings, parse_template

    around = Surroundings(settings, prefixes or {}, tuple(languages), salt)
    library = FileLibrary(found.files)
    templates = []
    for file in library.files:
        source = library.find(file.name) if file.candidate else None
        if source is not None and has_front_matter(source.text):
            templates.append(parse_template(source, library, around, sandboxed=file.sandboxed))
    return tuple(templates)


def _ignoring(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    if not patterns:
        return lambda _: False
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns).match_file


class FileLibrary:
    """Reads listed files, each once."""

    def __init__(self, files: Iterable[TemplateFile]) -> None:
        self.files = tuple(sorted(files, key=lambda file: file.name))
        self._sources: dict[str, Source | None] = {}
        self._modules: dict[str, tuple[Source, ...]] = {}

    @cached_property
    def _by_name(self) -> Mapping[str, TemplateFile]:
        return {file.name: file for file in self.files}

    def find(self, name: str) -> Source | None:
        """The file of that full name; None where there is none."""
        if name not in self._sources:
            file = self._by_name.get(name)
            self._sources[name] = _read(file) if file is not None else None
        return self._sources[name]

    def beside(self, name: str) -> tuple[str, ...]:
        """Names of the files of the same folder of templates, or of the same pack."""
        root = _root_of(name)
        return tuple(file.name for file in self.files if file.name.endswith(_ENDINGS) and _root_of(file.name) == root)

    def modules(self, name: str) -> tuple[Source, ...]:
        """Python files whose filters templates of that name can use, `filters.py` first; strangers' packs have none."""
        root = _root_of(name)
        if root not in self._modules:
            entry = self._by_name.get(f"{root}/{ENTRY}" if root else ENTRY)
            roots = {root, f"pack:{LIBRARY}"} if root else {root}
            names = [
                file.name
                for file in self.files
                if file.name.endswith(".py") and _root_of(file.name) in roots and file is not entry
            ]
            names = [entry.name, *names] if entry is not None and not entry.sandboxed else []
            self._modules[root] = tuple(found for one in names if (found := self.find(one)) is not None)
        return self._modules[root]


def _root_of(name: str) -> str:
    return name.partition("/")[0] if name.startswith("pack:") else ""


def _read(file: TemplateFile) -> Source:
    try:
        text = file.path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TemplateError(
            f"the file cannot be read: {error.strerror}", where=file.where, hint="look at its rights"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TemplateError(
            "the file is no UTF-8", where=f"{file.where}:{line}", hint="save it in the encoding UTF-8"
        ) from error
    return Source(file.name, file.where, text)


def _folder(entry: str, project: Path) -> _Root:
    """A folder, a file, or a glob: the folder is then what stands before the first sign of a pattern."""
    parts = Path(entry).parts
    fixed = [part for i, part in enumerate(parts) if not any(_MAGIC.search(p) for p in parts[: i + 1])]
    folder, glob = project.joinpath(*fixed), "/".join(parts[len(fixed) :]) or None
    if glob is None and folder.is_file():
        folder, glob, fixed = folder.parent, folder.name, fixed[:-1]
    if not folder.is_dir():
        raise TemplateError(
            f"there is no folder of templates {entry!r}",
            where=str(Path(entry)),
            hint="make it, or change `templates` in the configuration",
        )
    where = "/".join(fixed)
    return _Root(folder, "", f"{where}/" if where not in ("", ".") else "", glob, sandboxed=False)


def _pack(entry: str) -> _Root:
    name = entry.removeprefix("pack:").strip("/")
    shipped = _shipped()
    if name in shipped:
        return _Root(shipped[name], f"pack:{name}/", f"pack:{name}/", None, sandboxed=False)
    points = {point.name: point.value.partition(":")[0] for point in entry_points(group=GROUP)}
    if name in points:
        for folder in _folders(points[name]):
            return _Root(folder, f"pack:{name}/", f"pack:{name}/", None, sandboxed=True)
        raise TemplateError(
            f"the pack {name!r} has no folder {points[name]!r}", where=entry, hint="report it to its authors"
        )
    known = ", ".join(pack_names())
    raise TemplateError(f"no pack is called {name!r}", where=entry, hint=f"installed are: {known or 'none'}")


def pack_names() -> tuple[str, ...]:
    """Names of all installed packs, sorted."""
    return tuple(sorted({*_shipped(), *(point.name for point in entry_points(group=GROUP))} - {LIBRARY}))


def _shipped() -> dict[str, Path]:
    """Packs by name; of two checkouts on the path the first one counts, as for every other module."""
    found: dict[str, Path] = {}
    for folder in _folders(PACKS):
        for child in sorted(folder.iterdir()):
            if child.is_dir() and not _IGNORED.fullmatch(child.name):
                found.setdefault(child.name, child)
    return found


def _folders(package: str) -> list[Path]:
    """Folders of a package, found without running the package itself."""
    try:
        spec = find_spec(package)
    except ImportError:
        return []
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec is not None else []


def _walk(root: _Root) -> Iterable[TemplateFile]:
    for folder, folders, files in os.walk(root.folder):
        folders[:] = sorted(name for name in folders if not _IGNORED.fullmatch(name))
        inner = Path(folder).relative_to(root.folder).as_posix()
        start = "" if inner == "." else f"{inner}/"
        for name in sorted(files):
            if _IGNORED.fullmatch(name):
                continue
            path = Path(folder, name)
            try:
                found = path.stat()
            except OSError:  # gone between listing and looking, or a link to nowhere
                continue
            if not stat.S_ISREG(found.st_mode):  # a pipe or a device, which could be read for ever
                continue
            yield TemplateFile(
                root.prefix + start + name,
                path,
                root.where + start + name,
                _is_candidate(start + name, root.glob),
                root.sandboxed,
                (found.st_size, found.st_mtime_ns, found.st_ino),
            )


def _is_candidate(name: str, glob: str | None) -> bool:
    if not name.endswith(_ENDINGS) or not is_template_name(name):
        return False
    return glob is None or fnmatch.fnmatchcase(name, glob.replace("**/", "*"))
