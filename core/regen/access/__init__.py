"""Access: who may do what: roles, and the tokens that carry them."""

from __future__ import annotations

from regen.access.roles import RIGHTS, Right, Role, allows
from regen.access.tokens import Kept, TokenStore

__all__ = ["RIGHTS", "Kept", "Right", "Role", "TokenStore", "allows"]
