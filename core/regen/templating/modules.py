"""Modules: the Python files of a templates folder become filters of its bodies.

Why the text is compiled here and not imported from its file: Python keeps compiled files by the second in which they
were written, so an edit within that second would be missed; and a worker gets the text that was parsed, whatever the
file holds by then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import CodeType, ModuleType
from typing import Any

from blake3 import blake3

from regen.errors import TemplateError
from regen.model.template import Source

ENTRY = "filters.py"  # the file of a templates folder whose `FILTERS` bodies can use
PACKAGE = "regen_filters_"  # what the names of their modules start with


@lru_cache(maxsize=64)
def filters_of(sources: tuple[Source, ...]) -> Mapping[str, Callable[..., Any]]:
    """The filters that Python files define.

    Args:
        sources: the files that one folder of templates, or one pack, brings; its own `filters.py` is the first.

    Returns:
        What `FILTERS` of the first file names; empty where there are no files.

    Raises:
        TemplateError: the file cannot be run, or has no such dictionary, with file and line.
    """
    if not sources:
        return {}
    package = PACKAGE + blake3(repr([(s.name, s.text) for s in sources]).encode()).hexdigest()[:20]
    _FINDER.packages[package] = {_module(source.name): source for source in sources}
    where = sources[0].where
    try:
        module = import_module(f"{package}.{_module(sources[0].name)}")
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(
            f"the filters cannot be loaded: {type(error).__name__}: {error}",
            where=place_in(error, sources) or where,
            hint="mend the file; it is run once, before any template that uses its filters",
        ) from error
    found = getattr(module, "FILTERS", None)
    if not isinstance(found, dict) or not all(isinstance(name, str) and callable(found[name]) for name in found):
        raise TemplateError(
            "`FILTERS` has to be a dictionary of names and functions",
            where=where,
            hint='write, for example, `FILTERS = {"shout": str.upper}`',
        )
    return found


def place_in(error: BaseException, sources: Sequence[Source]) -> str | None:
    """The innermost line of these files that an error came through; None where it came through none of them."""
    known = {source.where for source in sources}
    if isinstance(error, SyntaxError) and error.filename in known:
        return f"{error.filename}:{error.lineno}"
    place, traceback = None, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in known:
            place = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _module(name: str) -> str:
    """The module of a file within its package: "pack:go/names.py" is `go.names`."""
    return name.removeprefix("pack:").removesuffix(".py").replace("/", ".")


class _Text(InspectLoader):
    """Loads one module from the text of its file; a folder is a package without text."""

    def __init__(self, source: Source | None) -> None:
        self._source = source

    def get_source(self, fullname: str) -> str:
        """The text."""
        return self._source.text if self._source is not None else ""

    def is_package(self, fullname: str) -> bool:
        """Whether it is a folder."""
        return self._source is None

    def get_code(self, fullname: str) -> CodeType:
        """The compiled text; tracebacks name the file as messages do."""
        where = self._source.where if self._source is not None else fullname
        return compile(self.get_source(fullname), where, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Finds modules of the packages that `filters_of` made."""

    def __init__(self) -> None:
        self.packages: dict[str, dict[str, Source]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        package, _, rest = fullname.partition(".")
        files = self.packages.get(package)
        if files is None:
            return None
        source = files.get(rest)
        if source is None and rest and not any(name.startswith(f"{rest}.") for name in files):
            return None
        return spec_from_loader(fullname, _Text(source), origin=source.where if source is not None else None)


_FINDER = _Finder()
sys.meta_path.append(_FINDER)
