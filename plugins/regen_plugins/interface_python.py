"""Interface: Python, read by griffe, which knows what breaks callers; it is imported with the first file that changed.

Why not all that griffe calls a breakage: the value of an attribute is no part of an interface but in an enumeration,
and a generated model holds texts of the graph in such values. Why more than griffe: a field of a data class or of a
model is a parameter of its constructor, so one without a default is as breaking as a required parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from regen.hooks import hookimpl
from regen.model.interface import Changed, ChangeKind, InterfaceChange

if TYPE_CHECKING:
    from griffe import Module, Object

_PLAIN_BASES = frozenset(("object", "Enum", "StrEnum", "IntEnum", "Flag", "IntFlag", "Protocol", "ABC", "Exception"))
_DEFAULTS = re.compile(r"\b(?:default|default_factory)\s*=|^\w+(?:\.\w+)*\(\s*(?!\.\.\.)[^\s,=)]+\s*(?:[,)])")


@dataclass(frozen=True, slots=True)
class _Pair:
    """One module in both versions, and the classes of all modules that differ, by name."""

    path: str
    before: Module
    after: Module
    classes: tuple[Mapping[str, Any], Mapping[str, Any]]
    broken: Mapping[str, str]


@hookimpl
def regen_interface(changed: Changed) -> Sequence[InterfaceChange] | None:
    """Compare modules; one is known by its path."""
    if changed.language != "python":
        return None
    found: list[InterfaceChange] = []
    both: list[tuple[str, Module, Module]] = []
    for file in changed.files:
        if not _public(file.path):
            continue
        try:
            before, after = _module(file.path, file.before), _module(file.path, file.after)
        except (SyntaxError, UnicodeDecodeError):
            why = "it cannot be read as Python"
            found.append(InterfaceChange.unread(file.path, why))
            continue
        if before is not None and after is not None:
            both.append((file.path, before, after))
        else:
            kind: ChangeKind = "added" if before is None else "removed"
            found.append(InterfaceChange(kind, before is not None, file.path, None, _name(file.path), "module"))
    classes = (_classes(one for _, one, _ in both), _classes(other for _, _, other in both))
    for path, one, other in both:
        pair = _Pair(path, one, other, classes, dict(_breakages(one, other)))
        found += _members(pair, one, other)
    return found


def _classes(modules: Iterable[Module]) -> dict[str, Any]:
    return {name: one for module in modules for name, one in module.members.items() if _is(one, "class")}


def _public(path: str) -> bool:
    parts = PurePosixPath(path).with_suffix("").parts
    return all(not part.startswith("_") or part == "__init__" for part in parts)


def _name(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _module(path: str, content: bytes | None) -> Module | None:
    if content is None:
        return None
    from pathlib import Path

    from griffe import visit

    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    return visit(_name(path).rpartition(".")[2], Path(path), text)


def _breakages(before: Module, after: Module) -> Iterator[tuple[str, str]]:
    """Paths of objects and why they break."""
    from griffe import BreakageKind, find_breaking_changes

    for found in find_breaking_changes(before, after):
        if found.kind not in {BreakageKind.ATTRIBUTE_CHANGED_VALUE, BreakageKind.OBJECT_REMOVED}:
            yield found.obj.path, _why(found)


def _why(found: Any) -> str:
    name = getattr(found.old_value or found.new_value, "name", "")
    about = f" (`{name}`)" if name and "arameter" in found.kind.value else ""
    return f"{found.kind.value[0].lower()}{found.kind.value[1:]}{about}"


def _enumerated(owner: Any) -> bool:
    return any(str(base).rpartition(".")[2].endswith(("Enum", "Flag")) for base in getattr(owner, "bases", ()))


def _members(pair: _Pair, before: Object, after: Object) -> Iterator[InterfaceChange]:
    """Differences of a module, or of a class, member by member."""
    old, new = _public_members(before), _public_members(after)
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if other is None and one is not None:
            base = _inherited(after, name, pair.classes[1])
            why = None if base is None else f"it is inherited from `{base}`"
            yield _change("removed" if base is None else "changed", base is None, pair.path, one, one, None, why)
        elif one is None and other is not None:
            base = _inherited(before, name, pair.classes[0])
            required = base is None and _is(other, "attribute") and _constructed(after) and _required(other)
            why = f"`{after.name}` cannot be made without it" if required else None
            why = why if base is None else f"it was inherited from `{base}`"
            yield _change("added" if base is None else "changed", required, pair.path, other, None, other, why)
        elif one is not None and other is not None:
            yield from _both(pair, one, other)


def _inherited(owner: Any, name: str, classes: Mapping[str, Any]) -> str | None:
    """The base that has the member, among the classes of files that differ; a member that moved is in one of them."""
    waiting = list(getattr(owner, "bases", ()))
    seen = set()
    while waiting:
        base = str(waiting.pop(0)).split("[")[0].rpartition(".")[2]
        found = classes.get(base)
        if found is None or base in seen:
            continue
        seen.add(base)
        if name in found.members:
            return base
        waiting += found.bases
    return None


def _public_members(owner: Object) -> dict[str, Any]:
    """Public members; of names that are imported, those that the module gives out."""
    return {
        name: member
        for name, member in owner.members.items()
        if (member.is_public or (owner.is_class and not name.startswith("_"))) and not name.startswith("__")
    }


def _both(pair: _Pair, one: Any, other: Any) -> Iterator[InterfaceChange]:
    before, after = _declared(one), _declared(other)
    reason = pair.broken.get(other.path) or pair.broken.get(one.path)
    if reason is None and _is(one, "attribute") and _is(other, "attribute"):
        if str(one.annotation) != str(other.annotation):
            reason = f"its type was `{one.annotation}` and is `{other.annotation}`"
        elif str(one.value) != str(other.value) and _enumerated(other.parent):
            reason = f"its value was `{one.value}` and is `{other.value}`"
        elif _constructed(other.parent) and _required(other) and not _required(one):
            reason = f"`{other.parent.name}` cannot be made without it"
    if reason is None and _is(one, "class") and _is(other, "class"):
        lost = [str(base) for base in one.bases if str(base) not in map(str, other.bases)]
        reason = f"it is no `{lost[0]}` any more" if lost else None
    if reason is not None or before != after:
        yield _change("changed", reason is not None, pair.path, other, one, other, reason)
    if _is(one, "class") and _is(other, "class"):
        yield from _members(pair, one, other)


def _is(one: Any, kind: str) -> bool:
    """Whether an object is of a kind; what is imported is of none here, for other files are not read."""
    return not one.is_alias and one.kind.value == kind


def _constructed(owner: Any) -> bool:
    """Whether fields of the class are parameters of its constructor: a data class, or a model by its base."""
    if not getattr(owner, "is_class", False):
        return False
    if any("dataclass" in str(one.value) or "define" in str(one.value) for one in owner.decorators):
        return True
    return any(str(base).split("[")[0].rpartition(".")[2] not in _PLAIN_BASES for base in owner.bases)


def _required(field: Any) -> bool:
    """Whether an annotated field has no default; `Field(...)` and `field(init=...)` give one only by `default`."""
    if field.annotation is None or "ClassVar" in str(field.annotation) or "property" in field.labels:
        return False
    if field.value is None:
        return True
    value = str(field.value)
    return bool(re.match(r"(?:\w+\.)*[Ff]ield\(", value)) and not _DEFAULTS.search(value)


def _change(
    kind: ChangeKind, breaking: bool, path: str, at: Any, before: Any, after: Any, why: str | None = None
) -> InterfaceChange:
    what = "name" if at.is_alias else ("method" if at.is_function and at.parent.is_class else at.kind.value)
    symbol = at.path.partition(".")[2] or at.path
    return InterfaceChange(
        kind,
        breaking,
        path,
        at.alias_lineno if at.is_alias else at.lineno,
        symbol,
        what,
        None if before is None else _declared(before),
        None if after is None else _declared(after),
        why,
    )


def _declared(one: Any) -> str:
    """How an object is declared, on one line."""
    if one.is_alias:
        return f"import {one.target_path}"
    if one.is_class:
        bases = ", ".join(str(base) for base in one.bases)
        return f"class {one.name}({bases})" if bases else f"class {one.name}"
    if one.is_function:
        parameters = ", ".join(_parameter(parameter) for parameter in one.parameters)
        returns = f" -> {one.returns}" if one.returns is not None else ""
        return f"def {one.name}({parameters}){returns}"
    text = one.name if one.annotation is None else f"{one.name}: {one.annotation}"
    return text if one.value is None else f"{text} = {' '.join(str(one.value).split())}"


def _parameter(parameter: Any) -> str:
    star = {"variadic positional": "*", "variadic keyword": "**"}.get(getattr(parameter.kind, "value", ""), "")
    text = star + parameter.name
    if parameter.annotation is not None:
        text += f": {parameter.annotation}"
    return text if parameter.default is None or star else f"{text} = {parameter.default}"
