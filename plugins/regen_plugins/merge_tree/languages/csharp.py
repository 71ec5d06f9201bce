"""Structure: C#, by the grammar tree-sitter-c-sharp."""

from __future__ import annotations

from regen.model.structure import Declaration, Structure
from regen_plugins.grammars import GRAMMARS

_TYPES = "parameters/parameter/type"
_EXPLICIT = ("explicit_interface_specifier", "name")
_VARIABLES = ("variable_declaration/variable_declarator/name",)

STRUCTURES = {
    "csharp": Structure(
        "csharp",
        GRAMMARS["csharp"],
        {
            "using_directive": Declaration("import", (".",)),
            "file_scoped_namespace_declaration": Declaration("namespace", ()),
            "namespace_declaration": Declaration("namespace", repeats=True),
            "class_declaration": Declaration("class"),
            "struct_declaration": Declaration("struct"),
            "interface_declaration": Declaration("interface"),
            "record_declaration": Declaration("record"),
            "enum_declaration": Declaration("enum"),
            "delegate_declaration": Declaration("delegate"),
            "method_declaration": Declaration("method", _EXPLICIT, overload=_TYPES),
            "constructor_declaration": Declaration("constructor", overload=_TYPES),
            "destructor_declaration": Declaration("destructor"),
            "operator_declaration": Declaration("operator", ("operator",), overload=_TYPES),
            "conversion_operator_declaration": Declaration("operator", ("type",), overload=_TYPES),
            "indexer_declaration": Declaration("indexer", (), overload=_TYPES),
            "property_declaration": Declaration("property", _EXPLICIT),
            "event_declaration": Declaration("event", _EXPLICIT),
            "event_field_declaration": Declaration("event", _VARIABLES),
            "field_declaration": Declaration("field", _VARIABLES),
            "enum_member_declaration": Declaration("constant", ordered_unless="value"),
            "accessor_declaration": Declaration("accessor"),
            "parameter": Declaration("parameter"),
            "type_parameter": Declaration("type parameter"),
            "attribute": Declaration("attribute"),
        },
        blocks=frozenset(("compilation_unit", "declaration_list", "accessor_list")),
        lists={
            "enum_member_declaration_list": "named",
            "base_list": "named",
            "attribute_list": "named",
            "parameter_list": "ordered",
            "bracketed_parameter_list": "ordered",
            "type_parameter_list": "ordered",
            "argument_list": "placed",
            "attribute_argument_list": "placed",
        },
        records=frozenset(("variable_declaration", "variable_declarator")),
        bodies=frozenset(("block",)),
        marks={"attribute_list": "attribute/name", "modifier": "."},
        comments=frozenset(("comment", "preproc_region", "preproc_endregion", "preproc_nullable", "preproc_pragma")),
        sequence=(
            *("public", "protected", "private", "internal", "static", "sealed", "abstract", "virtual", "override"),
            *("readonly", "required", "async", "partial"),
            "type_parameter_list",
            "base_list",
            "type_parameter_constraints_clause",
            "value",
            "body",
        ),
    )
}
