"""Reference: the hook specifications and the values that they speak of become `docs/hooks.md`.

Running this module prints the page: `python -m regen.hooks.reference > docs/hooks.md`.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Iterator

from regen.hooks import specs
from regen.hooks.markers import PROJECT

_HEAD = """# Hooks

Every hook of regen, in the order in which things happen in a cycle. How to write a plugin is told in
[plugins.md](plugins.md). This page is generated from the specifications:
`python -m regen.hooks.reference > docs/hooks.md`.
"""

_VALUES = ("regen.model", "regen.hooks.protocols", "regen.hooks.transport")
_QUESTIONS = ("When", "None", "Promises", "Raises")


@dataclasses.dataclass(frozen=True, slots=True)
class HookText:
    """What a specification says.

    Attributes:
        name: of the hook.
        signature: with types, as Python spells it.
        summary: its first line.
        answers: (question, answer), in the order in which every specification gives them.
        first_result: whether the first answer that is not None ends the asking; else all are asked.
    """

    name: str
    signature: str
    summary: str
    answers: tuple[tuple[str, str], ...]
    first_result: bool


def hook_text(name: str) -> HookText:
    """What the specification of a hook says."""
    function = getattr(specs, name)
    text = inspect.getdoc(function) or ""
    found = re.split(rf"^({'|'.join(_QUESTIONS)}): ", text, flags=re.MULTILINE)
    answers = tuple((found[i], " ".join(found[i + 1].split())) for i in range(1, len(found), 2))
    signature = f"{name}{inspect.signature(function)}".replace("'", "")
    options = getattr(function, f"{PROJECT}_spec")
    return HookText(name, signature, text.splitlines()[0], answers, bool(options["firstresult"]))


def reference() -> str:
    """The page, as Markdown."""
    names = [name for name in vars(specs) if name.startswith(f"{PROJECT}_")]
    return "\n".join([_HEAD, *(line for name in names for line in _hook(hook_text(name))), *_values()])


def _hook(hook: HookText) -> Iterator[str]:
    yield f"## `{hook.name}`\n\n{hook.summary}\n\n```python\n@hookimpl\ndef {hook.signature}: ...\n```\n"
    for question, answer in hook.answers:
        yield f"- **{question}**: {answer}"
    order = "the first one that does not answer None is taken" if hook.first_result else "all of them are asked"
    yield f"- **Order**: strangers' plugins, then the built-in ones; {order}.\n"


def _values() -> Iterator[str]:
    yield "# Values and protocols\n\nWhat hooks get and give, and where it is imported from.\n"
    for name, module in sorted(_imports().items(), key=lambda pair: pair[0].lower()):
        kind = getattr(importlib.import_module(module), name)
        yield f"## `{name}`\n\n`from {module} import {name}`\n\n```text\n{inspect.getdoc(kind)}\n```\n"
        rows = list(_fields(kind) or _members(kind))
        if rows:
            yield "\n".join(["```python", *rows, "```\n"])


def _imports() -> dict[str, str]:
    """Name to module of regen's own values in the specifications."""
    tree = ast.parse(inspect.getsource(specs))
    return {
        alias.name: str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(_VALUES)
        for alias in node.names
    }


def _fields(kind: type) -> list[str]:
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return [f"{field.name}: {field.type}{'' if _required(field) else ' = …'}" for field in fields]


def _required(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _members(kind: type) -> Iterator[str]:
    for name, text in inspect.get_annotations(kind).items():
        yield f"{name}: {text}"
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"{name}: {inspect.signature(member.fget).return_annotation}" if member.fget else name
        elif inspect.isfunction(member):
            kind_of = "async def" if inspect.iscoroutinefunction(member) else "def"
            yield f"{kind_of} {name}{inspect.signature(member)}".replace("'", "")
            yield from (f"    # {line}".rstrip() for line in (inspect.getdoc(member) or "").splitlines())


if __name__ == "__main__":
    sys.stdout.write(reference())
