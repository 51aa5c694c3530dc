"""Runs state machines on moto's Step Functions with Lambda tasks going to the real handlers in this
process.

Five things of moto are bent, each because the real service differs: Lambda tasks would need Docker;
children of a distributed map may not be EXPRESS; percentages must have a decimal point; executions
without a name all get the same one; and a map worker recurses once per item, so that a thousand
batches end in a RecursionError.
"""

from __future__ import annotations

import contextlib
import json
import sys
import uuid
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from infra.local.patching import replace

if TYPE_CHECKING:
    from infra.local.cloud import Cloud

_PARSER = "moto.stepfunctions.parser.asl.component.state.exec"


class LambdaTask(Protocol):
    """Invokes a function for a task."""

    def __call__(self, function: str, payload: Any) -> dict[str, Any]:
        """function is a name or ARN; returns Lambda's Invoke answer: StatusCode, Payload and maybe
        FunctionError.
        """
        ...


def for_moto(definition: Any) -> Any:
    """The definition (parsed ASL) as moto's grammar accepts it; meaning unchanged."""
    if isinstance(definition, list):
        return [for_moto(each) for each in definition]
    if not isinstance(definition, dict):
        return definition
    adapted = {key: for_moto(value) for key, value in definition.items()}
    if adapted.get("ExecutionType") == "EXPRESS":
        adapted["ExecutionType"] = "STANDARD"
    if isinstance(adapted.get("ToleratedFailurePercentage"), int):
        adapted["ToleratedFailurePercentage"] = float(adapted["ToleratedFailurePercentage"])
    return adapted


def patch_workflows(cloud: Cloud, invoke: LambdaTask, undo: contextlib.ExitStack) -> None:
    """Bend moto until undo is closed. Call with moto started."""
    _import_parser()
    _lambda_tasks(invoke, undo)
    _s3_clients(cloud, undo)
    _flat_workers(undo)
    _names(undo)


def _import_parser() -> None:
    """moto's parser wants two names of its batch service, and that imports EC2 and its lists of
    machine types: a second of start-up for nothing. An empty package in its place serves it."""
    name = "moto.batch"
    spec = None if name in sys.modules else find_spec(name)
    if spec is not None:
        package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations or [])
        sys.modules[name] = package
    try:
        import moto.stepfunctions.parser.models  # noqa: F401
    finally:
        if spec is not None:
            del sys.modules[name]


def _lambda_tasks(invoke: LambdaTask, undo: contextlib.ExitStack) -> None:
    module = import_module(f"{_PARSER}.state_task.lambda_eval_utils")

    def in_process(
        parameters: dict[str, Any], region: str, state_credentials: Any
    ) -> dict[str, Any]:
        payload = parameters.get("Payload") or b"{}"
        return invoke(parameters["FunctionName"], json.loads(payload))

    replace(module, "_invoke_lambda_function", in_process, undo)


def _s3_clients(cloud: Cloud, undo: contextlib.ExitStack) -> None:
    """One shared client: making a boto3 client in several workers at once is not safe."""

    def client(service: str, **_: Any) -> Any:
        return cloud.client(service)

    for where in ("item_reader.eval", "result_writer.resource_eval"):
        module = import_module(f"{_PARSER}.state_map.{where}.resource_eval_s3")
        replace(module, "boto_client_for", client, undo)


def _names(undo: contextlib.ExitStack) -> None:
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    plain = StepFunctionsParserBackend.start_execution

    def start(
        backend: Any, state_machine_arn: str, name: str | None = None, *rest: Any, **more: Any
    ) -> Any:
        return plain(backend, state_machine_arn, name or str(uuid.uuid4()), *rest, **more)

    replace(StepFunctionsParserBackend, "start_execution", start, undo)


def _flat_workers(undo: contextlib.ExitStack) -> None:
    name = f"{_PARSER}.state_map.iteration.itemprocessor.distributed_item_processor_worker"
    replace(import_module(name).DistributedItemProcessorWorker, "_eval_pool", _eval_pool, undo)


def _eval_pool(worker: Any, job: Any, worker_frame: Any) -> None:
    """moto's own loop over jobs, with the recursion written as a loop; the order of its steps
    matters to moto.
    """
    pool, env = worker._job_pool, worker._env
    while job is not None:
        job_frame = worker_frame.open_inner_frame()
        worker._eval_job(env=job_frame, job=job)
        worker_frame.delete_frame(job_frame)
        over = isinstance(job.job_output, Exception) or worker.stopped()
        following = None if over else pool.next_job()
        if following is None:
            env.delete_frame(worker_frame)
        pool.close_job(job)
        if following is None:
            return
        job = following
    env.delete_frame(worker_frame)


def stop_all(cloud: Cloud, machine_arns: list[str]) -> None:
    """Stop every running execution, so that no thread of a workflow outlives the stack."""
    client = cloud.client("stepfunctions")
    for arn in machine_arns:
        running = client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        for execution in running:
            with contextlib.suppress(client.exceptions.ClientError):
                client.stop_execution(
                    executionArn=execution["executionArn"], cause="local stack ends"
                )
