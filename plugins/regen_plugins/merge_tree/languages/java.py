"""Structure: Java, by the grammar tree-sitter-java."""

from __future__ import annotations

from regen.model.structure import Declaration, Structure
from regen_plugins.grammars import GRAMMARS

_TYPES = "parameters/formal_parameter/type"

STRUCTURES = {
    "java": Structure(
        "java",
        GRAMMARS["java"],
        {
            "package_declaration": Declaration("package", ()),
            "import_declaration": Declaration(
                "import",
                ("static", "scoped_identifier|identifier", "asterisk"),
                binds=("asterisk|scoped_identifier/name|identifier",),
            ),
            "class_declaration": Declaration("class"),
            "interface_declaration": Declaration("interface"),
            "enum_declaration": Declaration("enum"),
            "record_declaration": Declaration("record"),
            "annotation_type_declaration": Declaration("annotation"),
            "annotation_type_element_declaration": Declaration("element"),
            "method_declaration": Declaration("method", overload=_TYPES),
            "constructor_declaration": Declaration("constructor", overload=_TYPES),
            "compact_constructor_declaration": Declaration("constructor", overload="."),
            "field_declaration": Declaration("field", ("declarator/name",)),
            "constant_declaration": Declaration("field", ("declarator/name",)),
            "enum_constant": Declaration("constant"),
            "enum_body_declarations": Declaration("members", ()),
            "static_initializer": Declaration("initializer", (), ordered_unless="-"),
            "formal_parameter": Declaration("parameter"),
            "spread_parameter": Declaration("parameter", ("variable_declarator/name",)),
            "type_parameter": Declaration("type parameter", ("type_identifier",)),
            "element_value_pair": Declaration("element", ("key",)),
        },
        blocks=frozenset(("program", "class_body", "interface_body", "annotation_type_body", "enum_body_declarations")),
        lists={
            "enum_body": "named",
            "type_list": "named",
            "throws": "named",
            "annotation_argument_list": "named",
            "formal_parameters": "ordered",
            "type_parameters": "ordered",
            "array_initializer": "ordered",
            "element_value_array_initializer": "ordered",
            "argument_list": "placed",
        },
        records=frozenset(("modifiers", "super_interfaces", "extends_interfaces", "permits", "variable_declarator")),
        bodies=frozenset(("block", "constructor_body")),
        marks={"annotation": "name", "marker_annotation": "name"},
        comments=frozenset(("line_comment", "block_comment")),
        alone=frozenset(("enum_body_declarations",)),
        sequence=(
            *("public", "protected", "private", "abstract", "default", "static", "final", "sealed", "synchronized"),
            "type_parameters",
            "superclass",
            "interfaces",
            "permits",
            "body",
        ),
    )
}
