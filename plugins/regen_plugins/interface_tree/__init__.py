"""Interface: every language whose files are described for merging is read by that description, and its own grammar.

What is public in a language that regen brings is in `visible`; of another language everything with a name is.
"""

from __future__ import annotations

from collections.abc import Sequence

from regen.hooks import hookimpl
from regen.model.interface import Changed, InterfaceChange


@hookimpl
def regen_interface(changed: Changed) -> Sequence[InterfaceChange] | None:
    """Compare declarations; decline for a language without a description."""
    if changed.structure is None:
        return None
    from regen_plugins.interface_tree.compare import compared

    return compared(changed, changed.structure)
