"""Roles: what the holder of a token may do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from typing import Literal as OneOf

Role = OneOf["admin", "user", "system"]

Right = OneOf["read", "judge", "decide", "record"]
"""`read`: look at everything; `judge`: give feedback; `decide`: roll back, resume, settle, tune; `record`: write
measures and what edges report."""

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        "admin": frozenset({"read", "judge", "decide", "record"}),
        "user": frozenset({"read", "judge"}),
        "system": frozenset({"read", "record"}),
    }
)


def allows(role: Role, right: Right) -> bool:
    """Whether a role has a right."""
    return right in RIGHTS[role]


def roles_with(right: Right) -> tuple[Role, ...]:
    """Roles that have a right, as an error names them."""
    return tuple(role for role, rights in RIGHTS.items() if right in rights)
