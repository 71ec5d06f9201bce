"""Schema: types of the model become JSON Schema, of just what `regen.model.spelling` makes of their values."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from typing import Literal as OneOf

from regen.config import Key
from regen.model.term import Term
from regen.serve.asked import LARGEST

Schema = dict[str, Any]
_PLAIN: Mapping[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string"},
    type(None): {"type": "null"},
    None: {"type": "null"},
    object: {},
    Any: {},
}
_GIVEN: Mapping[Any, Schema] = {
    str: {"pattern": r"^[^\u0000]*$"},
    int: {"minimum": -LARGEST, "maximum": LARGEST},
}  # what a client may give: a text has no NUL, a number is one that every reader of JSON keeps


class Schemas:
    """Makes schemas, and collects those of dataclasses by name.

    Attributes:
        named: `components/schemas` of an OpenAPI document.
    """

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._kinds: dict[str, object] = {}

    def of(self, kind: Any, *, given: bool = False) -> Schema:
        """The schema of a type.

        Args:
            given: whether it comes from a client: what has a default may be left out then.

        Raises:
            TypeError: the type has no spelling.
        """
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            key = next((one for one in arguments if isinstance(one, Key)), None)
            return {**self.of(arguments[0], given=given), **(_of_key(key, arguments[0]) if key is not None else {})}
        if kind in _PLAIN:
            return {**_PLAIN[kind], **(_GIVEN.get(kind, {}) if given else {})}
        if origin in (Union, types.UnionType):
            return _any_of([self.of(one, given=given) for one in arguments])
        if origin is OneOf:
            return {"type": "string", "enum": list(arguments)}
        if origin in (tuple, list, frozenset, set) or (isinstance(origin, type) and issubclass(origin, list)):
            return self._list(origin, arguments, given=given)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1], given=given)}
        return self._class(kind, origin, arguments, given=given)

    def _list(self, origin: Any, arguments: tuple[Any, ...], *, given: bool) -> Schema:
        if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            items = [self.of(one, given=given) for one in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "items": self.of(arguments[0], given=given)}

    def _class(self, kind: Any, origin: Any, arguments: tuple[Any, ...], *, given: bool) -> Schema:
        bare = origin or kind
        if not isinstance(bare, type):
            raise TypeError(f"{kind!r} has no JSON Schema")
        if issubclass(bare, Enum):
            return {"type": "string", "enum": [one.value for one in bare]}
        if issubclass(bare, Term | PurePath) or (issubclass(bare, tuple) and hasattr(bare, "n3")):
            return {"type": "string"}
        if is_dataclass(bare) or hasattr(bare, "_fields"):
            name = _name(bare, arguments)
            self._define(name, kind, bare, arguments, given=given)
            return {"$ref": f"#/components/schemas/{name}"}
        raise TypeError(f"{kind!r} has no JSON Schema")

    def _define(self, name: str, kind: Any, bare: type, arguments: tuple[Any, ...], *, given: bool) -> None:
        if name in self._kinds:
            if self._kinds[name] != kind:
                raise TypeError(f"two classes are named {name}: {kind!r} and {self._kinds[name]!r}")
            return
        self._kinds[name] = kind
        self.named[name] = {}
        known = dict(zip(getattr(bare, "__parameters__", ()), arguments, strict=True))
        told = described(bare)
        properties = {}
        for field, hint in spelt(bare).items():
            schema = self.of(_filled(hint, known), given=given)
            text = told.get(field)
            properties[field] = {**schema, "description": text} if text and "description" not in schema else schema
        required = [field for field in properties if not (given and _may_miss(bare, field))]
        doc = (inspect.getdoc(bare) or "").split("\n\n")[0].replace("\n", " ")
        self.named[name] = {
            "type": "object",
            **({"description": doc} if doc else {}),
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }


def spelt(kind: type) -> dict[str, Any]:
    """Fields of a dataclass or a named tuple that are spelt, with their types."""
    hints = get_type_hints(kind, include_extras=True)
    if not is_dataclass(kind):
        return {name: hints[name] for name in kind._fields}  # type: ignore[attr-defined]
    return {field.name: hints[field.name] for field in fields(kind)}


def _may_miss(kind: type, name: str) -> bool:
    if not is_dataclass(kind):
        return False
    field = next(one for one in fields(kind) if one.name == name)
    return field.default is not MISSING or field.default_factory is not MISSING


def _filled(hint: Any, known: Mapping[Any, Any]) -> Any:
    """A type with its variables filled in."""
    if isinstance(hint, TypeVar):
        return known[hint]
    return hint[tuple(known[one] for one in hint.__parameters__)] if getattr(hint, "__parameters__", ()) else hint


def _name(kind: type, arguments: tuple[Any, ...]) -> str:
    return "_of_".join([kind.__name__, *(_short(one) for one in arguments)])


def _short(kind: Any) -> str:
    arguments = get_args(kind)
    return _name(get_origin(kind), arguments) if arguments else getattr(kind, "__name__", "value")


def _any_of(found: list[Schema]) -> Schema:
    """One `type` with null for plain ones, so that a reader sees it at a glance."""
    kinds = [one.get("type") for one in found]
    plain = [one for one in found if one.get("type") != "null"]
    if "null" in kinds and len(plain) == 1 and isinstance(plain[0].get("type"), str):
        whole = {**plain[0], "type": [plain[0]["type"], "null"]}
        return {**whole, "enum": [*whole["enum"], None]} if "enum" in whole else whole
    return {"anyOf": found}


def _of_key(key: Key, kind: Any) -> Schema:
    found: Schema = {"description": key.doc} if key.doc else {}
    if key.minimum is not None:
        found["minimum"] = key.minimum
    if key.maximum is not None:
        longest = kind is str or str in get_args(kind)
        found["maxLength" if longest else "maximum"] = int(key.maximum) if longest else key.maximum
    if key.matches is not None:
        found["pattern"] = f"^({key.matches})$"
    if key.choices:
        found["enum"] = [*key.choices, *([None] if type(None) in get_args(kind) else [])]
    return found


def described(kind: type) -> dict[str, str]:
    """What the "Attributes:" of a class and of its bases say, by name; several names may share a line."""
    told: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        told.update(_described(inspect.cleandoc(vars(base).get("__doc__") or "")))
    return told


def _described(text: str) -> dict[str, str]:
    _, found, rest = text.partition("Attributes:\n")
    told: dict[str, str] = {}
    names: list[str] = []
    for line in rest.split("\n\n")[0].splitlines() if found else ():
        if line.startswith("    ") and not line.startswith("     "):
            head, _, said = line.strip().partition(": ")
            names = [name.strip() for name in head.split(",")]
            told.update(dict.fromkeys(names, said))
        elif names:
            told.update({name: f"{told[name]} {line.strip()}" for name in names})
    return told
