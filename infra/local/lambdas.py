"""Loads the real handlers and invokes them in this process, each with its own environment.

Every function is one file called handler.py, so each is loaded under a name of its own. Environment
variables belong to a process, not a thread: they are put in place under a lock while a function
loads and builds its wiring, which is the only time that handlers read them (they keep it, as they
do between invocations of one Lambda sandbox).
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.logs import writing_as
from infra.local.permissions import acting_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ENVIRONMENT_LOCK = threading.RLock()
_MILLISECONDS = 1000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FunctionSpec:
    """A function as deployed. folder holds the code; timeout in seconds, memory in MB."""

    logical_id: str
    name: str
    arn: str
    folder: Path
    handler: str
    environment: dict[str, str]
    timeout: int = 3
    memory: int = 128


class FunctionNotFoundError(LookupError):
    """No function has that logical id, folder name, physical name or ARN."""


class LambdaContext:
    """The context object that Lambda passes beside the event."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self.function_name = spec.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = spec.arn
        self.memory_limit_in_mb = spec.memory
        self.log_group_name = f"/aws/lambda/{spec.name}"
        self.log_stream_name = "local"
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + spec.timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout; here nothing stops it at zero."""
        return max(0, int((self._deadline - time.monotonic()) * _MILLISECONDS))


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    with _ENVIRONMENT_LOCK:
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


class Function:
    """One function: loads on first use, then can be invoked from any thread."""

    def __init__(self, spec: FunctionSpec) -> None:
        self.spec = spec
        self._handler: Callable[[Any, Any], Any] | None = None
        self._lock = threading.Lock()

    @property
    def folder(self) -> str:
        """The folder's name, which is also its word in code: consent_api."""
        return self.spec.folder.name

    def load(self) -> None:
        """Import the handler and build its wiring. Raises whatever the import or the wiring
        raises.
        """
        self._loaded()

    def invoke(self, event: Any) -> Any:
        """Call the handler with the event as JSON would carry it; returns its answer, raises what
        it raises.
        """
        handler = self._loaded()
        with self._in_its_name():
            answer = handler(json.loads(json.dumps(event)), LambdaContext(self.spec))
        return json.loads(json.dumps(answer))

    @contextlib.contextmanager
    def _in_its_name(self) -> Iterator[None]:
        with writing_as(self.folder), acting_as(self.spec.logical_id):
            yield

    def _loaded(self) -> Callable[[Any, Any], Any]:
        if self._handler is None:
            with self._lock, _environment(self.spec.environment), self._in_its_name():
                if self._handler is None:
                    self._handler = self._import()
        return self._handler

    def _import(self) -> Callable[[Any, Any], Any]:
        file_name, _, function = self.spec.handler.rpartition(".")
        path = self.spec.folder / f"{file_name}.py"
        name = f"infra_local_functions.{self.folder}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None or not path.exists():
            raise FunctionNotFoundError(f"{self.spec.logical_id}: there is no {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        wiring = getattr(module, "wiring", None)
        if callable(wiring):
            wiring()
        handler: Callable[[Any, Any], Any] = getattr(module, function)
        return handler


class Functions:
    """All functions of the stack, found by logical id, folder name, physical name or ARN."""

    def __init__(self, specs: list[FunctionSpec]) -> None:
        self.all = [Function(spec) for spec in specs]
        self._by_name: dict[str, Function] = {}
        for each in self.all:
            spec = each.spec
            for name in (spec.logical_id, each.folder, spec.name, spec.arn):
                self._by_name[name] = each

    def find(self, name: str) -> Function:
        """Raises FunctionNotFoundError. A qualifier after the ARN is ignored."""
        found = self._by_name.get(name) or self._by_name.get(name.rpartition(":")[0])
        if found is None:
            raise FunctionNotFoundError(name)
        return found

    def load(self) -> dict[str, Exception]:
        """Load every function; returns the ones that could not be, by logical id."""
        failed = {}
        for each in self.all:
            try:
                each.load()
            except Exception as error:  # whatever a module raises when it is imported
                failed[each.spec.logical_id] = error
        return failed

    def invoke_api(self, name: str, payload: Any) -> dict[str, Any]:
        """Lambda's Invoke: an exception becomes a FunctionError that names its class, as Step
        Functions reads it.
        """
        try:
            answer = self.find(name).invoke(payload)
        except Exception as error:  # the boundary of a Lambda invocation
            log.info("%s raised %s", name, type(error).__name__)
            answer = {
                "errorType": type(error).__name__,
                "errorMessage": str(error),
                "stackTrace": [],
            }
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": answer}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer}
