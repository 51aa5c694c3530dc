"""The template is one that CloudFormation would take: lint, translation, files that exist."""

from __future__ import annotations

import re

import pytest
from cfnlint.api import lint_file

from tests.architecture.deployable import (
    ROOT,
    TEMPLATE,
    folder_of,
    functions,
    of_type,
    template,
    translated,
)


def test_the_linter_has_no_remark() -> None:
    assert lint_file(TEMPLATE) == []


def test_sam_translates_it_and_keeps_every_function() -> None:
    resources = translated()["Resources"]
    lambdas = {name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"}
    assert lambdas == set(functions())


@pytest.mark.parametrize("function", functions())
def test_every_function_has_its_one_file(function: str) -> None:
    assert (folder_of(function) / "handler.py").is_file()


def test_every_function_folder_is_deployed() -> None:
    on_disk = {path.parent.name for path in ROOT.glob("functions/*/handler.py")}
    assert on_disk <= {folder_of(function).name for function in functions()}


@pytest.mark.parametrize("function", functions())
def test_a_function_is_named_as_its_folder(function: str) -> None:
    folder = folder_of(function).name
    assert function == folder.title().replace("_", "")
    assert functions()[function]["FunctionName"] == {
        "Fn::Sub": "${AWS::StackName}-" + folder.replace("_", "-")
    }


def test_layers_are_third_party_first_and_ours_on_top() -> None:
    shared = template()["Globals"]["Function"]
    assert shared["Layers"] == [{"Ref": "DepsLayer"}, {"Ref": "CoreLayer"}]
    assert {
        name: each["ContentUri"] for name, each in of_type("AWS::Serverless::LayerVersion").items()
    } == {
        "DepsLayer": "layers/deps",
        "CoreLayer": "layers/core/python/",
    }


def test_the_platform_is_the_one_that_the_layers_are_built_for() -> None:
    shared = template()["Globals"]["Function"]
    assert (shared["Runtime"], shared["Architectures"]) == ("python3.13", ["arm64"])
    for name in of_type("AWS::Serverless::LayerVersion"):
        metadata = template()["Resources"][name]["Metadata"]
        assert metadata == {"BuildMethod": "python3.13", "BuildArchitecture": "arm64"}


def test_sections_follow_the_order_of_the_house() -> None:
    banners = re.findall(
        r"^ *# -{20,}\n *# (\w+).*\n *# -{20,}$", TEMPLATE.read_text(), re.MULTILINE
    )
    order = [
        "Parameters",
        "Globals",
        "API",
        "Consent",
        "Inbound",
        "Provider",
        "Campaigns",
        "Evidence",
        "Rights",
        "Workflows",
    ]
    order += ["Tables", "Buckets", "Keys", "Alarms", "Layers", "Outputs"]
    assert banners == order
