"""AWS inside this process: moto, behind one lock, with a seam that every AWS call passes.

moto is not thread-safe (a conditional put had more than one winner in 89 of 150 threaded rounds),
and here functions, queues and workflows all run in threads; so each call, moto's own included,
waits for the same lock.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from infra.local.patching import replace
from infra.local.shortcuts import take_shortcuts

REGION = "us-east-1"
ACCOUNT = "123456789012"
_DYNAMODB_ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_NEVER = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")

Send = Callable[[], Any]


class Around(Protocol):
    """Stands between a caller and AWS for one operation; may answer, delay, raise, or pass on by
    calling send.
    """

    def __call__(self, request: Any, send: Send) -> Any:
        """request is botocore's AWSPreparedRequest; returns an AWSResponse, or None to use the
        network.
        """
        ...


class CloudAlreadyRunningError(RuntimeError):
    """moto keeps its state in the process: there can be one local stack in it at a time."""


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Dummy credentials, so that no call can ever reach a real account; everything is put back
    afterwards.
    """
    before = dict(os.environ)
    for name in list(os.environ):
        redirected = name.startswith("AWS_ENDPOINT_URL") and name != _DYNAMODB_ENDPOINT
        if redirected or name in _NEVER:
            del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Cloud:
    """The AWS that the local stack runs on; start() before use, stop() after."""

    _running = threading.Lock()

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.around: dict[str, Around] = {}
        self.after_call: list[Callable[[str, Any], None]] = []
        self._clients: dict[str, Any] = {}
        self._undo = contextlib.ExitStack()

    @property
    def dynamodb_endpoint(self) -> str | None:
        """Address of a DynamoDB that stands in for moto's, when one is set."""
        return os.environ.get(_DYNAMODB_ENDPOINT)

    def start(self) -> None:
        """Raises CloudAlreadyRunningError when another local stack runs in this process."""
        if not self._running.acquire(blocking=False):
            raise CloudAlreadyRunningError("a local stack already runs in this process")
        with contextlib.ExitStack() as undo:
            undo.callback(self._running.release)
            undo.enter_context(_environment())
            self._start_moto(undo)
            self._undo = undo.pop_all()

    def stop(self) -> None:
        """Forget all state and put the process back as it was."""
        self._clients.clear()
        self._undo.close()

    def client(self, service: str) -> Any:
        """The boto3 client of a service; one per service, safe to share between threads."""
        with self.lock:
            if service not in self._clients:
                import boto3
                from botocore.config import Config

                config = Config(retries={"total_max_attempts": 1}, max_pool_connections=64)
                session: Any = boto3.session.Session(region_name=REGION)
                self._clients[service] = session.client(service, config=config)
            return self._clients[service]

    def _start_moto(self, undo: contextlib.ExitStack) -> None:
        from moto import mock_aws

        passthrough = {"urls": [self.dynamodb_endpoint] if self.dynamodb_endpoint else []}
        config: Any = {
            "core": {"passthrough": passthrough, "mock_credentials": False},
            "stepfunctions": {"execute_state_machine": True},
        }
        mock = mock_aws(config=config)
        mock.start()
        undo.callback(mock.stop)
        take_shortcuts(undo)
        self._install_seam(undo)

    def _install_seam(self, undo: contextlib.ExitStack) -> None:
        from moto.core.botocore_stubber import BotocoreStubber

        plain_call, plain_process = BotocoreStubber.__call__, BotocoreStubber.process_request

        def call(stubber: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
            def send() -> Any:
                return plain_call(stubber, event_name, request, **kwargs)

            operation = event_name.removeprefix("before-send.")
            around = self.around.get(operation)
            response = around(request, send) if around else send()
            for listener in self.after_call:
                listener(operation, request)
            return response

        def process(stubber: Any, request: Any) -> Any:
            with self.lock:
                return plain_process(stubber, request)

        replace(BotocoreStubber, "__call__", call, undo)
        replace(BotocoreStubber, "process_request", process, undo)
