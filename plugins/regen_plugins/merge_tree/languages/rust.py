"""Structure: Rust, by the grammar tree-sitter-rust."""

from __future__ import annotations

from regen.model.structure import Declaration, Structure
from regen_plugins.grammars import GRAMMARS

_IN_LIST = ("identifier", "scoped_identifier/name", "use_as_clause/alias")

STRUCTURES = {
    "rust": Structure(
        "rust",
        GRAMMARS["rust"],
        {
            "use_declaration": Declaration(
                "import",
                ("visibility_modifier", "scoped_use_list/path|argument", "scoped_use_list/list/{"),
                binds=(
                    "scoped_identifier/name|identifier|use_as_clause/alias",
                    *(f"scoped_use_list/list/{path}|use_list/{path}" for path in _IN_LIST),
                ),
            ),
            "extern_crate_declaration": Declaration("import", binds=("alias|name",)),
            "inner_attribute_item": Declaration("attribute", (".",)),
            "mod_item": Declaration("module"),
            "struct_item": Declaration("struct"),
            "union_item": Declaration("union"),
            "enum_item": Declaration("enum"),
            "trait_item": Declaration("trait"),
            "impl_item": Declaration("impl", ("trait", "type"), repeats=True),
            "function_item": Declaration("function"),
            "function_signature_item": Declaration("function"),
            "const_item": Declaration("constant"),
            "static_item": Declaration("static"),
            "type_item": Declaration("type"),
            "associated_type": Declaration("type"),
            "macro_definition": Declaration("macro"),
            "field_declaration": Declaration("field"),
            "enum_variant": Declaration("variant"),
            "field_initializer": Declaration("field", ("field",)),
            "shorthand_field_initializer": Declaration("field", (".",)),
            "self_parameter": Declaration("parameter", ("self",)),
            "parameter": Declaration("parameter", ("pattern",)),
            "type_parameter": Declaration("type parameter"),
            "lifetime_parameter": Declaration("lifetime"),
        },
        blocks=frozenset(("source_file", "declaration_list")),
        lists={
            "use_list": "named",
            "field_declaration_list": "named",
            "enum_variant_list": "named",
            "field_initializer_list": "named",
            "token_tree": "named",  # of attributes: those of macros are never taken apart
            "parameters": "ordered",
            "type_parameters": "ordered",
            "ordered_field_declaration_list": "placed",
        },
        records=frozenset(("attribute", "scoped_use_list", "struct_expression")),
        bodies=frozenset(("block",)),
        marks={"attribute_item": "attribute/identifier|attribute/scoped_identifier"},
        comments=frozenset(("line_comment", "block_comment")),
        sequence=(
            "visibility_modifier",
            "function_modifiers",
            "type_parameters",
            "return_type",
            "where_clause",
            "body",
        ),
    )
}
