"""Keyed: YAML becomes what PyYAML finds in it, and what that says; aliases and anchors count by their names."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

import yaml
from yaml.events import AliasEvent, CollectionStartEvent, Event, ScalarEvent

from regen_plugins.keyed.node import Data, Unstructured

DOCUMENTS = "documents"  # the mark of a sequence that stands for the documents of one file
_TAGS = "tag:yaml.org,2002:"
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)  # `tree` and `parsed` read the same text one after the other
def events_of(text: str) -> tuple[Event, ...]:
    """What PyYAML finds, but for the start and the end of the whole.

    Raises:
        Unstructured: it is no YAML.
    """
    try:
        return tuple(yaml.parse(text, Loader=_LOADER))[1:-1]
    except (yaml.YAMLError, RecursionError) as error:
        raise Unstructured(f"it is no YAML: {' '.join(str(error).split())}") from error


_RESOLVER: Any = yaml.resolver.Resolver()


@lru_cache(maxsize=10_000)
def _tag(tag: str | None, value: str, implicit: tuple[bool, bool]) -> str:
    return str(tag or _RESOLVER.resolve(yaml.ScalarNode, value, implicit)).removeprefix(_TAGS)


def value_of(event: ScalarEvent | AliasEvent) -> Data:
    """(tag, value) of a scalar, with its anchor between them if it has one; ("alias", name)."""
    if isinstance(event, AliasEvent):
        return ("alias", event.anchor)
    tag = _tag(event.tag, event.value, event.implicit)
    return (tag, event.value) if event.anchor is None else (tag, event.anchor, event.value)


def start_of(event: Event) -> int:
    """The place of its first character."""
    return int(event.start_mark.index) if event.start_mark else 0


def end_of(event: Event) -> int:
    """The place after its last character."""
    return int(event.end_mark.index) if event.end_mark else 0


def mark_of(event: CollectionStartEvent) -> Hashable:
    """(anchor, tag) of a group; None without either."""
    return (event.anchor, event.tag) if event.anchor or event.tag else None


def parsed(text: str) -> Data:
    """What a YAML file says, by PyYAML; aliases and anchors by their names.

    Raises:
        Unstructured: it is no YAML, a key stands twice in one mapping, an anchor twice in one document, or an alias
            before its anchor.
    """
    stack: list[tuple[CollectionStartEvent, list[Data]]] = []
    documents: list[Data] = []
    anchors: set[str] = set()
    for event in events_of(text):
        if isinstance(event, yaml.DocumentStartEvent):
            anchors.clear()
        _check_anchor(event, anchors)
        if isinstance(event, CollectionStartEvent):
            stack.append((event, []))
        elif isinstance(event, ScalarEvent | AliasEvent):
            (stack[-1][1] if stack else documents).append(value_of(event))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            start, parts = stack.pop()
            (stack[-1][1] if stack else documents).append(_collected(start, parts))
    if len(documents) > 1:
        return ("[]", tuple(documents), DOCUMENTS)
    nothing = not documents or documents == [("null", "")]
    return ("{}", frozenset()) if nothing else documents[0]


def _check_anchor(event: Event, known: set[str]) -> None:
    anchor = getattr(event, "anchor", None)
    if anchor is None:
        return
    if isinstance(event, AliasEvent) != (anchor in known):
        raise Unstructured(f"the anchor `{anchor}` is set twice, or used before it is set")
    known.add(anchor)


def _collected(start: CollectionStartEvent, parts: list[Data]) -> Data:
    mark = mark_of(start)
    said: Data = tuple(parts)
    if isinstance(start, yaml.MappingStartEvent):
        said = frozenset(zip(parts[::2], parts[1::2], strict=True))
        if len({*parts[::2]}) < len(parts) // 2:
            raise Unstructured("a key stands twice in one mapping")
    kind = "{}" if isinstance(start, yaml.MappingStartEvent) else "[]"
    return (kind, said) if mark is None else (kind, said, mark)
