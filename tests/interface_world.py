"""Small models of types, written in each language, and what a language says of two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from regen.hooks.dispatch import Hooks
from regen.hooks.manager import PluginManager
from regen.model.interface import Changed, InterfaceChange, TwoVersions

Model = Mapping[str, Mapping[str, str]]
"""Types with their fields and the kinds of them: "text" or "number", with "?" behind it where it may be left out."""

TYPES = ("Person", "Place", "Thing")
FIELDS = ("name", "age", "size")
KINDS = ("text", "number", "text?", "number?")

MODELS: st.SearchStrategy[Model] = st.dictionaries(
    st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(KINDS), min_size=1), min_size=1
)


@dataclass(frozen=True, slots=True)
class Written:
    """How a language writes a model."""

    path: str
    head: str
    opening: str
    text: str
    number: str
    required: str
    optional: str
    closing: str
    title: Callable[[str], str] = str


LANGUAGES = {
    "python": Written(
        "m/things.py",
        "from dataclasses import dataclass\n",
        "@dataclass(kw_only=True)\nclass {name}:\n",
        "str",
        "int",
        "    {field}: {kind}\n",
        "    {field}: {kind} | None = None\n",
        "\n\n",
    ),
    "typescript": Written(
        "m/things.ts",
        "",
        "export interface {name} {{\n",
        "string",
        "number",
        "  {field}: {kind};\n",
        "  {field}?: {kind};\n",
        "}\n",
    ),
    "go": Written(
        "m/things.go",
        "package m\n",
        "type {name} struct {{\n",
        "string",
        "int",
        "\t{field} {kind}\n",
        "\t{field} *{kind}\n",
        "}\n",
        str.title,
    ),
    "rust": Written(
        "m/things.rs",
        "",
        "pub struct {name} {{\n",
        "String",
        "u32",
        "    pub {field}: {kind},\n",
        "    pub {field}: Option<{kind}>,\n",
        "}\n",
    ),
    "java": Written(
        "m/Things.java",
        "package m;\n",
        "public class {name} {{\n",
        "String",
        "int",
        "    public {kind} {field};\n",
        "    public java.util.Optional<{kind}> {field};\n",
        "}\n",
    ),
    "csharp": Written(
        "m/Things.cs",
        "namespace M;\n",
        "public class {name} {{\n",
        "string",
        "int",
        "    public required {kind} {field} {{ get; set; }}\n",
        "    public {kind}? {field} {{ get; set; }}\n",
        "}\n",
    ),
    "sql": Written(
        "m/things.sql",
        "",
        "CREATE TABLE {name} (\n  id INTEGER",
        "TEXT",
        "INTEGER",
        ",\n  {field} {kind} NOT NULL",
        ",\n  {field} {kind}",
        "\n);\n",
    ),
}


def write(language: str, model: Model) -> bytes:
    """A model in a language."""
    how = LANGUAGES[language]
    text = how.head
    for name, fields in sorted(model.items()):
        text += how.opening.format(name=name)
        for field, kind in sorted(fields.items()):
            line = how.optional if kind.endswith("?") else how.required
            spelt = how.text if kind.startswith("text") else how.number
            text += line.format(field=how.title(field), kind=spelt)
        text += how.closing.replace("{{", "{").replace("}}", "}")
    return text.encode()


@cache
def plugins() -> Hooks:
    """The built-in plugins, found once."""
    return Hooks(PluginManager())


async def changes(language: str, *files: tuple[str, str | bytes | None, str | bytes | None]) -> list[InterfaceChange]:
    """What differs between two versions of files: (path, before, after)."""
    sides = [tuple(one.encode() if isinstance(one, str) else one for one in both) for _, *both in files]
    versions = tuple(TwoVersions(path, *both) for (path, *_), both in zip(files, sides, strict=True))
    found = await plugins().interface(Changed(language, versions))
    assert found is not None
    return sorted(found, key=lambda change: change.sort_key)


def told(found: list[InterfaceChange]) -> list[tuple[str, str]]:
    """Kind and symbol of each change, breaking ones with `!`."""
    return sorted((f"{'!' if change.breaking else ''}{change.kind}", change.symbol) for change in found)
