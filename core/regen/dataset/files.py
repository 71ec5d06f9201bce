"""Dataset: the configured folders, globs and files become graph files, found in one order, each read once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from regen.errors import GraphError

FORMATS: Mapping[str, str] = {
    "ttl": "turtle",
    "turtle": "turtle",
    "nt": "ntriples",
    "ntriples": "ntriples",
    "nq": "nquads",
    "nquads": "nquads",
    "trig": "trig",
    "rdf": "rdfxml",
    "rdfxml": "rdfxml",
    "owl": "owl",
    "xml": "xml",
    "jsonld": "jsonld",
    "n3": "n3",
    "trix": "trix",
    "hext": "hext",
}
"""Extension to format, of the files that are taken from a folder; "owl" and "xml" are decided when they are read."""

NAMED_FORMATS: Mapping[str, str] = {**FORMATS, "json": "jsonld"}
"""The same for files that a glob or a name asks for; there, any other extension is a format for a plugin."""

COMPRESSIONS = ("gz", "bz2", "xz", "zst")

_GLOB = re.compile(r"[*?\[]")
_LEFT_BY_EDITORS = GitIgnoreSpec.from_lines(["*~", "\\#*#", "*.swp", "*.swo", "*.tmp", "*.bak", "4913"])
_BOTTOMLESS = -1
IGNORE_FILE = ".regenignore"
"""Patterns of files that are not taken, beside the configuration."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells without reading that a file is the same, as in git's index: size, times in ns, inode."""

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A graph file that was found.

    Attributes:
        path: relative to the project, with slashes.
        format: as in `GraphFile.format`, or "owl" or "xml".
        compression: one of COMPRESSIONS; None for a plain file.
        named: whether the configuration asks for it by a glob or by name; then it is an error if no plugin knows
            its format.
    """

    path: str
    signature: Signature
    format: str
    compression: str | None
    named: bool


def find_graph_files(root: Path, graphs: Sequence[str], ignore: Sequence[str] = ()) -> tuple[FoundFile, ...]:
    """The graph files of a project, sorted by path, each once.

    Hidden files are never taken, unless named outright, and folders only give files with an extension of FORMATS.

    Args:
        root: the project's folder.
        graphs: folders, globs and files, relative to it.
        ignore: patterns as in `.gitignore`, relative to it; those of `.regenignore` are added. They do not apply
            to a file that `graphs` names outright.

    Raises:
        GraphError: an entry names nothing, or a link leads out of the project.
    """
    finder = _Finder(root, ignore)
    found: dict[str, FoundFile] = {}
    for entry in graphs:
        for file in finder.find(entry):
            if file.named or file.path not in found:
                found[file.path] = file
    return tuple(found[path] for path in sorted(found))


def first_folder(root: Path, graphs: Sequence[str]) -> str | None:
    """The first entry of `graphs` that is a folder, in which regen writes files of its own; None: there is none."""
    return next((entry for entry in graphs if (root / entry).is_dir()), None)


def ignores(root: Path, ignore: Sequence[str], path: str) -> bool:
    """Whether patterns, or those of `.regenignore`, leave a file out that lies in a folder of `graphs`."""
    ignored = _Finder(root, ignore).ignored
    return ignored is not None and ignored.match_file(path)


def takes(root: Path, graphs: Sequence[str], ignore: Sequence[str], path: str) -> bool:
    """Whether a file would be taken, if it was there: that is asked with an empty one in its place."""
    file = root / path
    made = not file.exists()
    folders = [folder for folder in file.parents if not folder.exists()]
    if made:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    try:
        return any(found.path == path for found in find_graph_files(root, graphs, ignore))
    finally:
        if made:
            file.unlink()
        for folder in folders:
            folder.rmdir()


class _Finder:
    def __init__(self, root: Path, ignore: Sequence[str]) -> None:
        self.root = root
        self.real_root = root.resolve()
        lines = list(ignore)
        own = root / IGNORE_FILE
        if own.is_file():
            lines += own.read_text("utf-8", errors="replace").splitlines()
        self.ignored = GitIgnoreSpec.from_lines(lines) if any(line.strip() for line in lines) else None

    def find(self, entry: str) -> Iterator[FoundFile]:
        """What one entry of the configuration stands for."""
        asked = PurePosixPath(entry)
        if asked.is_absolute() or ".." in asked.parts:
            raise _leads_out(entry)
        fixed = next((i for i, part in enumerate(asked.parts) if _GLOB.search(part)), len(asked.parts))
        start = "/".join(asked.parts[:fixed])
        target = self.root / start
        self._stay_inside(target, start)
        if fixed < len(asked.parts):
            wanted = GitIgnoreSpec.from_lines([f"/{asked}"])
            below = _BOTTOMLESS if "**" in asked.parts else len(asked.parts) - fixed - 1
            for path, file in self._walk(start, below, self._seen(target)):
                if wanted.match_file(path) and not _LEFT_BY_EDITORS.match_file(path):
                    yield _found(path, file.stat(), named=True)
        elif target.is_dir():
            for path, file in self._walk(start, _BOTTOMLESS, self._seen(target)):
                if _format(path, FORMATS)[0]:
                    yield _found(path, file.stat(), named=False)
        elif target.is_file():
            yield _found(start, target.stat(), named=True)
        else:
            raise GraphError(
                f'graphs = "{entry}" names neither a folder nor a file',
                where=entry,
                hint="create it, or change `graphs` under [project]",
            )

    def _walk(self, folder: str, below: int, seen: set[tuple[int, int]]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Files that are neither hidden nor ignored, at most `below` folders down; linked folders are met once."""
        try:
            with os.scandir(self.root / folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return  # a glob whose folder is not there matches nothing, and a folder may go meanwhile
        except OSError as error:
            raise GraphError(
                f"the folder cannot be listed: {error.strerror}", where=folder, hint="see to its rights, or ignore it"
            ) from error
        for entry in listed:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith("."):
                continue
            link = entry.is_symlink()
            if self.ignored is not None and self.ignored.match_file(path if link or entry.is_file() else f"{path}/"):
                continue
            if link:
                self._stay_inside(Path(entry.path), path)
            if entry.is_file():
                yield path, entry
            elif entry.is_dir():
                status = entry.stat()
                if below and (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield from self._walk(path, below - 1, seen)
            elif link and _format(path, FORMATS)[0]:
                raise GraphError("the link leads nowhere", where=path, hint="mend or remove it, or ignore it")

    @staticmethod
    def _seen(start: Path) -> set[tuple[int, int]]:
        """Device and inode of a folder, so that no link leads back into it."""
        if not start.is_dir():
            return set()
        status = start.stat()
        return {(status.st_dev, status.st_ino)}

    def _stay_inside(self, target: Path, path: str) -> None:
        try:
            inside = target.resolve().is_relative_to(self.real_root)
        except (OSError, RuntimeError) as error:
            raise GraphError("the link leads in a circle", where=path, hint="mend or remove it") from error
        if not inside:
            raise _leads_out(path)


def _leads_out(path: str) -> GraphError:
    return GraphError(
        "graph files have to lie inside the project, and this leads out of it",
        where=path,
        hint="copy the files into the project, or make the folder above the project",
    )


def _format(path: str, formats: Mapping[str, str]) -> tuple[str | None, str | None, str]:
    """Format, compression and extension by the end of a path."""
    name = path.rpartition("/")[2].lower()
    stem, _, extension = name.rpartition(".")
    compression = None
    if extension in COMPRESSIONS:
        compression = extension
        extension = stem.rpartition(".")[2] if "." in stem else ""
    elif not stem:
        extension = ""
    return formats.get(extension), compression, extension


def _found(path: str, status: os.stat_result, *, named: bool) -> FoundFile:
    kind, compression, extension = _format(path, NAMED_FORMATS)
    signature = Signature(status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
    return FoundFile(path, signature, kind or extension, compression, named)
