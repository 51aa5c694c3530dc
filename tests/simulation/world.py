"""One simulated account: the shipped functions and workflow around in-memory services.

Everything that happens is an event of one scheduler with one seed, so a run can be had again.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from assent.errors import AssentError
from tests.architecture.deployable import of_type, template
from tests.functions.requests import request
from tests.functions.world import ROOMY
from tests.simulation.actors import Actor, KilledError
from tests.simulation.carrier import Carrier
from tests.simulation.dynamodb import DynamoDb, RefusedError
from tests.simulation.faults import Trouble
from tests.simulation.machine import StepFunctions
from tests.simulation.network import Call, Network
from tests.simulation.queues import Queue
from tests.simulation.sandboxes import EPOCH, Lambda, Sandbox
from tests.simulation.scheduler import SECOND, Scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.simulation.dynamodb import Key
    from tests.simulation.expressions import Item
    from tests.simulation.faults import Faults

# A Monday noon in New York: every calendar of these people is open for hours.
NOON = 1_795_453_200 * SECOND
OURS = "+12065550199"
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "assent",
    "AWS::URLSuffix": "amazonaws.com",
}
_KEY = b"the key that never leaves"
_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:"
_FED = {
    "InboundQueue": ("inbound_sms", 3),
    "ConfirmationQueue": ("confirmation_send", 1),
}


@dataclass(frozen=True)
class Saved:
    """What a world held at one instant."""

    at: int
    tables: Mapping[str, Mapping[Key, Item]]
    objects: Mapping[str, bytes]


@dataclass
class Crash:
    """A handler that failed as no handler may."""

    sandbox: str
    error: BaseException


class World:
    """A run. `parameters` override the template's own values."""

    def __init__(
        self,
        seed: int,
        faults: Callable[[Scheduler], Faults],
        *,
        parameters: Mapping[str, str] | None = None,
        saved: Saved | None = None,
        page: int = 1000,
    ) -> None:
        self.began_at = saved.at if saved else NOON
        self.scheduler = Scheduler(seed, self.began_at)
        self.faults = faults(self.scheduler)
        self.network = Network(self.scheduler, self.faults, self._serve, self._commit)
        self.network.struck = self._struck
        self.functions = Lambda(self, self.scheduler, self.network)
        self.dynamodb = DynamoDb(lambda: self.scheduler.now, self._lag, page)
        self.carrier = Carrier()
        self.objects: dict[str, bytes] = dict(saved.objects) if saved else {}
        self.sandbox_of: dict[Actor | None, Any] = {}
        self.published: list[Callable[[Call, Any], None]] = []
        self.crashes: list[Crash] = []
        self.raised: list[str] = []
        self.failed_executions: list[str] = []
        self.references = _references({**ROOMY, **(parameters or {})})
        for name, properties in of_type("AWS::DynamoDB::Table").items():
            self.dynamodb.create(name, properties)
            if saved:
                self.dynamodb.tables[name].items.update(saved.tables[name])
        self.machine = StepFunctions(self)
        parts = (self.scheduler, self.faults, self.functions)
        self.queues = {
            name: Queue(name, of_type("AWS::SQS::Queue")[name], parts, feeds)
            for name, feeds in _FED.items()
        }

    def save(self) -> Saved:
        tables = {name: dict(table.items) for name, table in self.dynamodb.tables.items()}
        return Saved(self.scheduler.now, tables, dict(self.objects))

    # --- Doors -----------------------------------------------------------------------------------
    def http(
        self,
        function: str,
        what: tuple[str, str],
        body: Any = None,
        then: Callable[[int, Any], None] = lambda *_: None,
        group: str | None = None,
    ) -> None:
        """Send an HTTP request; `then` gets status and body. A crash is the gateway's 502."""
        event = request(*what, body=body, group=group)

        def ended(answer: Any, error: str | None) -> None:
            if error is not None:
                then(502, {})
            else:
                then(answer["statusCode"], json.loads(answer["body"] or "{}"))

        self.functions.invoke(function, event, ended)

    def text_in(self, phone: str, body: str, answers: str | None = None) -> int:
        """Let a phone text us; return the carrier's time."""
        now = self.scheduler.now
        at = now // 1000 * 1000
        self._numbers += 1
        if self.faults.strikes(Trouble.PROVIDER_BLOCKS, 0.7):
            # The carrier heeds STOP by itself, and does not take a number off its list at START.
            self.carrier.opted_out |= {phone} if body == "STOP" else set()
        payload = {
            "originationNumber": phone,
            "destinationNumber": OURS,
            "messageKeyword": "KEYWORD_123456789012",
            "messageBody": body,
            "inboundMessageId": f"in-{self._numbers}",
        }
        if answers:
            payload["previousPublishedMessageId"] = answers
        envelope = {
            "Type": "Notification",
            "MessageId": f"n-{self._numbers}",
            "Message": json.dumps(payload),
            "Timestamp": _stamp(at),
        }
        self.scheduler.note(f"text from {phone}: {body}")
        self.queues["InboundQueue"].put(json.dumps(envelope))
        return at

    _numbers = 0

    # --- What actors need ------------------------------------------------------------------------
    def actor(
        self,
        name: str,
        sandbox: Sandbox | None,
        work: Callable[[], Any],
        ended: Callable[[Any, BaseException | None], None],
    ) -> Actor:
        def over(answer: Any, error: BaseException | None) -> None:
            self.sandbox_of.pop(made, None)
            ended(answer, error)

        made = Actor(name, work, over)
        self.sandbox_of[made] = sandbox
        if sandbox is not None:
            sandbox.actors.append(made)
        return made

    def failed(self, sandbox: Sandbox, error: BaseException) -> None:
        """Take note of what a handler raised."""
        self.raised.append(type(error).__name__)
        if not isinstance(error, (AssentError, KilledError)):
            self.crashes.append(Crash(sandbox.name, error))

    def execution_failed(self, arn: str, error: BaseException) -> None:
        self.failed_executions.append(f"{arn.rsplit(':', 1)[1]} {error}")

    def end(self) -> None:
        """Let go of every thread."""
        for actor in list(self.sandbox_of):
            if actor is not None:
                self.scheduler.kill(actor)
        self.functions.close()

    def _struck(self, call: Call) -> None:
        """Count what a fault met: the function that called, and where the campaigns stood."""
        self.faults.met[f"{call.fault} in {call.sandbox.function}"] += 1
        for item in self.dynamodb.tables["CampaignsTable"].items.values():
            if "status" in item:
                self.faults.met[f"{call.fault} while {item['status']['S']}"] += 1

    # --- Services --------------------------------------------------------------------------------
    def _lag(self) -> int:
        if self.faults.strikes(Trouble.STALE_INDEX, 0.3):
            return self.scheduler.chance.randint(1, 30 * SECOND)
        return 0

    def _serve(self, call: Call) -> tuple[Any, Any]:
        acts: dict[str, Callable[[Call], Any]] = {
            "kms": self._kms,
            "s3": self._s3,
            "sqs": self._sqs,
            "stepfunctions": self._stepfunctions,
            "sns": self._sns,
        }
        if call.service == "dynamodb":
            if call.operation == "TransactWriteItems":
                return {}, self.dynamodb.prepare(call.request)
            return self.dynamodb.call(call.operation, call.request), None
        return acts[call.service](call), None

    def _commit(self, prepared: Any) -> None:
        self.dynamodb.commit(prepared)

    def _kms(self, call: Call) -> Any:
        mac = hmac.new(_KEY, call.request["Message"], hashlib.sha256).digest()
        return {"Mac": mac}

    def _s3(self, call: Call) -> Any:
        key = call.request["Key"]
        if call.operation == "PutObject":
            self.objects[key] = call.request["Body"]
            return {}
        if key not in self.objects:
            raise RefusedError("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[key])}

    def _sqs(self, call: Call) -> Any:
        name = call.request["QueueUrl"].rsplit("/", 1)[1]
        return {"MessageId": self.queues[name].put(call.request["MessageBody"])}

    def _stepfunctions(self, call: Call) -> Any:
        if call.operation == "StartExecution":
            machine, name = call.request["stateMachineArn"], call.request["name"]
            arn = self.machine.start(machine, name, call.request["input"])
            if arn is None:
                raise RefusedError("ExecutionAlreadyExists")
            return {"executionArn": arn}
        arn = call.request["executionArn"]
        if arn not in self.machine.status:
            raise RefusedError("ExecutionDoesNotExist")
        return {"status": self.machine.status[arn]}

    def _sns(self, call: Call) -> Any:
        if call.operation != "Publish":
            return self.carrier.call(call.operation, call.request)
        answer = self.carrier.publish(call.request, call.issued_at, self.scheduler.now)
        for watch in self.published:
            watch(call, self.carrier.texts[-1])
        return answer


def _references(parameters: Mapping[str, str]) -> dict[str, str]:
    declared = template()["Parameters"]
    found = {name: str(each.get("Default", "")) for name, each in declared.items()}
    found |= {name: name for name in template()["Resources"]}
    for name in of_type("AWS::SQS::Queue"):
        found[name] = f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
    for name in of_type("AWS::Serverless::StateMachine"):
        found[name] = f"{_ARN}{name}"
    return {**_PSEUDO, **found, **parameters}


def _stamp(micros: int) -> str:
    return (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
