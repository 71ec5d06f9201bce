"""Interface: the symbols of two versions become what was added, removed and changed, and what of it breaks users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from regen.model.interface import Changed, ChangeKind, InterfaceChange
from regen.model.structure import Structure
from regen_plugins.interface_tree.symbol import Parameter, Symbol, symbols
from regen_plugins.tree_source import Source, Unstructured

_Owner = tuple[tuple[str, ...], tuple[str, ...]]  # scope, and names of what a symbol stands in

_DEMANDING = frozenset(("interface", "trait", "type", "annotation"))


@dataclass(slots=True)
class _Side:
    """Public symbols of all files in one version.

    Attributes:
        named: by owner and name.
        types: those that stand in nothing, by name.
        members: (name of the type, name of the member).
    """

    named: dict[tuple[_Owner, str], list[Symbol]] = field(default_factory=dict)
    types: dict[str, list[Symbol]] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)

    def collect(self, path: str, source: Source) -> None:
        """Add the symbols of a file."""
        for scope, symbol in symbols(path, source):
            self.named.setdefault(((scope, symbol.owner), symbol.name), []).append(symbol)
            if symbol.owner:
                self.members.add((symbol.owner[-1], symbol.name))
            else:
                self.types.setdefault(symbol.name, []).append(symbol)

    def inherited(self, owner: tuple[_Owner, str] | None, name: str) -> str | None:
        """The type that has a member of this name, of those that the owner's declaration names (`extends`, `:`)."""
        waiting = list(self.named.get(owner, ())) if owner is not None else []
        seen: set[str] = set()
        while waiting:
            one = waiting.pop(0)
            seen.add(one.name)
            for base in one.head:
                if base not in seen and base in self.types:
                    seen.add(base)
                    if (base, name) in self.members:
                        return base
                    waiting += self.types[base]
        return None


def compared(changed: Changed, structure: Structure) -> list[InterfaceChange]:
    """Differences of all files together: what moved inside of a package is where it was."""
    before, after = _Side(), _Side()
    found: list[InterfaceChange] = []
    for file in changed.files:
        try:
            sources = [_source(content, structure) for content in (file.before, file.after)]
        except (Unstructured, UnicodeDecodeError):
            why = f"it cannot be read as {changed.language}"
            found.append(InterfaceChange.unread(file.path, why))
            continue
        for source, side in zip(sources, (before, after), strict=True):
            if source is not None:
                side.collect(file.path, source)
    return [*found, *_differences(before, after, changed.language)]


def _source(content: bytes | None, structure: Structure) -> Source | None:
    if content is None:
        return None
    return Source(content.decode("utf-8-sig").replace("\r\n", "\n").encode(), structure)


def _differences(before: _Side, after: _Side, language: str) -> Iterator[InterfaceChange]:
    for key in sorted({*before.named, *after.named}):
        (scope, owner), _ = key
        old, new = list(before.named.get(key, ())), list(after.named.get(key, ()))
        above = ((scope, owner[:-1]), owner[-1]) if owner else None
        if above is not None and (above in before.named) != (above in after.named):
            continue  # its owner came or went as a whole
        for one in tuple(old):
            same = next((other for other in new if other.overload == one.overload), None)
            if same is not None:
                old.remove(one)
                new.remove(same)
                yield from _changed(one, same, language)
        if len(old) == len(new) == 1:
            yield from _changed(old.pop(), new.pop(), language)
        yield from (_removed(one, after.inherited(above, one.name)) for one in old)
        within = next(iter(after.named.get(above, ())), None) if above is not None else None
        yield from (_added(other, within, before.inherited(above, other.name), language) for other in new)


def _removed(symbol: Symbol, base: str | None) -> InterfaceChange:
    if base is not None:
        return _change("changed", False, symbol, symbol, None, f"it is inherited from `{base}`")
    return _change("removed", True, symbol, symbol, None)


def _added(symbol: Symbol, owner: Symbol | None, base: str | None, language: str) -> InterfaceChange:
    if base is not None:
        return _change("changed", False, symbol, None, symbol, f"it was inherited from `{base}`")
    why = _demands(owner, symbol, language) if owner is not None else None
    return _change("added", why is not None, symbol, None, symbol, why)


def _demands(owner: Symbol, added: Symbol, language: str) -> str | None:
    """Why what is new inside of something asks others to follow; None where they need not."""
    if owner.word in _DEMANDING and added.word != "field" and not added.optional:
        verb = "has it" if added.word == "property" else "does it"
        return f"nothing that is `{owner.name}` now {verb} yet"
    if language == "csharp" and "required" in added.head:
        return f"`{owner.name}` cannot be made without it"
    if language == "rust" and owner.closed and owner.word == "struct" and added.word == "field":
        return f"literals of `{owner.name}` have to name it"
    if language == "rust" and owner.closed and owner.word == "enum" and added.word == "variant":
        return f"a `match` on `{owner.name}` does not know it"
    return None


def _changed(before: Symbol, after: Symbol, language: str) -> Iterator[InterfaceChange]:
    breaking, why = _difference(before, after, language)
    if why is not None:
        yield _change("changed", breaking, after, before, after, why)


def _difference(before: Symbol, after: Symbol, language: str) -> tuple[bool, str | None]:
    """Whether a difference breaks, and what it is; None where there is none."""
    if before.word != after.word:
        return True, f"it was a {before.word}, and is a {after.word}"
    if before.head != after.head:
        return True, f"`{before.declared}` became `{after.declared}`"
    called = _parameters(before.parameters or (), after.parameters or (), by_name=language == "csharp")
    if called is not None:
        return called
    if before.marks != after.marks:
        lost = _derived(before) - _derived(after)
        if lost:
            return True, f"it derives {', '.join(sorted(lost))} no more"
        return False, _marked(before.marks, after.marks)
    if before.value != after.value:
        return False, f"its value was `{before.value}` and is `{after.value}`"
    return False, None


def _marked(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Which annotations came and went."""
    gone = " ".join(mark for mark in before if mark not in after)
    new = " ".join(mark for mark in after if mark not in before)
    if gone and new:
        return f"`{gone}` before it became `{new}`"
    if new:
        return f"it has `{new}` before it"
    return f"it has no `{gone}` before it any more" if gone else "what stands before it is in another order"


def _parameters(
    before: tuple[Parameter, ...], after: tuple[Parameter, ...], *, by_name: bool
) -> tuple[bool, str] | None:
    for old, new in zip(before, after, strict=False):
        if old.said != new.said:
            eased = new.optional and not old.optional and _plain(old) == _plain(new)
            return not eased, f"its parameter `{new.name or old.name}` is declared otherwise"
        if old.name != new.name:
            return by_name, f"its parameter `{old.name}` is called `{new.name}`"
    if len(before) > len(after):
        return True, f"its parameter `{before[len(after)].name}` is gone"
    if len(before) < len(after):
        more = after[len(before) :]
        required = next((one for one in more if not one.optional), None)
        if required is not None:
            return True, f"it needs the parameter `{required.name}`"
        return False, f"it takes the parameter `{more[0].name}`, which may be left out"
    return None


def _plain(parameter: Parameter) -> tuple[str, ...]:
    """What is said of a parameter but that it may be left out."""
    said = parameter.said
    return tuple(word for word in (said[: said.index("=")] if "=" in said else said) if word != "?")


def _derived(symbol: Symbol) -> set[str]:
    """Rust: traits that an attribute derives."""
    found = (mark for mark in symbol.marks if mark.startswith("#[derive("))
    return {name.strip() for mark in found for name in mark[9:].rstrip("])").split(",") if name.strip()}


def _change(
    kind: ChangeKind,
    breaking: bool,
    at: Symbol,
    before: Symbol | None,
    after: Symbol | None,
    why: str | None = None,
) -> InterfaceChange:
    return InterfaceChange(
        kind,
        breaking,
        at.path,
        at.line,
        at.shown,
        at.word,
        None if before is None else before.declared,
        None if after is None else after.declared,
        why,
    )
