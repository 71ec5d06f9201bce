"""The OpenAPI document says what the server does: schemathesis sends what it allows, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from tests.cycle_world import World
from tests.serve_world import Server, serving
from tests.test_cli import regen

from regen.access import TokenStore
from regen.errors import ExitCode
from regen.serve.api import routes
from regen.serve.limits import Rate
from regen.serve.openapi import document
from regen.serve.route import Raw, Route

DOCUMENT = document(routes())
ENDLESS = {"stream"}
FREE = {what: Rate(1e9, 1e9) for what in ("requests", "changes", "failures", "refusals")}


def operations(method: str) -> list[Any]:
    """Operations of a method that end."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    found = [result.ok() for result in schema.get_all_operations()]
    return [
        one
        for one in found
        if (one.method.upper() == "GET") == (method == "GET") and one.definition.raw["operationId"] not in ENDLESS
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a deployed project that asks nobody to wait."""
    world = World(tmp_path_factory.mktemp("openapi") / "project")
    assert regen(world, "apply") == ExitCode.DONE
    with serving(world.root) as found:
        assert found.desk is not None
        found.desk.limits.rates = FREE  # type: ignore[assignment]
        yield found


def tried(server: Server, operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str]) -> None:
    """Send cases of an operation, and hold each answer against the document."""
    checks = [
        schemathesis.checks.not_a_server_error,
        schemathesis.checks.status_code_conformance,
        schemathesis.checks.content_type_conformance,
        schemathesis.checks.response_schema_conformance,
        schemathesis.checks.negative_data_rejection,
    ]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def sent(case: Any) -> None:
        answer = case.call(base_url=server.address, headers=headers)
        case.validate_response(answer, checks=checks)

    try:
        sent()
    except Unsatisfiable:
        pytest.skip("it takes nothing that could be wrong")


@pytest.mark.parametrize("operation", operations("GET"), ids=lambda one: one.definition.raw["operationId"])
def test_reads_are_as_described(server: Server, operation: Any) -> None:
    tried(server, operation, GenerationMode.POSITIVE, 6, {})


@pytest.mark.long
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", operations("GET"), ids=lambda one: one.definition.raw["operationId"])
def test_reads_are_as_described_in_full(server: Server, operation: Any, mode: GenerationMode) -> None:
    tried(server, operation, mode, 150, {})


@pytest.mark.long
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", operations("POST"), ids=lambda one: one.definition.raw["operationId"])
def test_changes_are_as_described(server: Server, operation: Any, mode: GenerationMode, tmp_path: Path) -> None:
    assert server.desk is not None
    tokens = TokenStore(server.desk.folder)
    secret = tokens.create(f"t{len(tokens.tokens())}", "admin")
    tried(server, operation, mode, 25, {"Authorization": f"Bearer {secret}"})


def test_every_route_is_described_once() -> None:
    described = [
        (method.upper(), path, operation["operationId"])
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ]
    names = [name for _, _, name in described]
    assert len(set(names)) == len(names)
    there = [
        method
        for route in routes()
        for method in (route.methods if isinstance(route, Raw) else (route.method,))
        if isinstance(route, Raw | Route)
    ]
    assert len(described) == len(there)


def test_every_part_of_the_description_says_what_it_is() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            assert operation["summary"].endswith("."), (method, path)
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (path, parameter["name"])
    text = str(DOCUMENT)
    for name in DOCUMENT["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text
