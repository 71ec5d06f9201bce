"""Merge: a `def` line that both sides changed becomes one by its parameters, its result and its comment."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from regen_plugins.merge_python.outline import Lines
from regen_plugins.merge_python.statement import Clash, after_colon, code_of, head_of, listed, settle, settle_keyed


def function_head(base: Lines, ours: Lines, theirs: Lines) -> Lines:
    """Settle the parameters, the result and the comment of a `def` line.

    Raises:
        Clash: both changed one of them, or both added parameters that are given by position.
    """
    nodes = [head_of(side, cst.FunctionDef) for side in (base, ours, theirs)]
    if any(node.type_parameters is not None for node in nodes):
        raise Clash
    start = settle(*(f"{'async ' if node.asynchronous else ''}def {node.name.value}" for node in nodes))
    returns = settle(*(f" -> {code_of(node.returns.annotation)}" if node.returns else "" for node in nodes))
    tail = settle(*(after_colon(node.body) for node in nodes))
    before, *sides = _in_same_sections(*(_parameters(node.params) for node in nodes))
    if all(any(key.startswith("by position") and key not in before for key in side) for side in sides):
        raise Clash
    items = _in_sections(settle_keyed(before, *sides))
    return listed(start, items, f"{returns}:{tail}", (ours, theirs))


def _parameters(params: cst.Parameters) -> dict[str, str]:
    """Each parameter under its section and name."""
    found: dict[str, str] = {}
    for section, members in (
        ("by position only", params.posonly_params),
        ("by position", params.params),
        ("by name", params.kwonly_params),
    ):
        found.update({f"{section} {param.name.value}": _parameter(param) for param in members})
    if isinstance(params.star_arg, cst.Param):
        found["rest *"] = _parameter(params.star_arg)
    if params.star_kwarg is not None:
        found["rest **"] = _parameter(params.star_kwarg)
    return found


def _in_same_sections(
    base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The sides with each parameter of the base in the section that one side put it into, such as after a new `*`.

    One that the other side added behind it goes there, too.
    """
    moved: dict[str, str] = {}
    for side in (ours, theirs):
        here = {key.rpartition(" ")[2]: key for key in side}
        found = {key: here[name] for key in base for name in [key.rpartition(" ")[2]] if here.get(name, key) != key}
        if any(moved.get(key, now) != now for key, now in found.items()):
            raise Clash
        moved |= found
    before, mine, other = (_moved(side, base, moved) for side in (base, ours, theirs))
    return before, mine, other


def _moved(side: dict[str, str], base: Mapping[str, str], moved: Mapping[str, str]) -> dict[str, str]:
    result: dict[str, str] = {}
    behind = ""
    for key, code in side.items():
        now = moved.get(key, key)
        if key not in base and behind.startswith("by name") and key.startswith("by position "):
            now = f"by name {key.rpartition(' ')[2]}"
        behind = now
        result[now] = code
    return result


def _in_sections(parameters: Mapping[str, str]) -> list[str]:
    def section(name: str) -> list[str]:
        return [code for key, code in parameters.items() if key.rpartition(" ")[0] == name]

    only, by_name = section("by position only"), section("by name")
    star = [parameters["rest *"]] if "rest *" in parameters else ["*"] if by_name else []
    double = [parameters["rest **"]] if "rest **" in parameters else []
    return [*only, *(["/"] if only else []), *section("by position"), *star, *by_name, *double]


def _parameter(param: cst.Param) -> str:
    return code_of(param.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=cst.SimpleWhitespace("")))
