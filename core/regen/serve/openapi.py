"""OpenAPI: the routes as they are become one OpenAPI 3.1 document."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any, get_args, get_origin, get_type_hints

from regen.access.roles import roles_with
from regen.serve.asked import key_of, written
from regen.serve.problems import MEDIA, ProblemDetails
from regen.serve.route import Lasting, Raw, Route, Said
from regen.serve.schema import Schema, Schemas
from regen.version import __version__

_ALWAYS = {
    "400": "a parameter is wrong",
    "421": "the server is not called by that name",
    "429": "too many requests; `Retry-After` says when to ask again",
    "503": "the state cannot be read now",
}
_GUARDED = {"401": "a token is needed, or this one opens nothing", "403": "this role may not do it"}
_CHANGES = {
    "404": "there is no such thing",
    "409": "it cannot be done as things stand",
    "413": "the body is too long",
    "422": "the body is not as described",
    "500": "it failed",
    "502": "the deployment failed, and was put back",
}
_SUMMARY = "One project of regen: where it stands, what happens, why files are as they are, and the ways back."


def document(routes: Iterable[Route | Raw]) -> dict[str, Any]:
    """The document of some routes, in their order."""
    schemas, paths = Schemas(), dict[str, dict[str, Any]]()
    for route in routes:
        item = paths.setdefault(_bare(route.path), {})
        if isinstance(route, Raw):
            for method in route.methods:
                item[method.lower()] = _raw(route, method, schemas)
        else:
            item[route.method.lower()] = _operation(route, schemas)
    schemas.of(ProblemDetails)
    return {
        "openapi": "3.1.0",
        "info": {"title": "regen", "version": __version__, "summary": _SUMMARY, "license": {"name": "MIT"}},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.named.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "regen_session"},
            },
        },
    }


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    problems = dict(_ALWAYS)
    if route.right is not None or route.changes:
        problems |= _GUARDED
    if route.changes:
        problems |= _CHANGES
    elif "{" in route.path or fields(route.asks):
        problems |= {"404": "there is no such thing", "409": "it cannot be shown as things stand"}
    gives = get_args(route.gives)[0] if get_origin(route.gives) in {Said, Lasting} else route.gives
    answer = {"description": "what was asked for", "content": {"application/json": {"schema": schemas.of(gives)}}}
    return {
        "operationId": route.name,
        "tags": [route.handler.__module__.rpartition(".")[2]],
        "summary": route.summary,
        **_described(route.handler),
        **_security(route),
        **({"parameters": _parameters(route, schemas)} if fields(route.asks) else {}),
        **(_body(route.takes, schemas) if route.takes is not None else {}),
        "responses": {"200": answer, **_problems(problems)},
    }


def _described(handler: object) -> dict[str, str]:
    _, _, rest = (inspect.getdoc(handler) or "").partition("\n\n")
    return {"description": rest.replace("\n", " ")} if rest else {}


def _security(route: Route | Raw) -> dict[str, Any]:
    if route.right is None:
        return {"security": []}
    open_ways: list[dict[str, Any]] = [{}] if route.right == "read" else []
    return {"security": [*open_ways, {"token": []}, {"session": []}], "x-roles": list(roles_with(route.right))}


def _parameters(route: Route | Raw, schemas: Schemas) -> list[dict[str, Any]]:
    hints = get_type_hints(route.asks, include_extras=True)
    found = []
    for field in fields(route.asks):
        hint = hints[field.name]
        name = written(field.name, hint)
        schema = _given(schemas.of(hint, given=True))
        description = schema.pop("description", key_of(hint).doc)
        in_path = f"{{{name}}}" in _bare(route.path)
        default = field.default
        if default is not MISSING and default is not None:
            schema["default"] = default
        found.append(
            {
                "name": name,
                "in": "path" if in_path else "query",
                "required": in_path or default is MISSING,
                "description": description,
                "schema": schema,
            }
        )
    return found


def _given(schema: Schema) -> Schema:
    """A parameter is there or not: no text says null."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        schema = {**schema, "type": next(kind for kind in kinds if kind != "null")}
    if "enum" in schema:
        schema = {**schema, "enum": [one for one in schema["enum"] if one is not None]}
    return schema


def _body(kind: type, schemas: Schemas) -> dict[str, Any]:
    content = {"application/json": {"schema": schemas.of(kind, given=True)}}
    return {"requestBody": {"required": True, "content": content}}


def _raw(route: Raw, method: str, schemas: Schemas) -> dict[str, Any]:
    problems = {**_ALWAYS, **(_GUARDED if route.right is not None else {}), **(_CHANGES if method != "GET" else {})}
    names = re.findall(r"\{(\w+)", route.path)
    plain = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    parameters = _parameters(route, schemas) if fields(route.asks) else plain
    schema = schemas.of(route.gives) if route.gives is not None else {}
    also = {status: {"description": text, "content": {route.media: {"schema": {}}}} for status, text in route.also}
    return {
        "operationId": f"{route.endpoint.__name__}{'' if method == route.methods[0] else '_' + method.lower()}",
        "tags": [route.endpoint.__module__.rpartition(".")[2]],
        "summary": route.summary,
        **_described(route.endpoint),
        **_security(route),
        **({"parameters": parameters} if parameters else {}),
        **(_body(route.takes, schemas) if route.takes is not None else {}),
        "responses": {
            "200": {"description": "what was asked for", "content": {route.media: {"schema": schema}}},
            **also,
            **_problems({"404": "there is no such thing", **problems}),
        },
    }


def _problems(told: dict[str, str]) -> dict[str, Any]:
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": text, "content": content} for status, text in sorted(told.items())}


def _bare(path: str) -> str:
    """The path as OpenAPI writes it: `{path:path}` is `{path}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
