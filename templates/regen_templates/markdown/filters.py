"""Filters: what the bodies of this pack use beside regen's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .diagram import diagram
from .pages import links, page, path, spaces
from .properties import cells, properties
from .texts import code, escaped, paragraphs
from .values import values

FILTERS: dict[str, Callable[..., Any]] = {
    "cells": cells,
    "code": code,
    "diagram": diagram,
    "escaped": escaped,
    "links": links,
    "page": page,
    "paragraphs": paragraphs,
    "path": path,
    "properties": properties,
    "spaces": spaces,
    "values": values,
}
