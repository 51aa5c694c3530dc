"""Between an SDK client and the simulated AWS: delay, loss, throttling, crashes and late effects.

The shipped clients are used as they are made, with their timeouts and their number of attempts;
only the place where botocore would open a socket is taken over.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)

from tests.simulation.dynamodb import RefusedError
from tests.simulation.faults import Fault, Trouble
from tests.simulation.scheduler import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.actors import Actor
    from tests.simulation.faults import Faults
    from tests.simulation.sandboxes import Sandbox
    from tests.simulation.scheduler import Scheduler

# botocore, "standard" retry mode: what it asks for again.
_TRANSIENT = frozenset({500, 502, 503, 504})
_THROTTLES = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sns": "ThrottlingException",
    "sqs": "RequestThrottled",
    "s3": "SlowDown",
    "kms": "ThrottlingException",
    "stepfunctions": "ThrottlingException",
}
_RETRIED_CODES = frozenset(
    {*_THROTTLES.values(), "TransactionInProgressException", "RequestTimeout", "Throttling"}
)
_AT_THE_DOOR = frozenset({"sns", "pinpoint-sms-voice-v2"})
_ENDPOINT = "https://simulated.invalid"
# Refused or lost for certain before the service acts.
_NO_EFFECT = frozenset(
    {
        Fault.CRASH_BEFORE,
        Fault.LOST_REQUEST,
        Fault.NO_CONNECTION,
        Fault.THROTTLED,
        Fault.ERROR_BEFORE,
    }
)


@dataclass
class Call:
    """One request on its way. `is_open` until its actor has an answer or gave up."""

    number: int
    actor: Actor
    sandbox: Sandbox
    service: str
    operation: str
    request: dict[str, Any]
    issued_at: int
    fault: Fault
    is_open: bool = True

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"


class Network:
    """Carries calls. `serve` does what the service does; `watch` is told of a call as it leaves."""

    def __init__(
        self,
        scheduler: Scheduler,
        faults: Faults,
        serve: Callable[[Call], Any],
        commit: Callable[[Any], None],
    ) -> None:
        self.scheduler = scheduler
        self.faults = faults
        self.watchers: list[Callable[[Call], None]] = []
        self.struck: Callable[[Call], None] = lambda _: None
        self.crash: Callable[[Sandbox], None] = lambda _: None
        self.step_clock: Callable[[Sandbox, int], None] = lambda _, __: None
        self._serve = serve
        self._commit = commit
        self._numbers = 0

    def sleep(self, actor: Actor, sandbox: Sandbox, seconds: float) -> None:
        """Let the actor wait; a stalled machine waits longer."""
        delay = round(seconds * SECOND)
        if self.faults.strikes(Trouble.STALL, 0.08):
            delay += self.scheduler.chance.randint(1_000, 600_000)
        self.scheduler.after(delay, lambda: self._wake(actor, sandbox, None, None))
        actor.wait()

    def exchange(
        self,
        client: Any,
        actor: Actor,
        sandbox: Sandbox,
        operation: str,
        request: dict[str, Any],
    ) -> dict[str, Any]:
        """Do an API call as the client would, its repetitions included."""
        service = client.meta.service_model.service_name
        attempts = client.meta.config.retries["total_max_attempts"]
        if operation == "TransactWriteItems":
            token = f"t{self.scheduler.chance.getrandbits(64):016x}"
            request = {"ClientRequestToken": token, **request}
        for attempt in range(1, attempts + 1):
            try:
                answer = self._once(client, actor, sandbox, (service, operation), request)
            except RefusedError as refused:
                if attempt == attempts or not _is_retried(refused):
                    raise _client_error(client, operation, refused) from None
            except HTTPClientError:
                if attempt == attempts:
                    raise
            else:
                return answer
            wait = self.scheduler.chance.random() * min(2.0 ** (attempt - 1), 20.0)
            self.sleep(actor, sandbox, wait)
        raise AssertionError("unreachable")

    def _once(
        self,
        client: Any,
        actor: Actor,
        sandbox: Sandbox,
        what: tuple[str, str],
        request: dict[str, Any],
    ) -> dict[str, Any]:
        if what[0] in _AT_THE_DOOR:
            # botocore asks its hooks when the request is signed and next to be written.
            client.meta.events.emit_until_response(f"before-send.{'.'.join(what)}", request=None)
        self._numbers += 1
        fault = self.faults.of_call(".".join(what))
        call = Call(self._numbers, actor, sandbox, *what, request, self.scheduler.now, fault)
        self.scheduler.note(f"#{call.number} {call.name} {_subject(call)} {fault}")
        for watch in self.watchers:
            watch(call)
        if fault is not Fault.NONE:
            self.struck(call)
        read_timeout = round(client.meta.config.read_timeout * SECOND)
        connect_timeout = round(client.meta.config.connect_timeout * SECOND)
        self._schedule(call, read_timeout, connect_timeout)
        answer: dict[str, Any] = actor.wait()
        return answer

    def _schedule(self, call: Call, read_timeout: int, connect_timeout: int) -> None:
        chance, after, fault = self.scheduler.chance, self.scheduler.after, call.fault
        there = chance.randint(500, 12_000)
        if fault is Fault.NO_CONNECTION:
            error: Exception = ConnectTimeoutError(endpoint_url=_ENDPOINT)
            after(connect_timeout, lambda: self._answer(call, None, error))
            return
        after(read_timeout, lambda: self._give_up(call))
        if fault is Fault.SLOW:
            there = chance.randint(20_000, max(40_000, read_timeout))
        if fault is Fault.LATE:
            there = read_timeout + chance.randint(1_000, 25 * SECOND)
        if fault is Fault.CRASH_BEFORE:
            after(there, lambda: self._crash(call))
        elif fault is Fault.THROTTLED:
            after(there, lambda: self._answer(call, None, RefusedError(_THROTTLES[call.service])))
        elif fault is Fault.ERROR_BEFORE:
            after(there, lambda: self._answer(call, None, RefusedError("InternalError", 500)))
        elif fault not in _NO_EFFECT:
            after(there, lambda: self._effect(call))

    def _effect(self, call: Call) -> None:
        """The service acts. Whether anybody still waits for the answer makes no difference."""
        try:
            answer, prepared = self._serve(call)
            error: Exception | None = None
        except RefusedError as refused:
            answer, prepared, error = None, None, refused
        outcome = error.code if isinstance(error, RefusedError) else "ok"
        self.scheduler.note(f"#{call.number} effect {call.name} {outcome}")
        if prepared is None:
            self._effected(call, answer, error)
            return
        takes = self.scheduler.chance.randint(200, 8_000)

        def finish() -> None:
            self._commit(prepared)
            self.scheduler.note(f"#{call.number} commit")
            self._effected(call, answer, error)

        self.scheduler.after(takes, finish)

    def _effected(self, call: Call, answer: Any, error: Exception | None) -> None:
        chance, after, fault = self.scheduler.chance, self.scheduler.after, call.fault
        if fault is Fault.CRASH_AFTER:
            self._crash(call)
        elif fault is Fault.RESET:
            reset = ConnectionClosedError(endpoint_url=_ENDPOINT)
            after(chance.randint(200, 3_000), lambda: self._answer(call, None, reset))
        elif fault is Fault.ERROR_AFTER:
            failure = RefusedError("InternalError", 500)
            after(chance.randint(200, 3_000), lambda: self._answer(call, None, failure))
        elif fault is not Fault.LOST_RESPONSE:
            if fault is Fault.PAUSE:
                longest = chance.choice((400_000, 3 * SECOND, 20 * SECOND, 70 * SECOND))
                call.sandbox.frozen_until = self.scheduler.now + chance.randint(1_000, longest)
            if fault is Fault.CLOCK_STEP:
                step = chance.choice((20_000, 2 * SECOND, 90 * SECOND))
                self.step_clock(call.sandbox, chance.randint(-step, step))
            after(chance.randint(200, 3_000), lambda: self._answer(call, answer, error))

    def _answer(self, call: Call, answer: Any, error: Exception | None) -> None:
        if call.is_open:
            self._wake(call.actor, call.sandbox, answer, error, call)

    def _give_up(self, call: Call) -> None:
        if call.is_open:
            late = ReadTimeoutError(endpoint_url=_ENDPOINT)
            self._wake(call.actor, call.sandbox, None, late, call)

    def _crash(self, call: Call) -> None:
        if call.is_open:
            call.is_open = False
            self.scheduler.note(f"#{call.number} crash of {call.sandbox.name}")
            self.crash(call.sandbox)

    def _wake(
        self,
        actor: Actor,
        sandbox: Sandbox,
        answer: Any,
        error: BaseException | None,
        call: Call | None = None,
    ) -> None:
        """Resume the actor, once its sandbox runs again."""
        frozen = sandbox.frozen_until - self.scheduler.now
        if frozen > 0:
            self.scheduler.after(frozen, lambda: self._wake(actor, sandbox, answer, error, call))
            return
        if call is not None:
            if not call.is_open:
                return
            call.is_open = False
        self.scheduler.resume(actor, answer, error)


def taken_over(client: Any, carry: Callable[[Any, str, dict[str, Any]], Any]) -> Any:
    """Return the client with its calls carried by `carry` instead of a socket."""
    client._make_api_call = types.MethodType(carry, client)
    return client


def _is_retried(refused: RefusedError) -> bool:
    return refused.status in _TRANSIENT or refused.code in _RETRIED_CODES


def _client_error(client: Any, operation: str, refused: RefusedError) -> Exception:
    body = dict(refused.body)
    answer = {
        "Error": {"Code": refused.code, "Message": str(body.pop("message", refused.code))},
        "ResponseMetadata": {"HTTPStatusCode": refused.status, "HTTPHeaders": {}},
        **body,
    }
    error: Exception = client.exceptions.from_code(refused.code)(answer, operation)
    return error


def _subject(call: Call) -> str:
    """Say what a call is about, in short, for the trace."""
    request = call.request
    if "TransactItems" in request:
        return " ".join(_item_name(next(iter(each.values()))) for each in request["TransactItems"])
    if "RequestItems" in request:
        return ",".join(f"{name}*" for name in request["RequestItems"])
    if "TableName" in request:
        return _item_name(request)
    return str(request.get("PhoneNumber") or request.get("name") or request.get("Key") or "")


def _item_name(request: dict[str, Any]) -> str:
    item = request.get("Key") or request.get("Item") or {}
    shown = [str(next(iter(value.values())))[:40] for value in list(item.values())[:2]]
    return "/".join([request["TableName"].removesuffix("Table"), *shown])
