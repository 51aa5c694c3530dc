"""The served description is the code's own, and says what the house promises."""

from __future__ import annotations

from typing import Any

import pytest

from assent.http.openapi import FILE, apis, document, text
from assent.http.resolver import key_of
from assent.http.staff import PERMITTED

DOCUMENT = document()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def test_the_file_is_fresh() -> None:
    assert FILE.read_text() == text(), "run `make openapi`"


def test_every_route_is_described_once() -> None:
    routes = [key_of(each) for api in apis() for each in api.routes() if each.method != "OPTIONS"]
    assert sorted(routes) == sorted(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_says_what_it_does_and_how_it_fails(operation: str) -> None:
    described = OPERATIONS[operation]
    assert len(described["description"]) > 10
    assert list(described["responses"]["default"]["content"]) == ["application/problem+json"]
    assert "422" not in described["responses"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_staff_operations_ask_for_a_token_and_name_the_groups(operation: str) -> None:
    described = OPERATIONS[operation]
    assert ("security" in described) == (operation in PERMITTED)
    for group in PERMITTED.get(operation, ()):
        assert group in described["description"]


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert {name.rsplit("/", 1)[1] for name in _references(DOCUMENT)} <= set(schemas)


def test_request_bodies_take_no_unknown_properties() -> None:
    bodies = [
        name.rsplit("/", 1)[1]
        for operation in OPERATIONS.values()
        if "requestBody" in operation
        for name in _references(operation["requestBody"]["content"]["application/json"]["schema"])
    ]
    assert bodies
    for name in bodies:
        assert DOCUMENT["components"]["schemas"][name]["additionalProperties"] is False


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in _references(value)]
    if isinstance(node, list):
        return [each for value in node for each in _references(value)]
    return []
