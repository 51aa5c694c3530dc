"""Deploys a translated template: decides the order, resolves every value, and keeps what each
resource became.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT, REGION, Cloud
from infra.local.intrinsics import NO_VALUE, Evaluator, TemplateError
from infra.local.resources import CREATORS, INERT, SERVED, Made, Wanted
from infra.local.template import read_yaml
from infra.local.workflows import for_moto

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.template import Template

API_ID = "local"
_STACKS = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"


@dataclass(frozen=True)
class Resource:
    """A deployed resource. status: created (in moto), served (by the local stack), inert, or
    unknown.
    """

    logical_id: str
    type: str
    status: str
    physical_id: str


class Deployment:
    """The stack as deployed. Values resolve against it; resources are created the first time they
    are asked for.
    """

    def __init__(
        self,
        cloud: Cloud,
        template: Template,
        stack_name: str,
        url: str,
        parameters: dict[str, str],
    ) -> None:
        self.template = template
        self.stack_name = stack_name
        self._cloud = cloud
        self._url = url
        self._parameters = parameters
        self._made: dict[str, Made] = {}
        self._status: dict[str, str] = {}
        self._values = Evaluator(self, template.conditions, template.mappings)

    def deploy(self) -> None:
        """Create everything. Raises TemplateError, or botocore's ClientError when a resource is
        refused.
        """
        for logical_id in self.template.resources:
            if self.exists(logical_id):
                self._ensure(logical_id)

    def exists(self, logical_id: str) -> bool:
        """Whether the resource's own condition holds."""
        condition = self.template.resources[logical_id].get("Condition")
        return condition is None or self._values.holds(condition)

    def properties(self, logical_id: str) -> dict[str, Any]:
        """The resolved properties of a resource."""
        found = self.template.resources[logical_id].get("Properties", {})
        resolved: dict[str, Any] = self._local(self._values.value(found))
        return resolved

    def of_type(self, *types: str) -> list[str]:
        """Logical ids of the resources of these types, in template order."""
        resources = self.template.resources.items()
        return [name for name, each in resources if each["Type"] in types and self.exists(name)]

    def resources(self) -> list[Resource]:
        """Every deployed resource, for people to look at."""
        kinds = self.template.resources
        return [
            Resource(name, kinds[name]["Type"], self._status[name], made.physical_id)
            for name, made in sorted(self._made.items())
        ]

    def outputs(self) -> dict[str, str]:
        """The stack's outputs."""
        found = {}
        for name, output in self.template.outputs.items():
            condition = output.get("Condition")
            if condition is None or self._values.holds(condition):
                found[name] = str(self._local(self._values.value(output["Value"])))
        return found

    def reference(self, name: str) -> Any:
        """Value of Ref. Raises TemplateError for an unknown name."""
        pseudo = {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.stack_name,
            "AWS::StackId": f"{_STACKS}/{self.stack_name}/local",
            "AWS::NotificationARNs": [],
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.template.parameters:
            return self._parameter(name)
        return self._ensure(name).physical_id

    def attribute(self, logical_id: str, name: str) -> str:
        """Value of Fn::GetAtt. Raises TemplateError when a created resource has no such
        attribute.
        """
        made = self._ensure(logical_id)
        if name in made.attributes:
            return made.attributes[name]
        if self._status[logical_id] == "created":
            raise TemplateError(f"{logical_id} has no attribute {name} in the local stack")
        return f"arn:aws:local:{REGION}:{ACCOUNT}:{self.stack_name}/{logical_id}/{name}"

    def _parameter(self, name: str) -> Any:
        declared = self.template.parameters[name]
        value = self._parameters.get(name, declared.get("Default"))
        if value is None:
            raise TemplateError(f"parameter {name} has no default and no value")
        if declared["Type"] in ("CommaDelimitedList", "List<String>"):
            return [part.strip() for part in str(value).split(",")]
        return str(value)

    def _local(self, node: Any) -> Any:
        """Addresses of the API become the address it is served at here."""
        if isinstance(node, str):
            return node.replace(f"https://{API_ID}.execute-api.{REGION}.amazonaws.com", self._url)
        if isinstance(node, list):
            return [self._local(each) for each in node]
        if isinstance(node, dict):
            return {key: self._local(each) for key, each in node.items()}
        return node

    def _ensure(self, logical_id: str) -> Made:
        if logical_id not in self._made:
            if logical_id not in self.template.resources:
                raise TemplateError(f"the template has no {logical_id}")
            status, made = self._create(logical_id)
            self._status[logical_id], self._made[logical_id] = status, made
        return self._made[logical_id]

    def _create(self, logical_id: str) -> tuple[str, Made]:
        kind = self.template.resources[logical_id]["Type"]
        name = f"{self.stack_name}-{logical_id}"
        if kind in CREATORS:
            wanted = Wanted(logical_id, kind, name, self.properties(logical_id))
            return "created", CREATORS[kind](self._cloud, wanted)
        if kind == "AWS::StepFunctions::StateMachine":
            return "created", self._create_state_machine(logical_id, name)
        if kind in SERVED:
            return "served", self._served(logical_id, kind, name)
        return "inert" if kind.startswith(INERT) else "unknown", Made(name)

    def _served(self, logical_id: str, kind: str, name: str) -> Made:
        if kind == "AWS::ApiGatewayV2::Api":
            return Made(API_ID, {"ApiEndpoint": self._url, "ApiId": API_ID})
        if kind == "AWS::Lambda::Function":
            given = self.template.resources[logical_id]["Properties"].get("FunctionName")
            physical = name if given is None else self._values.value(given)
            physical = name if physical is NO_VALUE else str(physical)
            return Made(physical, {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"})
        return Made(name, {"Arn": f"arn:aws:local:{REGION}:{ACCOUNT}:{name}"})

    def _create_state_machine(self, logical_id: str, name: str) -> Made:
        properties = self.properties(logical_id)
        definition = self._definition(properties, self.template.files.get(logical_id))
        for key, value in properties.get("DefinitionSubstitutions", {}).items():
            definition = definition.replace("${" + key + "}", str(value))
        name = properties.get("StateMachineName", name)
        arn = self._cloud.client("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps(for_moto(json.loads(definition))),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}",
            type=properties.get("StateMachineType", "STANDARD"),
        )["stateMachineArn"]
        return Made(arn, {"Arn": arn, "Name": name})

    @staticmethod
    def _definition(properties: dict[str, Any], path: Path | None) -> str:
        if path is not None:
            return json.dumps(read_yaml(path))
        if "DefinitionString" in properties:
            return str(properties["DefinitionString"])
        return json.dumps(properties["Definition"])
