"""Routes by topic: each module here gives those that it defines; a new module is found by itself.

`regen.serve.route` says how one is written.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from regen.serve.route import Raw, Route


@cache
def routes() -> tuple[Route | Raw, ...]:
    """Every route, by module and then in the order of the source; a path with fewer braces goes before one that has
    more, so that a fixed name is never taken for a value."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Route | Raw)]
    return tuple(sorted(found, key=lambda route: (route.path.count(":path}"), route.path.count("{"))))
