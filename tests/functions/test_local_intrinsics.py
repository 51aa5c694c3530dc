"""CloudFormation's functions, as the local stack evaluates them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.intrinsics import Evaluator, TemplateError


class _Stack:
    """One of everything that can be referred to."""

    def reference(self, name: str) -> Any:
        return {"Name": "shop", "Many": ["a", "b"], "AWS::Region": "us-east-1"}[name]

    def attribute(self, logical_id: str, name: str) -> str:
        return f"{logical_id}/{name}"


EVALUATOR = Evaluator(
    _Stack(),
    conditions={
        "IsShop": {"Fn::Equals": [{"Ref": "Name"}, "shop"]},
        "Never": {"Fn::Not": [{"Condition": "IsShop"}]},
        "Both": {"Fn::And": [{"Condition": "IsShop"}, {"Condition": "Never"}]},
        "Either": {"Fn::Or": [{"Condition": "IsShop"}, {"Condition": "Never"}]},
    },
    mappings={"Rates": {"us-east-1": {"parts": 20}}},
)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Name"}, "shop"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "Table/Arn"),
        ({"Fn::GetAtt": "Nested.Outputs.Url"}, "Nested/Outputs.Url"),
        (
            {"Fn::Sub": "${Name}-${Table.Arn}-${AWS::Region}-${!kept}"},
            "shop-Table/Arn-us-east-1-${kept}",
        ),
        ({"Fn::Sub": ["${Name}-${own}", {"own": {"Ref": "Name"}}]}, "shop-shop"),
        ({"Fn::Join": [",", {"Ref": "Many"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Ref": "Many"}]}, "b"),
        ({"Fn::Split": ["/", "a/b"]}, ["a", "b"]),
        ({"Fn::If": ["IsShop", 1, 2]}, 1),
        ({"Fn::FindInMap": ["Rates", {"Ref": "AWS::Region"}, "parts"]}, 20),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"a": {"Fn::If": ["Never", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        (
            {"Condition": {"StringEquals": {"x": {"Ref": "Name"}}}},
            {"Condition": {"StringEquals": {"x": "shop"}}},
        ),
    ],
)
def test_a_value_is_resolved(node: Any, expected: Any) -> None:
    assert EVALUATOR.value(node) == expected


@pytest.mark.parametrize(
    ("condition", "holds"), [("IsShop", True), ("Never", False), ("Both", False), ("Either", True)]
)
def test_conditions_combine(condition: str, holds: bool) -> None:
    assert EVALUATOR.holds(condition) is holds


@pytest.mark.parametrize("node", [{"Fn::Cidr": []}, {"Fn::If": ["Unknown", 1, 2]}])
def test_what_cannot_be_evaluated_is_an_error(node: Any) -> None:
    with pytest.raises(TemplateError):
        EVALUATOR.value(node)
