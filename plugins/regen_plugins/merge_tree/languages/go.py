"""Structure: Go, by the grammar tree-sitter-go."""

from __future__ import annotations

from regen.model.structure import Declaration, Structure
from regen_plugins.grammars import GRAMMARS

_RECEIVER = "receiver/parameter_declaration/type"

STRUCTURES = {
    "go": Structure(
        "go",
        GRAMMARS["go"],
        {
            "package_clause": Declaration("package", ()),
            "import_declaration": Declaration("import", ("import_spec/path", "import_spec/name")),
            "import_spec": Declaration("import", ("path", "name"), binds=("name|path",)),
            "type_declaration": Declaration("type", ("type_spec/name|type_alias/name",)),
            "type_spec": Declaration("type"),
            "type_alias": Declaration("type"),
            "const_declaration": Declaration("constant", ("const_spec/name",)),
            "const_spec": Declaration("constant", ordered_unless="value"),  # without a value it is counted by `iota`
            "var_declaration": Declaration("variable", ("var_spec/name",)),
            "var_spec": Declaration("variable"),
            "function_declaration": Declaration("function"),
            "method_declaration": Declaration("method", (f"{_RECEIVER}/type_identifier|{_RECEIVER}", "name")),
            "field_declaration": Declaration("field", ("name|type",)),
            "method_elem": Declaration("method"),
            "type_elem": Declaration("embedded type", (".",)),
            "keyed_element": Declaration("element", ("key",)),
            "literal_element": Declaration("element", (".",), repeats=True, ordered_unless="-"),
            "parameter_declaration": Declaration("parameter", ("name|type",)),
            "variadic_parameter_declaration": Declaration("parameter", ("name|type",)),
            "type_parameter_declaration": Declaration("type parameter"),
        },
        blocks=frozenset(
            (
                "source_file",
                "import_spec_list",
                "type_declaration",
                "const_declaration",
                "var_spec_list",
                "field_declaration_list",
                "interface_type",
                "statement_list",
            )
        ),
        lists={"literal_value": "named", "parameter_list": "ordered", "type_parameter_list": "ordered"},
        records=frozenset(
            (
                "composite_literal",
                "expression_list",
                "func_literal",
                "return_statement",
                "struct_type",
                "unary_expression",
            )
        ),
        bodies=frozenset(("block",)),
    )
}
