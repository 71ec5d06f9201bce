"""Loops: an output that the next cycle would read as a graph or a template is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from regen.config import Config
from regen.dataset.files import COMPRESSIONS, FORMATS, IGNORE_FILE
from regen.errors import PathError
from regen.model.plan import Action, PlanItem
from regen.orchestrator.session import Place

_TEMPLATES = frozenset({".j2", ".jinja", ".jinja2"})
_STAY = frozenset({Action.DELETE, Action.KEEP, Action.NOTHING})


def refuse_loops(config: Config, place: Place, items: Iterable[PlanItem]) -> None:
    """Look at every path that a plan writes; where inputs and outputs lie apart, which is nearly always, at none.

    Raises:
        PathError: an output would be an input.
    """
    target = PurePosixPath(place.target.root.relative_to(config.root).as_posix())
    project = config.project
    graphs = _reader(config, target, project.graphs, _is_graph)
    templates = _reader(config, target, project.templates, lambda path: path.suffix in _TEMPLATES)
    if graphs is None and templates is None:
        return
    for item in items:
        path = target / item.path
        for reads, what in ((graphs, "graph"), (templates, "template")):
            if reads is not None and item.path and item.action not in _STAY and reads(path):
                raise PathError(
                    f"{item.artifact} would write {path}, which `{what}s` of [project] reads as a {what}",
                    where=item.path,
                    hint="change `to:`, or `output`, or leave the path out of the inputs with `ignore`",
                )


def _reader(
    config: Config, target: PurePosixPath, entries: Iterable[str], fits: Callable[[PurePosixPath], bool]
) -> Callable[[PurePosixPath], bool] | None:
    """Whether a path, relative to the project, is read; None where no entry can meet the target's folder."""
    globs: list[str] = []
    folders: list[PurePosixPath] = []
    for entry in entries:
        parts = PurePosixPath(entry).parts
        fixed = next((n for n, part in enumerate(parts) if any(letter in part for letter in "*?[")), len(parts))
        start = PurePosixPath(*parts[:fixed])
        if entry.startswith("pack:") or not (start.is_relative_to(target) or target.is_relative_to(start)):
            continue
        if fixed < len(parts) or not (config.root / entry).is_dir():
            globs.append(f"/{PurePosixPath(entry)}")
        else:
            folders.append(start)
    if not globs and not folders:
        return None
    matched = GitIgnoreSpec.from_lines(globs)
    ignored = GitIgnoreSpec.from_lines([*config.project.ignore, *_own_ignored(config.root)])

    def reads(path: PurePosixPath) -> bool:
        if ignored.match_file(path) or any(part.startswith(".") for part in path.parts):
            return False
        return matched.match_file(path) or (fits(path) and any(path.is_relative_to(folder) for folder in folders))

    return reads


def _own_ignored(root: Path) -> list[str]:
    own = root / IGNORE_FILE
    return own.read_text("utf-8", errors="replace").splitlines() if own.is_file() else []


def _is_graph(path: PurePosixPath) -> bool:
    endings = path.name.lower().split(".")[1:]
    if endings and endings[-1] in COMPRESSIONS:
        endings.pop()
    return bool(endings) and endings[-1] in FORMATS
