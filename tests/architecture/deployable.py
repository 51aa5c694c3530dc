"""What would be deployed, as plain data for the tests beside it: template and workflows."""

from __future__ import annotations

import copy
import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
WORKFLOWS = ("campaign", "rehearsal", "export")

Resource = dict[str, Any]


@functools.cache
def template() -> dict[str, Any]:
    """The SAM template as written; intrinsics are one-key dicts such as {"Ref": ...}."""
    document: dict[str, Any] = yaml_parse(TEMPLATE.read_text())  # type: ignore[no-untyped-call]
    return document


def of_type(resource_type: str) -> dict[str, Resource]:
    """Properties by logical id of every resource of that type."""
    resources = template()["Resources"]
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == resource_type
    }


def functions() -> dict[str, Resource]:
    """Properties by logical id of every function, without what Globals add."""
    return of_type("AWS::Serverless::Function")


def folder_of(function: str) -> Path:
    """The source folder of a function by its logical id."""
    return ROOT / str(functions()[function]["CodeUri"])


def listed(value: Any) -> list[Any]:
    """IAM and ASL accept one value where a list is meant; always give the list."""
    return value if isinstance(value, list) else [value]


def statements(policy_document: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of one policy document."""
    return listed(policy_document["Statement"])


def identity_statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, statement) of everything that a role or managed policy allows."""
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield from ((name, each) for each in statements(policy["PolicyDocument"]))
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        yield from ((name, each) for each in statements(policy["PolicyDocument"]))


def statements_of(role: str) -> list[dict[str, Any]]:
    """What one role's own policies say."""
    return [each for name, each in identity_statements() if name == role]


def reference(value: Any) -> str:
    """The logical id (or text) that a Ref, GetAtt or Sub points to; GetAtt keeps its attribute."""
    if isinstance(value, dict):
        (kind, target), *_ = value.items()
        if kind == "Fn::GetAtt":
            return ".".join(target) if isinstance(target, list) else str(target)
        return str(target[0] if isinstance(target, list) else target)
    return str(value)


def translated() -> dict[str, Any]:
    """The CloudFormation that SAM makes of the template, offline."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    document = copy.deepcopy(template())
    for resource in document["Resources"].values():
        for field in ("CodeUri", "ContentUri", "DefinitionUri"):
            if field in resource.get("Properties", {}):
                resource["Properties"][field] = "s3://bucket/key"
    session = boto3.Session(region_name="us-east-1")
    out: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(document, {})
    return out


def workflow_text(name: str) -> str:
    """One ASL file as written."""
    return (ROOT / f"infra/workflows/{name}.asl.yaml").read_text()


def workflow(name: str, substitutions: dict[str, str] | None = None) -> dict[str, Any]:
    """One ASL file, parsed, with `${Name}` replaced where substitutions name it."""
    found = substitutions or {}
    text = re.sub(r"\$\{(\w+)}", lambda m: found.get(m[1], m[0]), workflow_text(name))
    definition: dict[str, Any] = yaml.safe_load(text)
    json.dumps(definition)  # a date or other YAML-only value would not survive the way to AWS
    return definition


def states(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every state of a definition by name, those inside maps included."""
    found: dict[str, dict[str, Any]] = {}
    for name, state in definition["States"].items():
        found[name] = state
        if "ItemProcessor" in state:
            found |= states(state["ItemProcessor"])
    return found
