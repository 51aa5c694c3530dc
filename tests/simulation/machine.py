"""Step Functions: the shipped *.asl.yaml, interpreted, with the faults that AWS documents.

An execution is an actor of its own, so its steps read as they would in a description. Children of
the distributed map are Express and so run at least once: sometimes twice at a time.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.architecture.deployable import of_type
from tests.simulation.faults import Trouble
from tests.simulation.sandboxes import EPOCH
from tests.simulation.scheduler import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.actors import Actor

_ROOT = Path(__file__).parents[2]
_EXPRESS_LIFE = 300 * SECOND
State = dict[str, Any]


class StateError(Exception):
    """An error that no retrier took."""


class StoppedError(BaseException):
    """The execution was stopped from outside."""


@functools.cache
def definition(name: str) -> dict[str, Any]:
    """The shipped state machine that the template calls `name`."""
    declared = of_type("AWS::Serverless::StateMachine")[name]
    machine: dict[str, Any] = yaml.safe_load((_ROOT / declared["DefinitionUri"]).read_text())
    return machine


class StepFunctions:
    """Executions by their ARN. `invoke` calls a function by its template name's Arn."""

    def __init__(self, world: Any) -> None:
        self._world = world
        self._input: dict[str, str] = {}
        self.status: dict[str, str] = {}
        self.actors: dict[str, list[Actor]] = {}
        self.tasks = 0

    def start(self, machine: str, name: str, text: str) -> str | None:
        """Start an execution of a machine; None when the name is taken by another start."""
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self.status:
            same = self.status[arn] == "RUNNING" and self._input[arn] == text
            return arn if same else None
        self.status[arn] = "RUNNING"
        self._input[arn] = text
        self.actors[arn] = []
        payload = json.loads(text)
        self._spawn(arn, f"x:{name}", lambda: self._execute(arn, payload), self._ended(arn))
        return arn

    def stop(self, arn: str) -> None:
        """Stop an execution by hand; what its functions are doing goes on."""
        if self.status[arn] != "RUNNING":
            return
        self.status[arn] = "ABORTED"
        for actor in list(self.actors[arn]):
            self._world.scheduler.kill(actor)

    def _ended(self, arn: str) -> Callable[[Any, BaseException | None], None]:
        def over(_: Any, error: BaseException | None) -> None:
            if self.status[arn] == "RUNNING":
                self.status[arn] = "FAILED" if error else "SUCCEEDED"
            self._world.scheduler.note(f"execution {arn.rsplit(':', 1)[1]} {self.status[arn]}")
            if error is not None and not isinstance(error, (StateError, BaseException)):
                raise error
            if error is not None and isinstance(error, Exception):
                self._world.execution_failed(arn, error)

        return over

    def _spawn(
        self,
        arn: str,
        name: str,
        work: Callable[[], Any],
        ended: Callable[[Any, BaseException | None], None],
    ) -> Actor:
        actor: Actor = self._world.actor(name, None, work, ended)
        self.actors[arn].append(actor)
        self._world.scheduler.after(1_000, lambda: self._world.scheduler.resume(actor))
        return actor

    # --- States ----------------------------------------------------------------------------------
    def _execute(self, arn: str, payload: Any) -> Any:
        run = _Run(self, arn, {"Execution": {"Id": arn}})
        return run.states(definition(arn.split(":")[-2]), payload)

    def sleep(self, seconds: float) -> None:
        scheduler = self._world.scheduler
        actor = scheduler.current
        scheduler.after(round(seconds * SECOND), lambda: scheduler.resume(actor))
        actor.wait()

    def call(self, resource: str, event: Any) -> Any:
        """Invoke a function and wait for it. Raises StateError with the error's name."""
        world = self._world
        scheduler, faults = world.scheduler, world.faults
        self.tasks += 1
        if faults.strikes(Trouble.REFUSED_START, 0.1):
            self.sleep(0.02)
            raise StateError("Lambda.TooManyRequestsException")
        actor = scheduler.current
        lies = faults.strikes(Trouble.AMBIGUOUS_TASK, 0.03)

        def ended(answer: Any, error: str | None) -> None:
            if lies:
                error = "Lambda.ServiceException"
            scheduler.after(1_000, lambda: scheduler.resume(actor, (answer, error)))

        world.functions.invoke(_function_of(resource), event, ended)
        answer, error = actor.wait()
        if error is not None:
            raise StateError(error)
        return answer

    def fan_out(
        self, arn: str, jobs: list[Callable[[], Any]], at_most: int, life: int = 0
    ) -> list[Any]:
        """Run jobs as actors of their own, so many at a time; errors come back as values."""
        scheduler = self._world.scheduler
        parent = scheduler.current
        results: list[Any] = [None] * len(jobs)
        waiting = list(enumerate(jobs))
        left = len(jobs)

        def begin() -> None:
            index, job = waiting.pop(0)
            name = f"{parent.name}.{index}"
            child = self._spawn(arn, name, job, functools.partial(over, index))
            if life:
                scheduler.after(life, lambda: scheduler.kill(child))

        def over(index: int, answer: Any, error: BaseException | None) -> None:
            nonlocal left
            results[index] = error if error is not None else answer
            left -= 1
            if waiting and not parent.is_over:
                begin()
            if not left:
                scheduler.after(500, lambda: scheduler.resume(parent))

        if not jobs:
            return []
        for _ in range(min(max(1, at_most), len(jobs))):
            begin()
        parent.wait()
        return results

    def objects(self, reader: State, payload: Any) -> list[Any]:
        """Read the items of a distributed map."""
        key = _resolve(reader["Parameters"], payload, {})["Key"]
        found: list[Any] = json.loads(self._world.objects[key])
        return found

    @property
    def faults(self) -> Any:
        return self._world.faults

    @property
    def now(self) -> int:
        found: int = self._world.scheduler.now
        return found


class _Run:
    """The states of one execution, or of one child of a map."""

    def __init__(self, service: StepFunctions, arn: str, context: dict[str, Any]) -> None:
        self._service = service
        self._arn = arn
        self._context = context

    def states(self, machine: State, payload: Any) -> Any:
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            if state["Type"] == "Choice":
                name = _chosen(state, payload)
                continue
            if state["Type"] == "Fail":
                raise StateError(state["Error"])
            try:
                payload = self._act(state, payload)
            except StateError as error:
                name = _caught(state, error)
                continue
            if state["Type"] == "Succeed" or state.get("End"):
                return payload
            name = state["Next"]

    def _act(self, state: State, payload: Any) -> Any:
        acts = {"Task": self._task, "Wait": self._wait, "Map": self._map}
        act = acts.get(state["Type"])
        return act(state, payload) if act else payload

    def _task(self, state: State, payload: Any) -> Any:
        event = (
            _resolve(state["Parameters"], payload, self._context)
            if "Parameters" in state
            else payload
        )
        tries: dict[int, int] = {}
        while True:
            try:
                answer = self._service.call(state["Resource"], event)
                break
            except StateError as error:
                self._sleep_before_retry(state, str(error), tries)
        return _placed(state, payload, answer)

    def _sleep_before_retry(self, state: State, error: str, tries: dict[int, int]) -> None:
        for number, retrier in enumerate(state.get("Retry", [])):
            if error in retrier["ErrorEquals"]:
                tries[number] = tries.get(number, 0) + 1
                if tries[number] > retrier["MaxAttempts"]:
                    break
                wait = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** (tries[number] - 1)
                self._service.sleep(min(wait, retrier["MaxDelaySeconds"]))
                return
        raise StateError(error)

    def _wait(self, state: State, payload: Any) -> Any:
        if "TimestampPath" in state:
            at = datetime.fromisoformat(_at(payload, state["TimestampPath"]).replace("Z", "+00:00"))
            micros = round((at.astimezone(UTC) - EPOCH).total_seconds() * SECOND)
            seconds = (micros - self._service.now) / SECOND
        elif "SecondsPath" in state:
            seconds = _at(payload, state["SecondsPath"])
        else:
            seconds = state["Seconds"]
        if seconds > 0:
            self._service.sleep(seconds)
        return payload

    def _map(self, state: State, payload: Any) -> Any:
        is_distributed = state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
        if "ItemReader" in state:
            items = self._service.objects(state["ItemReader"], payload)
        else:
            items = _at(payload, state["ItemsPath"])
        at_most = state.get("MaxConcurrency", 0)
        if "MaxConcurrencyPath" in state:
            at_most = _at(payload, state["MaxConcurrencyPath"])
        jobs = [self._job(state, payload, item, is_distributed) for item in items]
        if is_distributed:
            once = jobs
            jobs = [again for job in once for again in self._at_least_once(job)]
            at_most += len(jobs) - len(once)
        life = _EXPRESS_LIFE if is_distributed else 0
        results = self._service.fan_out(self._arn, jobs, at_most or 40, life)
        failed = [each for each in results if isinstance(each, BaseException)]
        if failed and "ToleratedFailurePercentage" not in state:
            raise StateError("States.ItemFailed") from failed[0]
        return _placed(state, payload, results)

    def _at_least_once(self, job: Callable[[], Any]) -> list[Callable[[], Any]]:
        """An Express child may run twice, both copies at a time."""
        return [job] * (1 + self._service.faults.strikes(Trouble.DUPLICATE_CHILD, 0.4))

    def _job(self, state: State, payload: Any, item: Any, is_child: bool) -> Callable[[], Any]:
        context = {**self._context, "Map": {"Item": {"Value": item}}}
        chosen = item
        if "ItemSelector" in state:
            chosen = _resolve(state["ItemSelector"], payload, context)
        run = _Run(self._service, self._arn, context)
        machine = state["ItemProcessor"]
        return lambda: run.states(machine, json.loads(json.dumps(chosen)))


def _function_of(resource: str) -> str:
    """`${CampaignSendArn}` is the function campaign_send."""
    name = resource.removeprefix("${").removesuffix("Arn}")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _at(payload: Any, path: str) -> Any:
    found = payload
    for step in path.removeprefix("$").strip(".").split("."):
        if step:
            found = found[step]
    return found


def _resolve(template: Any, payload: Any, context: dict[str, Any]) -> Any:
    if not isinstance(template, dict):
        return template
    found = {}
    for name, value in template.items():
        if name.endswith(".$"):
            is_context = value.startswith("$$")
            found[name[:-2]] = _at(context, value[1:]) if is_context else _at(payload, value)
        else:
            found[name] = _resolve(value, payload, context)
    return found


def _placed(state: State, payload: Any, answer: Any) -> Any:
    path = state.get("ResultPath", "$")
    if path is None:
        return payload
    if path == "$":
        return answer
    return {**payload, path.removeprefix("$."): answer}


def _caught(state: State, error: StateError) -> str:
    """Return where an error leads. Raises it where nothing takes it."""
    for catcher in state.get("Catch", []):
        if "States.ALL" in catcher["ErrorEquals"] or str(error) in catcher["ErrorEquals"]:
            return str(catcher["Next"])
    raise error


def _chosen(state: State, payload: Any) -> str:
    for rule in state["Choices"]:
        value = _at(payload, rule["Variable"])
        if "BooleanEquals" in rule and value is rule["BooleanEquals"]:
            return str(rule["Next"])
        if "StringEquals" in rule and value == rule["StringEquals"]:
            return str(rule["Next"])
    if "Default" not in state:
        raise StateError("States.NoChoiceMatched")
    return str(state["Default"])
