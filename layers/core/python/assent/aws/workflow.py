"""Starts executions of one state machine; its name makes a start safe to repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from assent.aws.answers import code_of, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class StepFunctionsWorkflow:
    """A `Workflow`."""

    client: SFNClient
    state_machine_arn: str

    def start(self, name: str, payload: Mapping[str, str]) -> bool:
        """Return False when the name was used. AWS answers a repetition of the same start, while
        that execution runs, as it did the first time: then True, and still one execution. Raises
        TryAgainError."""
        with translated():
            try:
                self.client.start_execution(
                    stateMachineArn=self.state_machine_arn,
                    name=name,
                    input=json.dumps(dict(payload)),
                )
            except ClientError as error:
                if code_of(error) == "ExecutionAlreadyExists":
                    return False
                raise
        return True

    def is_running(self, execution_id: str) -> bool:
        """Return whether it runs; one that Step Functions no longer knows does not. Raises
        TryAgainError."""
        with translated():
            try:
                found = self.client.describe_execution(executionArn=execution_id)
            except ClientError as error:
                if code_of(error) in ("ExecutionDoesNotExist", "InvalidArn"):
                    return False
                raise
        return found["status"] in ("RUNNING", "PENDING_REDRIVE")
