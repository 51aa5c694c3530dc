"""Reads from a deployment what the local stack itself runs: functions, routes, queues, schedules.

moto only keeps these as records; each of the functions here turns the template's declaration into
the thing that does the work.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.lambdas import Functions, FunctionSpec
from infra.local.queues import Mapping
from infra.local.routes import HttpApi, read_cors, read_routes
from infra.local.schedules import Schedule

if TYPE_CHECKING:
    from infra.local.deploy import Deployment

_ORIGINATION = "OriginationIdentity"


@dataclass(frozen=True)
class InboundPath:
    """Where inbound texts go in: the topic of the two-way number and the queue subscribed to it."""

    topic_arn: str
    queue_url: str
    number: str


@dataclass(frozen=True)
class StaffPool:
    """The user pool and app client that staff sign in with."""

    pool_id: str = ""
    client_id: str = ""


def functions(deployment: Deployment) -> Functions:
    """Every function of the template, not loaded yet."""
    found = deployment.of_type("AWS::Lambda::Function")
    return Functions([_function(deployment, each) for each in found])


def _function(deployment: Deployment, logical_id: str) -> FunctionSpec:
    properties = deployment.properties(logical_id)
    variables = properties.get("Environment", {}).get("Variables", {})
    return FunctionSpec(
        logical_id=logical_id,
        name=str(deployment.reference(logical_id)),
        arn=deployment.attribute(logical_id, "Arn"),
        folder=deployment.template.files[logical_id],
        handler=properties["Handler"],
        environment={name: str(value) for name, value in variables.items()},
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
    )


def http_api(deployment: Deployment) -> HttpApi:
    """The template's HTTP API; an empty one when there is none."""
    for logical_id in deployment.of_type("AWS::ApiGatewayV2::Api"):
        body = deployment.properties(logical_id)["Body"]
        return HttpApi(read_routes(body), read_cors(body))
    return HttpApi()


def staff_pool(deployment: Deployment) -> StaffPool:
    """The template's first user pool client and its pool."""
    for logical_id in deployment.of_type("AWS::Cognito::UserPoolClient"):
        pool_id = deployment.properties(logical_id)["UserPoolId"]
        return StaffPool(pool_id, str(deployment.reference(logical_id)))
    return StaffPool()


def inbound_path(deployment: Deployment) -> InboundPath:
    """The first topic that feeds one of the template's queues: there inbound texts come in."""
    known = _ORIGINATION in deployment.template.parameters
    number = str(deployment.reference(_ORIGINATION)) if known else "+12065550100"
    queues = _queues(deployment)
    for logical_id in deployment.of_type("AWS::SNS::Subscription"):
        properties = deployment.properties(logical_id)
        if properties["Endpoint"] in queues:
            return InboundPath(properties["TopicArn"], queues[properties["Endpoint"]], number)
    return InboundPath("", "", number)


def mappings(deployment: Deployment, all_functions: Functions) -> list[Mapping]:
    """The event source mappings whose source is a queue."""
    queues, found = _queues(deployment), []
    for logical_id in deployment.of_type("AWS::Lambda::EventSourceMapping"):
        properties = deployment.properties(logical_id)
        arn = properties["EventSourceArn"]
        if arn in queues:
            function = all_functions.find(properties["FunctionName"])
            reports = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
            size = int(properties.get("BatchSize", 10))
            found.append(Mapping(queues[arn], arn, function, size, reports))
    return found


def schedules(deployment: Deployment, all_functions: Functions) -> list[Schedule]:
    """The schedules whose target is a function."""
    found = []
    for logical_id in deployment.of_type("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        properties = deployment.properties(logical_id)
        targets: list[dict[str, Any]] = properties.get("Targets") or [properties.get("Target", {})]
        for target in targets:
            expression = properties.get("ScheduleExpression")
            if expression and ":function:" in target.get("Arn", ""):
                given = target.get("Input")
                payload = json.loads(given) if given else None
                function = all_functions.find(target["Arn"])
                found.append(Schedule(logical_id, expression, function, payload))
    return found


def _queues(deployment: Deployment) -> dict[str, str]:
    return {
        deployment.attribute(each, "Arn"): str(deployment.reference(each))
        for each in deployment.of_type("AWS::SQS::Queue")
    }
