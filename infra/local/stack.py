"""The whole service in this process: deploy the template, serve its API, move its queues, run its
workflows.

with LocalStack.start(port=0) as stack:
    stack.url, stack.token("marketing"), stack.client("dynamodb"), stack.output("ApiUrl")
    stack.invoke("campaign_send", event)
"""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from infra.local.carrier import Carrier, Text
from infra.local.cloud import Cloud
from infra.local.deploy import Deployment
from infra.local.edge import Edge, EdgeServer
from infra.local.inbound import Inbound, InboundPath, Reply
from infra.local.lambdas import Functions, FunctionSpec
from infra.local.local_routes import LocalRoutes
from infra.local.logs import capture
from infra.local.phone_key import keep_phone_keys
from infra.local.queues import Mapping, QueuePump
from infra.local.routes import Cors, Route, read_cors, read_routes
from infra.local.schedules import Schedule, Timer
from infra.local.staff import Staff
from infra.local.template import load_template
from infra.local.transactions import patch_transactions
from infra.local.workflows import patch_workflows, stop_all

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
STACK_NAME = "assent-local"
# Wider than the template's default, so that the demo can show rules of many places.
PARAMETERS = {"AllowedCountries": "US,CA,GB,FR,AU,SE,DE,BR,ES,IT,NL,PL,CZ,MX,JP,ZA,NZ,IE"}
_WAKERS = ("sqs.SendMessage", "sqs.SendMessageBatch", "sns.Publish", "sns.PublishBatch")


@dataclass(frozen=True)
class Options:
    """How to start. port 0 takes a free one. log_dir None: a temporary folder, gone at the end.

    parameters override the template's; load says whether functions are imported at once (else at
    first use).
    """

    port: int = 0
    template: Path = ROOT / "template.yaml"
    parameters: dict[str, str] = field(default_factory=dict)
    log_dir: Path | None = None
    load: bool = True
    schedules: bool = True


class LocalStack:
    """A running local stack. Make one with start(); it is a context manager."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._undo = contextlib.ExitStack()
        self.cloud = Cloud()
        self.failed: dict[str, Exception] = {}

    @classmethod
    def start(cls, port: int = 0, **options: Any) -> Self:
        """Deploy and serve; options are the fields of Options.

        Raises OSError when the port is taken, CloudAlreadyRunningError when this process already
        has a stack, TemplateError or botocore's ClientError when the template cannot be deployed.
        """
        stack = cls(Options(port=port, **options))
        with contextlib.ExitStack() as undo:
            stack._undo = undo
            stack._start()
            stack._undo = undo.pop_all()
        return stack

    def stop(self) -> None:
        """Stop every thread, forget all state, put the process back as it was."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def client(self, service: str) -> Any:
        """The boto3 client of a service of the local AWS."""
        return self.cloud.client(service)

    def output(self, name: str) -> str:
        """An output of the template. Raises KeyError."""
        return self.deployment.outputs()[name]

    def physical_id(self, logical_id: str) -> str:
        """The physical id (Ref) of a resource: a table's name, a queue's URL. Raises
        TemplateError.
        """
        return str(self.deployment.reference(logical_id))

    def token(self, group: str, user: str | None = None) -> str:
        """A staff token of the group. Raises UnknownGroupError."""
        return self.staff.token(group, user).token

    def invoke(self, function: str, event: Any) -> Any:
        """Invoke a function by logical id, folder name, physical name or ARN; raises what the
        handler raises.
        """
        return self.functions.find(function).invoke(event)

    def texts(self, to: str | None = None) -> list[Text]:
        """Texts that phones received, oldest first."""
        return self.carrier.texts(to)

    def text_from(
        self, phone: str, body: str, to: str | None = None, at: float | None = None
    ) -> dict[str, Any]:
        """A phone texts back; at in seconds since 1970."""
        return self.inbound.deliver(Reply(phone, body, to, at))

    def _start(self) -> None:
        quiet = logging.getLogger("moto")
        self._undo.callback(quiet.setLevel, quiet.level)
        quiet.setLevel(logging.ERROR)
        server = EdgeServer(self._options.port)
        self._undo.callback(server.stop)
        self.url = f"http://127.0.0.1:{server.port}"
        self._start_cloud()
        self._deploy()
        self._load_functions()
        self._carry_texts()
        self._serve(server)
        self._start_pumps()
        self._start_schedules()

    def _start_cloud(self) -> None:
        self.cloud.start()
        self._undo.callback(self.cloud.stop)
        _forget_clients()
        self._undo.callback(_forget_clients)
        patch_transactions(self._undo)
        patch_workflows(self.cloud, self._invoke_task, self._undo)
        if self.cloud.dynamodb_endpoint:
            keep_phone_keys(ROOT / ".local" / "phone-keys.json", self._undo)

    def _deploy(self) -> None:
        parameters = PARAMETERS | self._options.parameters
        template = load_template(self._options.template, parameters)
        known = {name: value for name, value in parameters.items() if name in template.parameters}
        self.deployment = Deployment(self.cloud, template, STACK_NAME, self.url, known)
        self.deployment.deploy()
        machines = self.deployment.of_type("AWS::StepFunctions::StateMachine")
        arns = [self.physical_id(each) for each in machines]
        self._undo.callback(stop_all, self.cloud, arns)

    def _load_functions(self) -> None:
        folder = self._options.log_dir
        if folder is None:
            folder = Path(
                self._undo.enter_context(tempfile.TemporaryDirectory(prefix="assent-local-"))
            )
        self.log_dir = folder
        self._undo.enter_context(capture(folder))
        found = self.deployment.of_type("AWS::Lambda::Function")
        self.functions = Functions([self._function(each) for each in found])
        if self._options.load:
            self.failed = self.functions.load()

    def _function(self, logical_id: str) -> FunctionSpec:
        properties = self.deployment.properties(logical_id)
        variables = properties.get("Environment", {}).get("Variables", {})
        return FunctionSpec(
            logical_id=logical_id,
            name=self.physical_id(logical_id),
            arn=self.deployment.attribute(logical_id, "Arn"),
            folder=self.deployment.template.files[logical_id],
            handler=properties["Handler"],
            environment={name: str(value) for name, value in variables.items()},
            timeout=int(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
        )

    def _invoke_task(self, function: str, payload: Any) -> dict[str, Any]:
        return self.functions.invoke_api(function, payload)

    def _carry_texts(self) -> None:
        has_number = "OriginationIdentity" in self.deployment.template.parameters
        number = self.physical_id("OriginationIdentity") if has_number else "+12065550100"
        self.carrier = Carrier(number)
        self.cloud.around["sns.Publish"] = self.carrier.around
        path = InboundPath(*self._inbound_path(), number)
        self.inbound = Inbound(self.cloud, self.carrier, path)

    def _inbound_path(self) -> tuple[str, str]:
        """The first topic that feeds a queue which feeds a function: that is where inbound texts
        come in.
        """
        queues = self._queues()
        for logical_id in self.deployment.of_type("AWS::SNS::Subscription"):
            properties = self.deployment.properties(logical_id)
            if properties["Endpoint"] in queues:
                return properties["TopicArn"], queues[properties["Endpoint"]]
        return "", ""

    def _queues(self) -> dict[str, str]:
        return {
            self.deployment.attribute(each, "Arn"): self.physical_id(each)
            for each in self.deployment.of_type("AWS::SQS::Queue")
        }

    def _serve(self, server: EdgeServer) -> None:
        routes: list[Route] = []
        cors = Cors()
        for logical_id in self.deployment.of_type("AWS::ApiGatewayV2::Api"):
            body = self.deployment.properties(logical_id)["Body"]
            routes, cors = read_routes(body), read_cors(body)
        pools = self.deployment.of_type("AWS::Cognito::UserPoolClient")
        client_id = self.physical_id(pools[0]) if pools else ""
        pool_id = self.deployment.properties(pools[0])["UserPoolId"] if pools else ""
        self.staff = Staff(self.cloud, pool_id, client_id)
        local = LocalRoutes(self.carrier, self.inbound, self.staff, self.deployment)
        server.serve(Edge(routes, cors, self.functions, local.answer).answer)

    def _start_pumps(self) -> None:
        queues, pumps = self._queues(), []
        for logical_id in self.deployment.of_type("AWS::Lambda::EventSourceMapping"):
            properties = self.deployment.properties(logical_id)
            arn = properties["EventSourceArn"]
            if arn in queues:
                function = self.functions.find(properties["FunctionName"])
                reports = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
                size = int(properties.get("BatchSize", 10))
                pumps.append(
                    QueuePump(self.cloud, Mapping(queues[arn], arn, function, size, reports))
                )
        for pump in pumps:
            pump.start()
            self._undo.callback(pump.stop)

        def wake(operation: str) -> None:
            if operation in _WAKERS:
                for pump in pumps:
                    pump.wake()

        self.cloud.after_call.append(wake)

    def _start_schedules(self) -> None:
        self.schedules = self._schedules()
        for schedule in self.schedules if self._options.schedules else []:
            if schedule.seconds is not None:
                timer = Timer(schedule, schedule.seconds)
                timer.start()
                self._undo.callback(timer.stop)

    def _schedules(self) -> list[Schedule]:
        import json

        found = []
        for logical_id in self.deployment.of_type("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
            properties = self.deployment.properties(logical_id)
            targets = properties.get("Targets") or [properties.get("Target", {})]
            for target in targets:
                expression = properties.get("ScheduleExpression")
                if expression and ":function:" in target.get("Arn", ""):
                    function = self.functions.find(target["Arn"])
                    given = target.get("Input")
                    payload = json.loads(given) if given else None
                    found.append(Schedule(logical_id, expression, function, payload))
        return found


def _forget_clients() -> None:
    """The product keeps its AWS clients for the life of a process; one made before moto was there
    would miss it.
    """
    module = sys.modules.get("assent.aws.clients")
    for each in vars(module).values() if module else ():
        clear = getattr(each, "cache_clear", None)
        if clear:
            clear()
