"""Structure: JavaScript, TypeScript and TSX, by the grammars tree-sitter-javascript and tree-sitter-typescript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from regen.model.structure import Declaration, Listed, Structure
from regen_plugins.grammars import GRAMMARS, modifiers_as_names

_MEMBER = ("static", "get", "set", "name|property|key")
_DECLARATIONS = {
    "import_statement": Declaration(
        "import",
        ("source", "type", "import_clause/named_imports/{", "import_clause/namespace_import/*"),
        binds=("import_clause/identifier", "import_clause/namespace_import/identifier"),
    ),
    "import_specifier": Declaration("import", ("name", "alias"), binds=("alias|name",)),
    "export_statement": Declaration("export", ("default", "source", "export_clause/{", "*|namespace_export")),
    "export_specifier": Declaration("export", ("name", "alias")),
    "assignment_expression": Declaration("assignment", ("left",), repeats=True, ordered_unless="-"),
    "class_declaration": Declaration("class"),
    "abstract_class_declaration": Declaration("class"),
    "interface_declaration": Declaration("interface"),
    "enum_declaration": Declaration("enum"),
    "type_alias_declaration": Declaration("type"),
    "function_declaration": Declaration("function", overload="parameters"),
    "function_signature": Declaration("function", overload="parameters"),
    "generator_function_declaration": Declaration("function"),
    "lexical_declaration": Declaration("constant", ("variable_declarator/name",)),
    "variable_declaration": Declaration("constant", ("variable_declarator/name",)),
    "module": Declaration("module"),
    "internal_module": Declaration("namespace", repeats=True),
    "method_definition": Declaration("method", _MEMBER, overload="parameters"),
    "method_signature": Declaration("method", _MEMBER, overload="parameters"),
    "abstract_method_signature": Declaration("method", _MEMBER, overload="parameters"),
    "call_signature": Declaration("call", (), overload="parameters"),
    "construct_signature": Declaration("constructor", (), overload="parameters"),
    "index_signature": Declaration("index", ("index_type",)),
    "public_field_definition": Declaration("field", _MEMBER),
    "field_definition": Declaration("field", _MEMBER),
    "property_signature": Declaration("property", _MEMBER),
    "pair": Declaration("property", ("key",)),
    "shorthand_property_identifier": Declaration("property", (".",)),
    "enum_assignment": Declaration("value"),
    "property_identifier": Declaration("value", (".",), ordered_unless="-"),  # of an enum, where it is counted
    "required_parameter": Declaration("parameter", ("pattern",)),
    "optional_parameter": Declaration("parameter", ("pattern",)),
    "type_parameter": Declaration("type parameter"),
}
_LISTS: dict[str, Listed] = {
    "named_imports": "named",
    "export_clause": "named",
    "enum_body": "named",
    "object": "named",
    "implements_clause": "named",
    "extends_type_clause": "named",
    "union_type": "named",
    "intersection_type": "named",
    "formal_parameters": "ordered",
    "type_parameters": "ordered",
    "array": "ordered",
    "arguments": "placed",
}
_RECORDS = (
    "ambient_declaration",
    "arrow_function",
    "as_expression",
    "call_expression",
    "class",
    "class_heritage",
    "export_statement",
    "expression_statement",
    "function_expression",
    "import_clause",
    "return_statement",
    "satisfies_expression",
    "type_annotation",
    "variable_declarator",
)
_MARKS = {
    "decorator": "call_expression/function|identifier|member_expression",
}


def _structure(language: str, readable: Callable[[bytes], bytes] | None, *, overloads: bool) -> Structure:
    declarations = _DECLARATIONS
    if not overloads:
        declarations = {name: replace(known, overload=None) for name, known in _DECLARATIONS.items()}
    return Structure(
        language,
        GRAMMARS[language],
        declarations,
        blocks=frozenset(("program", "class_body", "interface_body", "object_type")),
        lists=_LISTS,
        separators={"union_type": "|", "intersection_type": "&"},
        records=frozenset(_RECORDS),
        bodies=frozenset(("statement_block",)),
        marks=_MARKS,
        comments=frozenset(("comment", "html_comment")),
        sequence=(
            *("export", "default", "declare", "abstract", "static", "override", "readonly", "async"),
            "accessibility_modifier",
            "type_parameters",
            "extends_clause",
            "implements_clause",
            "type",
            "return_type",
            "value",
            "body",
        ),
        readable=readable,
    )


STRUCTURES = {
    "javascript": _structure("javascript", None, overloads=False),
    "typescript": _structure("typescript", modifiers_as_names, overloads=True),
    "tsx": _structure("tsx", modifiers_as_names, overloads=True),
}
